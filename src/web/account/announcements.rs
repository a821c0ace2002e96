//! `/account/announcements`: a person puts a note away in this browser.
use axum::response::Response;

use crate::service::announcements;
use crate::web::cookies::Cookie;
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked};
use crate::web::view;

/// Warnings have no mark, and what was changed or removed meanwhile has another one: then nothing is remembered.
pub async fn dismiss(account: Account, Checked(form): Checked) -> Result<Response, WebError> {
    let known: Vec<String> = account.app.registered().announcements.iter().filter_map(announcements::mark).collect();
    let mark = form.get("mark");
    let response = view::see_other(back(form.get("back")));
    if !known.iter().any(|one| one == mark) {
        return Ok(response);
    }
    let kept = account.guest.dismissing(mark, &known);
    Ok(view::with_cookie(response, Cookie::Dismissed.set(&kept, &account.app.config)))
}

/// The page of a console that the note stood on. Whatever else was sent leads to the account (security.md A08).
fn back(asked: &str) -> &str {
    let plain = asked.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_')) && !asked.contains("//");
    let area = asked.strip_prefix('/').and_then(|path| path.split('/').next());
    let inside = matches!(area, Some("account" | "admin" | "operator"));
    if plain && inside { asked } else { "/account" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a08_a_note_leads_back_to_pages_of_consoles_alone() {
        for page in ["/account", "/admin/acme/people", "/operator/people/per_0a-b"] {
            assert_eq!(back(page), page);
        }
        let elsewhere = [
            "",
            "/",
            "//evil",
            "/\\evil",
            "/%09/evil",
            "\\\\evil",
            "https:evil",
            "/%5cevil",
            "/..//evil",
            "/;@evil",
            "/account//evil",
            "/account/../authorize",
            "/account?next=x",
            "/accounts",
            "/authorize",
            "/account\r\nx: y",
            "account",
        ];
        for page in elsewhere {
            assert_eq!(back(page), "/account", "{page}");
        }
    }
}
