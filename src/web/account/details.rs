//! `/account/details`: the person's own names, language and picture (people.md K13, K14).
use axum::http::StatusCode;
use axum::response::Response;

use super::picture;
use crate::model::Locale;
use crate::pages::console::{Details, Flash, PictureError};
use crate::pictures::LARGEST_FILE;
use crate::service::details::{LONGEST_NAME, Saved, Typed, save};
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked, Query};

const PAGE: &str = "details";

pub async fn show(account: Account, query: Query) -> Result<Response, WebError> {
    account.page(PAGE).done(&query).show(&as_stored(&account))
}

fn as_stored(account: &Account) -> Details {
    let person = &account.person;
    Details {
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        locale: person.locale.to_string(),
        locales: Locale::ALL.iter().map(ToString::to_string).collect(),
        first_name_wrong: false,
        last_name_wrong: false,
        picture: account.around.picture.as_ref().map(|id| picture::href(&person.id, id)),
        picture_error: None,
        megabytes: i64::try_from(LARGEST_FILE / (1024 * 1024)).unwrap_or(i64::MAX),
    }
}

pub async fn submit(account: Account, Checked(form): Checked) -> Result<Response, WebError> {
    // Nothing else of a person can be written here, least of all what is proved elsewhere (security.md H10, I13).
    if !form.has_only(&["first_name", "last_name", "locale"]) {
        return Err(WebError::unknown_field());
    }
    let typed = Typed { first_name: form.get("first_name"), last_name: form.get("last_name"), locale: form.get("locale") };
    match save(&account.app, &account.person, typed, &account.guest.visitor, account.now).await? {
        // The pages speak the chosen language from now on.
        Saved::Yes(locale) => Ok(account.go(&format!("{PAGE}?lang={locale}"), Some(Flash::Saved))),
        Saved::NoLanguage => Err(WebError::unknown_field()),
        Saved::Wrong { first_name, last_name } => {
            let kept = |text: &str| text.chars().take(2 * LONGEST_NAME).collect();
            account.page(PAGE).refuse(&Details {
                first_name: kept(typed.first_name),
                last_name: kept(typed.last_name),
                locale: typed.locale.to_owned(),
                first_name_wrong: first_name,
                last_name_wrong: last_name,
                ..as_stored(&account)
            })
        }
    }
}

/// The page again, with what is wrong with the picture.
pub(super) fn without_picture(account: &Account, error: PictureError) -> Result<Response, WebError> {
    let status = match error {
        PictureError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        PictureError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        PictureError::None | PictureError::Kind | PictureError::Broken => StatusCode::UNPROCESSABLE_ENTITY,
    };
    account.page(PAGE).show_with(status, &Details { picture_error: Some(error), ..as_stored(account) })
}
