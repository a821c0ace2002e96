//! `/select-account`: go on as the one who is signed in, or as somebody else (`prompt=select_account`).
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;

use super::{go, open, question};
use crate::app::App;
use crate::pages::SelectAccount;
use crate::protocol::flow::Ask;
use crate::service::steps::{confirm_account, other_account};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Guest, Query};
use crate::web::view;

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, query.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, |ask| matches!(ask, Ask::SelectAccount), now).await? {
        return Ok(elsewhere);
    }
    let session = guest.visitor.session.as_ref().ok_or_else(WebError::expired)?;
    let person = app.store.read(async |r| r.person(&session.person).await).await?.ok_or_else(WebError::expired)?;
    let mut chrome = view::chrome(&app, &guest);
    chrome.lang_links = super::languages("/select-account", &open.flow.id);
    let content = SelectAccount {
        flow: open.flow.id.to_string(),
        name: person.name(),
        email: person.handle().to_owned(),
        client_name: open.client_name(),
    };
    view::page(&app, &guest, &chrome, &content)
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let open = open(&app, &guest, form.get("flow"), now).await?;
    if let Err(elsewhere) = question(&app, &guest, &open, |ask| matches!(ask, Ask::SelectAccount), now).await? {
        return Ok(elsewhere);
    }
    let step = match form.get("choice") {
        "continue" => confirm_account(&app, open.flow, &guest.visitor, now).await?,
        "other" => other_account(&app, open.flow, &guest.visitor, now).await?,
        _ => return Err(WebError::bad_form()),
    };
    go(&app, &guest, step)
}
