//! The metadata documents (OpenID Connect Discovery 4, RFC 8414 3) and the key set (RFC 7517 5), as ready bytes.
use std::sync::{Arc, Mutex};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::{App, Registered};
use crate::keys::encryption;
use crate::model::SigningAlg;
use crate::protocol::discovery::{Encryption, oauth_metadata, openid_configuration, with_certificates, with_registration};

/// Answers may be kept this long: much shorter than a new key is published before it signs.
const CACHE: &str = "public, max-age=300";

const ENCRYPTION: Encryption = Encryption { algorithms: encryption::ALGORITHMS, content: encryption::CONTENT };

/// The documents of one generation of registered things.
#[derive(Default)]
pub struct Documents(Mutex<Option<Ready>>);

#[derive(Clone)]
struct Ready {
    generation: i64,
    openid: Bytes,
    oauth: Bytes,
    jwks: Bytes,
}

impl Documents {
    fn current(&self, app: &App) -> Ready {
        let registered = app.registered();
        let mut kept = self.0.lock().expect("nobody panics while making the documents");
        match &*kept {
            Some(ready) if ready.generation == registered.generation => ready.clone(),
            _ => kept.insert(make(app, &registered)).clone(),
        }
    }
}

fn make(app: &App, registered: &Registered) -> Ready {
    let algorithms: Vec<SigningAlg> = SigningAlg::ALL.iter().copied().filter(|alg| registered.keys.signs(*alg)).collect();
    let bytes = |mut document: Value| {
        if app.config.server.sees_certificates() {
            with_certificates(&mut document, app.issuer(), app.config.server.mtls_url.as_deref(), app.authorities.is_some());
        }
        if app.config.registration.enabled {
            with_registration(&mut document, app.issuer());
        }
        Bytes::from(document.to_string())
    };
    Ready {
        generation: registered.generation,
        openid: bytes(openid_configuration(app.issuer(), &algorithms, ENCRYPTION, &registered.apis)),
        oauth: bytes(oauth_metadata(app.issuer(), &algorithms, ENCRYPTION, &registered.apis)),
        jwks: Bytes::from(registered.keys.jwks().to_string()),
    }
}

fn answer(document: Bytes, kind: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHE)], document).into_response()
}

pub async fn openid(State(app): State<Arc<App>>, documents: Extension<Arc<Documents>>) -> Response {
    answer(documents.current(&app).openid, "application/json")
}

pub async fn oauth(State(app): State<Arc<App>>, documents: Extension<Arc<Documents>>) -> Response {
    answer(documents.current(&app).oauth, "application/json")
}

pub async fn jwks(State(app): State<Arc<App>>, documents: Extension<Arc<Documents>>) -> Response {
    answer(documents.current(&app).jwks, "application/json")
}
