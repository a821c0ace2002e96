//! Who is signed in, as far as a page of our own wants to know.
use axum::response::Response;

use super::super::error::WebError;
use super::super::signin;
use super::Guest;
use crate::app::App;
use crate::model::{Person, Session};
use crate::protocol::authorize::Prompt;
use crate::service::authorize::{Destination, begin_own};
use crate::service::security::is_fresh;
use crate::world::Timestamp;

/// A person who is signed in with everything that person's own second factor demands.
pub struct SignedIn {
    pub person: Person,
    pub session: Session,
}

/// How recent the sign-in must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    Any,
    /// For changes of factors and steps that destroy something: a few minutes (ASVS 7.5.1, 7.5.3).
    Fresh,
}

/// The signed-in person, or the way to sign in that leads back to `path`.
pub async fn signed_in(app: &App, guest: &Guest, path: &str, age: Age, now: Timestamp) -> Result<Result<SignedIn, Response>, WebError> {
    let stale = age == Age::Fresh && guest.visitor.session.as_ref().is_some_and(|session| !is_fresh(session, now));
    let prompt = Prompt { login: stale, ..Prompt::default() };
    let step = begin_own(app, path, prompt, &guest.visitor, now).await?;
    if let (Destination::Own(_), Some(session)) = (&step.to, &guest.visitor.session) {
        let person = app.store.read(async |r| r.person(&session.person).await).await?;
        if let Some(person) = person {
            return Ok(Ok(SignedIn { person, session: session.clone() }));
        }
    }
    signin::go(app, guest, step).map(Err)
}
