//! `/operator/people/{id}/{deed}`: says what will happen, then does it; erasing wants the name typed.
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

use super::person::finish;
use super::{find, operating, told};
use crate::model::Person;
use crate::pages::console::{EverybodyConfirm, EverybodyErase, EverybodyRefused, Flash, OPERATOR_DEEDS};
use crate::service::everybody::erasing::{order, retention_days, take_back};
use crate::service::everybody::{factor, standing};
use crate::web::console::Console;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator};

/// What would happen.
pub async fn ask(operator: Operator, Path((id, deed)): Path<(String, String)>) -> Result<Response, WebError> {
    let Some((deed, grave)) = OPERATOR_DEEDS.into_iter().find(|(key, _)| *key == deed) else { return Err(WebError::not_found()) };
    let person = find(&operator, &id).await?;
    below(&operator, &person).show(&EverybodyConfirm { id, name: person.name(), deed, grave })
}

pub async fn act(Fresh(operator): Fresh<Operator>, Path((id, deed)): Path<(String, String)>, _: Checked) -> Result<Response, WebError> {
    let person = find(&operator, &id).await?;
    let operating = operating(&operator);
    let (outcome, flash) = match deed.as_str() {
        "disable" => (standing::disable(&operating, &person.id).await?, Flash::Saved),
        "enable" => (standing::enable(&operating, &person.id).await?, Flash::Saved),
        "unlock" => (standing::unlock(&operating, &person.id).await?, Flash::Saved),
        "reset" => (standing::send_link(&operating, &person.id).await?, Flash::LinkSent),
        "factor" => (factor::reset(&operating, &person.id).await?, Flash::Saved),
        "keep" => (take_back(&operating, &person.id).await?, Flash::Saved),
        _ => return Err(WebError::not_found()),
    };
    finish(&operator, &person, outcome, flash).await
}

pub async fn ask_erase(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let person = find(&operator, &id).await?;
    let content = erasure(&operator, &person, "", None).await?;
    below(&operator, &person).show(&content)
}

pub async fn erase(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let person = find(&operator, &id).await?;
    let typed = form.get("typed");
    if typed.trim().to_lowercase() != confirmation(&person).to_lowercase() {
        let refused = EverybodyRefused { key: "typed", tenant: String::new() };
        let content = erasure(&operator, &person, typed, Some(refused)).await?;
        return below(&operator, &person).refuse(&content);
    }
    match order(&operating(&operator), &person.id).await? {
        // Done at once where nothing has to be kept.
        Ok(due) if due <= operator.now => Ok(operator.go("people", Some(Flash::Removed))),
        Ok(_) => finish(&operator, &person, Ok(()), Flash::Saved).await,
        Err(barred) => {
            let (refused, status): (EverybodyRefused, StatusCode) = told(&operator.app, &barred).ok_or_else(WebError::not_found)?;
            let content = erasure(&operator, &person, typed, Some(refused)).await?;
            below(&operator, &person).show_with(status, &content)
        }
    }
}

/// What has to be typed: what the person signs in with, else the id.
fn confirmation(person: &Person) -> &str {
    Some(person.handle()).filter(|handle| !handle.is_empty()).unwrap_or(person.id.as_str())
}

async fn erasure(operator: &Operator, person: &Person, typed: &str, refused: Option<EverybodyRefused>) -> Result<EverybodyErase, WebError> {
    let memberships = operator.app.store.read(async |r| r.memberships_of(&person.id).await).await?;
    Ok(EverybodyErase {
        id: person.id.to_string(),
        name: person.name(),
        handle: confirmation(person).to_owned(),
        days: retention_days(&operator.app, &memberships),
        typed: typed.to_owned(),
        refused,
    })
}

/// The frame of a page below a person's.
pub fn below<'a>(operator: &'a Operator, person: &Person) -> Console<'a> {
    operator.page("people").under("people").crumb(person.name(), operator.path(&format!("people/{}", person.id)))
}
