//! Links with a token in them: the token goes into a cookie and out of the address.
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::Guest;
use crate::web::view;

/// Keeps a link's token in its cookie and goes on to the page that works with it. A text that no token of ours can
/// be gets the refusal that a dead link gets.
pub fn keep(app: &App, guest: &Guest, cookie: Cookie, token: &str, page: &str, over: fn() -> WebError) -> Response {
    let plain = (1..=128).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if !plain {
        return over().into_response();
    }
    view::with_cookie(guest.leave(view::see_other(page), None), cookie.set(token, &app.config))
}
