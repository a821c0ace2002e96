//! `/account/security/passkey`: adding, renaming and removing passkeys; adding one also in the middle of a sign-in that
//! demands a second factor (people.md P17).
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::app_factor::{clean, wish};
use super::security::PATH;
use crate::app::App;
use crate::model::{FactorKind, Passkey, PasskeyId};
use crate::pages::console::Moment;
use crate::pages::{MadeWith, PasskeyAdd, PasskeyEdit, PasskeyError, PasskeyLine, RecoveryCodes};
use crate::service::own_passkeys::{self, Added, Offer, Removed};
use crate::service::security::{self, Wish};
use crate::web::error::WebError;
use crate::web::extract::who::{Age, SignedIn, signed_in};
use crate::web::extract::{Account, Checked, Fresh, Guest, Query};
use crate::web::signin::passkey::{given, offer, problem};
use crate::web::view;
use crate::world::Secret;

fn path(flow: &str) -> String {
    if flow.is_empty() { format!("{PATH}/passkey") } else { format!("{PATH}/passkey?flow={flow}") }
}

/// A passkey as its owner sees it.
pub fn line(passkey: Passkey) -> PasskeyLine {
    PasskeyLine {
        id: passkey.id.to_string(),
        name: passkey.name,
        synced: passkey.synced,
        created: Moment::of(passkey.created_at),
        used: passkey.last_used_at.map(Moment::of),
    }
}

pub async fn show(State(app): State<Arc<App>>, guest: Guest, Query(query): Query) -> Result<Response, WebError> {
    let now = app.now();
    let flow = clean(query.get("flow"));
    match signed_in(&app, &guest, &path(flow), Age::Fresh, now).await? {
        Ok(who) if may_add(&app, &who).await? => render(&app, &guest, &who, (flow, ""), None).await,
        Ok(_) => Err(WebError::not_found()),
        Err(elsewhere) => Ok(elsewhere),
    }
}

async fn may_add(app: &App, who: &SignedIn) -> Result<bool, WebError> {
    Ok(app.relying.is_some() && security::offers(app, &who.person, FactorKind::Passkey).await?)
}

/// The question for the browser, once the password is right.
pub async fn options(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let flow = clean(form.get("flow"));
    let who = match signed_in(&app, &guest, &path(flow), Age::Fresh, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if form.get("password").len() > 1024 {
        return Err(WebError::bad_form());
    }
    let password = who.person.has_password.then(|| Secret::from(form.get("password")));
    let begun = own_passkeys::begin(&app, (&who.person, &who.session), password, &guest.visitor, now).await?;
    Ok(match begun {
        Offer::Ask(question) => offer(&guest, Some(question)),
        Offer::WrongPassword => problem(&guest, "wrong_password"),
        Offer::Paused { .. } => problem(&guest, "paused"),
        Offer::NotOffered => problem(&guest, "refused"),
    })
}

pub async fn submit(State(app): State<Arc<App>>, guest: Guest, Checked(form): Checked) -> Result<Response, WebError> {
    let now = app.now();
    let (flow, typed) = (clean(form.get("flow")), form.get("name"));
    let who = match signed_in(&app, &guest, &path(flow), Age::Fresh, now).await? {
        Ok(who) => who,
        Err(elsewhere) => return Ok(elsewhere),
    };
    if !may_add(&app, &who).await? {
        return Err(WebError::not_found());
    }
    let given = match given(&form) {
        Ok(given) => given,
        Err(error) => return render(&app, &guest, &who, (flow, typed), Some(error)).await,
    };
    let Some(name) = own_passkeys::name(typed) else {
        return render(&app, &guest, &who, (flow, ""), Some(PasskeyError::Unnamed)).await;
    };
    let wish = wish(&app, &guest, flow, now).await?;
    match own_passkeys::finish(&app, (&who.person, &who.session), (name, given), wish, &guest.visitor, now).await? {
        Added::Refused => render(&app, &guest, &who, (flow, typed), Some(PasskeyError::Refused)).await,
        Added::Yes { recovery, session } => {
            let href = if wish == Wish::Demanded { format!("/login?flow={flow}") } else { format!("{PATH}?done=passkey") };
            if recovery.is_empty() {
                return Ok(guest.leave(view::see_other(&href), Some(&session.cookie)));
            }
            let codes = recovery.iter().map(|code| code.expose().clone()).collect();
            let mut chrome = view::chrome(&app, &guest);
            chrome.signed_in = Some(who.person.name());
            let content = RecoveryCodes { codes, made_with: Some(MadeWith::Passkey), href };
            Ok(guest.leave(view::page(&app, &guest, &chrome, &content)?, Some(&session.cookie)))
        }
    }
}

async fn render(
    app: &App,
    guest: &Guest,
    who: &SignedIn,
    (flow, name): (&str, &str),
    error: Option<PasskeyError>,
) -> Result<Response, WebError> {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let mut chrome = view::chrome(app, guest);
    chrome.lang_links = view::languages(&path(flow));
    chrome.signed_in = Some(who.person.name());
    let content = PasskeyAdd {
        name: name.chars().take(60).collect(),
        ask_password: who.person.has_password,
        flow: Some(flow.to_owned()).filter(|flow| !flow.is_empty()),
        offers_app: security::offers(app, &who.person, FactorKind::Totp).await?,
        error,
    };
    view::page_with(status, app, guest, &chrome, &content)
}

async fn found(account: &Account, id: &str) -> Result<Passkey, WebError> {
    let all = account.app.store.read(async |r| r.passkeys_of(&account.person.id).await).await?;
    all.into_iter().find(|passkey| passkey.id.as_str() == id).ok_or_else(WebError::not_found)
}

pub async fn edit(account: Account, Path(id): Path<String>) -> Result<Response, WebError> {
    let passkey = line(found(&account, &id).await?);
    account.page("security").show(&PasskeyEdit { name: passkey.name.clone(), passkey, error: None })
}

pub async fn rename(Fresh(account): Fresh<Account>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let passkey = found(&account, &id).await?;
    let Some(name) = own_passkeys::name(form.get("name")) else {
        let content = PasskeyEdit { name: String::new(), passkey: line(passkey), error: Some(PasskeyError::Unnamed) };
        return account.page("security").refuse(&content);
    };
    if !own_passkeys::rename(&account.app, &account.person, &passkey.id, &name, &account.guest.visitor, account.now).await? {
        return Err(WebError::not_found());
    }
    Ok(account.guest.leave(view::see_other(&format!("{PATH}?done=passkey-renamed")), None))
}

pub async fn remove(Fresh(account): Fresh<Account>, Path(id): Path<String>, Checked(_): Checked) -> Result<Response, WebError> {
    let removed =
        own_passkeys::remove(&account.app, &account.person, &PasskeyId::from_text(&id), &account.guest.visitor, account.now).await?;
    match removed {
        Removed::Yes(session) => Ok(account.guest.leave(view::see_other(&format!("{PATH}?done=passkey-removed")), Some(&session.cookie))),
        Removed::NotThere => Err(WebError::not_found()),
        Removed::Last => {
            let passkey = line(found(&account, &id).await?);
            account.page("security").refuse(&PasskeyEdit { name: passkey.name.clone(), passkey, error: Some(PasskeyError::Last) })
        }
    }
}
