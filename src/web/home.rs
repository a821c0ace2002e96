//! `/`: the start page of the instance itself.
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::error::WebError;
use super::extract::Guest;
use super::{signin, view};
use crate::app::App;
use crate::pages::{Home, HomePerson};
use crate::protocol::authorize::Prompt;
use crate::service::authorize::begin_own;
use crate::service::rights::surroundings;

pub async fn show(State(app): State<Arc<App>>, guest: Guest) -> Result<Response, WebError> {
    let person = match &guest.visitor.session {
        Some(session) => app.store.read(async |r| r.person(&session.person).await).await?.map(|person| (person, &session.id)),
        None => None,
    };
    let person = match person {
        Some((person, session)) => {
            let around = surroundings(&app, &person, session, app.now()).await?;
            let administers = around.places.iter().any(|place| place.administers);
            Some(HomePerson { name: person.name(), email: person.handle().to_owned(), administers, operates: person.operator })
        }
        None => None,
    };
    let mut chrome = view::chrome(&app, &guest);
    chrome.lang_links = view::languages("/");
    view::page(&app, &guest, &chrome, &Home { person, sign_in: "/login/start".into() })
}

/// `/login/start`: signs somebody in without any application.
pub async fn sign_in(State(app): State<Arc<App>>, guest: Guest) -> Result<Response, WebError> {
    let step = begin_own(&app, "/", Prompt::default(), &guest.visitor, app.now()).await?;
    signin::go(&app, &guest, step)
}
