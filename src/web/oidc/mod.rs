//! The endpoints of OAuth 2 and OpenID Connect. `/authorize` and `/end-session` are pages; the rest is for programs and
//! gathered in [`router`].
pub mod api;
pub mod authorize;
pub mod device;
pub mod discovery;
pub mod introspect;
pub mod logout;
pub mod par;
pub mod register;
pub mod revoke;
pub mod token;
pub mod userinfo;

use std::sync::Arc;

use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Extension, Router};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::protocol::discovery::path;

/// The endpoints that programs call, with their own layers: JSON errors, `no-store`, CORS where it is due.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let for_scripts = read_by_scripts()
        .route(path::JWKS, get(discovery::jwks))
        .route(path::OPENID_CONFIGURATION, get(discovery::openid))
        .route(path::OAUTH_METADATA, get(discovery::oauth))
        .layer(from_fn_with_state(Arc::clone(app), api::cors));
    let registration = if app.config.registration.enabled { register::router() } else { Router::new() };
    let all = read_by_servers().merge(registration).merge(for_scripts);
    finished(app, all.layer(Extension(Arc::new(discovery::Documents::default()))))
}

/// The endpoints that a client may call with its certificate, and no others (RFC 8705 5): those that the metadata names as
/// `mtls_endpoint_aliases`. Scripts of other origins have no certificates of clients.
pub fn for_certificates(app: &Arc<App>) -> Router<Arc<App>> {
    finished(app, read_by_servers().merge(read_by_scripts()))
}

fn read_by_scripts() -> Router<Arc<App>> {
    Router::new()
        .route(path::TOKEN, post(token::post))
        .route(path::USERINFO, get(userinfo::show).post(userinfo::show))
        .route(path::REVOKE, post(revoke::post))
        .route(path::PAR, post(par::post))
}

fn read_by_servers() -> Router<Arc<App>> {
    Router::new().route(path::INTROSPECT, post(introspect::post)).route(path::DEVICE_AUTHORIZATION, post(device::post))
}

fn finished(app: &Arc<App>, routes: Router<Arc<App>>) -> Router<Arc<App>> {
    routes.layer(CatchPanicLayer::custom(api::panicked)).layer(from_fn_with_state(Arc::clone(app), api::finish))
}
