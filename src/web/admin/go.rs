//! `/admin/{tenant}/go?q=…`: a word leads to its page (people.md K1), any other to the people who are called so.
use axum::response::Response;

use crate::model::Locale;
use crate::pages::console::{Area, nav};
use crate::web::error::WebError;
use crate::web::extract::{Query, TenantAdmin};
use crate::web::view;

/// The words for the form in which a person is created; any language is understood.
const NEW_PERSON: &str = "console.go.new_person";

pub async fn show(admin: TenantAdmin, Query(query): Query) -> Result<Response, WebError> {
    let word = query.get("q").trim();
    let to = match (page_of(&admin, word), admin.find("people")) {
        (Some(page), _) => page,
        (None, Some(people)) if !word.is_empty() => {
            let query: String = url::form_urlencoded::byte_serialize(word.as_bytes()).collect();
            format!("{people}?q={query}")
        }
        _ => admin.path(""),
    };
    Ok(admin.guest.leave(view::see_other(&to), None))
}

/// The page of a word, among those that this person may see.
fn page_of(admin: &TenantAdmin, word: &str) -> Option<String> {
    let said = word.to_lowercase();
    let is_said = |key: &str| {
        let texts = Locale::ALL.iter().filter_map(|locale| admin.app.pages.text(*locale, key));
        texts.into_iter().any(|text| text.split(',').any(|one| one.trim().to_lowercase() == said))
    };
    if is_said(NEW_PERSON) {
        return admin.find("people").map(|people| format!("{people}/new"));
    }
    let entry = nav::of(Area::Admin).iter().find(|entry| is_said(&format!("console.nav.admin.{}", entry.key)))?;
    admin.find(entry.key)
}
