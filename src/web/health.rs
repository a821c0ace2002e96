//! Is the process alive, and can it answer? Says nothing else (security.md O04).
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};

use crate::app::App;
use crate::model::SigningAlg;

const PATIENCE: Duration = Duration::from_secs(2);

type Answer = (StatusCode, [(HeaderName, HeaderValue); 1], &'static str);

fn answer(status: StatusCode, text: &'static str) -> Answer {
    (status, [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], text)
}

/// `GET /healthz`: the process answers. Nothing is asked of anybody else.
pub async fn alive() -> Answer {
    answer(StatusCode::OK, "ok\n")
}

/// `GET /readyz`: the database answers within two seconds and there is a key to sign with.
pub async fn ready(State(app): State<Arc<App>>) -> Answer {
    let asked = tokio::time::timeout(PATIENCE, app.store.read(async |r| r.generation().await)).await;
    match asked {
        Err(_) => answer(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer in time\n"),
        Ok(Err(_)) => answer(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
        // OpenID Connect Core 15.1: RS256 is always there.
        Ok(Ok(_)) if !app.registered().keys.signs(SigningAlg::Rs256) => {
            answer(StatusCode::SERVICE_UNAVAILABLE, "there is no key to sign with\n")
        }
        Ok(Ok(_)) => answer(StatusCode::OK, "ready\n"),
    }
}
