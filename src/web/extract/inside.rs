//! Everybody who is inside one of the consoles: the person, the browser, and what the frame around each page says.
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::{Method, request::Parts};
use axum::response::{IntoResponse, Response};

use super::super::error::WebError;
use super::super::signin;
use super::Guest;
use super::who::{Age, SignedIn, signed_in};
use crate::app::App;
use crate::model::{Acr, Person, Session, TenantId};
use crate::service::authorize::{Destination, begin_proof};
use crate::service::rights::{Surroundings, surroundings};
use crate::world::Timestamp;

/// A longer address is not led back to after a sign-in.
const LONGEST_WAY_BACK: usize = 1500;

/// A signed-in person in a console.
pub struct Inside {
    pub app: Arc<App>,
    pub guest: Guest,
    pub person: Person,
    pub session: Session,
    /// The one time of this request.
    pub now: Timestamp,
    pub around: Surroundings,
    /// Path and query of the page, where it can be shown again: none for what was posted.
    pub address: Option<String>,
}

/// Signs the person in if need be, or leads to where that happens. After it the page is shown again; a form leads back
/// to the page of the same address.
pub async fn enter(parts: &mut Parts, app: &Arc<App>, age: Age, home: &str) -> Result<Inside, Response> {
    let guest = Guest::from_request_parts(parts, app).await.map_err(IntoResponse::into_response)?;
    let now = app.now();
    let back = way_back(parts, home);
    let SignedIn { person, session } = match signed_in(app, &guest, &back, age, now).await {
        Ok(Ok(who)) => who,
        Ok(Err(elsewhere)) => return Err(elsewhere),
        Err(error) => return Err(error.into_response()),
    };
    let around = surroundings(app, &person, &session.id, now).await.map_err(|failure| WebError::from(failure).into_response())?;
    let address = matches!(parts.method, Method::GET | Method::HEAD).then_some(back);
    Ok(Inside { app: Arc::clone(app), guest, person, session, now, around, address })
}

/// Where to come back to. The address of a form is its page's own, without a query.
pub fn way_back(parts: &Parts, home: &str) -> String {
    let shown = matches!(parts.method, Method::GET | Method::HEAD);
    let path = parts.uri.path();
    let back = match parts.uri.query().filter(|_| shown) {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    if back.len() > LONGEST_WAY_BACK || back.starts_with("//") { home.to_owned() } else { back }
}

impl Inside {
    /// For handlers that find out on their way that a recent sign-in is needed: the way to it, which leads to `back`.
    ///
    /// # Errors
    /// Those of beginning a sign-in; the inner one is the way there.
    pub async fn freshly(&self, back: &str) -> Result<Result<(), Response>, WebError> {
        let who = signed_in(&self.app, &self.guest, back, Age::Fresh, self.now).await?;
        Ok(who.map(|_| ()))
    }

    /// Asks this session for a stronger proof, then for the page again. A session that cannot give it is refused.
    pub async fn prove(&self, acr: Acr, tenant: Option<&TenantId>, back: &str) -> Response {
        match begin_proof(&self.app, back, acr, tenant, &self.guest.visitor, self.now).await {
            // Nothing was asked although something is missing: never send the browser round in circles.
            Ok(step) if matches!(step.to, Destination::Own(_)) => WebError::forbidden().into_response(),
            Ok(step) => signin::go(&self.app, &self.guest, step).unwrap_or_else(IntoResponse::into_response),
            Err(failure) => WebError::from(failure).into_response(),
        }
    }
}
