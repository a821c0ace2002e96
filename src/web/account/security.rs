//! `/account/security`: which second factor is active, and changing it.
use axum::response::{IntoResponse, Response};

use crate::model;
use crate::pages::{FactorKind, RecoveryCodes, Security, SecurityNotice};
use crate::service::security;
use crate::web::error::WebError;
use crate::web::extract::{Account, Checked, Fresh, Query};
use crate::web::view;

pub const PATH: &str = "/account/security";

pub async fn show(account: Account, query: Query) -> Result<Response, WebError> {
    let person = &account.person;
    let (recovery_left, passkeys) =
        account.app.store.read(async |r| Ok((r.recovery_codes_left(&person.id).await?, r.passkeys_of(&person.id).await?))).await?;
    let content = Security {
        email: person.handle().to_owned(),
        factor: shown(person.second_factor),
        recovery_left,
        offers_app: security::offers(&account.app, person, model::FactorKind::Totp).await?,
        offers_email: security::offers(&account.app, person, model::FactorKind::Email).await?,
        offers_passkey: account.app.relying.is_some() && security::offers(&account.app, person, model::FactorKind::Passkey).await?,
        passkeys: passkeys.into_iter().map(super::passkeys::line).collect(),
        has_password: person.has_password,
        may_disable: security::may_disable(&account.app, person).await?,
        notice: match query.0.get("done") {
            "app" => Some(SecurityNotice::AppOn),
            "email" => Some(SecurityNotice::EmailOn),
            "off" => Some(SecurityNotice::Off),
            "password" => Some(SecurityNotice::PasswordChanged),
            "passkey" => Some(SecurityNotice::PasskeyAdded),
            "passkey-removed" => Some(SecurityNotice::PasskeyRemoved),
            "passkey-renamed" => Some(SecurityNotice::PasskeyRenamed),
            "passkey-use" => Some(SecurityNotice::PasskeyUsed),
            _ => None,
        },
    };
    account.page("security").show(&content)
}

pub fn shown(kind: model::FactorKind) -> FactorKind {
    match kind {
        model::FactorKind::None => FactorKind::None,
        model::FactorKind::Email => FactorKind::Email,
        model::FactorKind::Totp => FactorKind::App,
        model::FactorKind::Passkey => FactorKind::Passkey,
    }
}

pub async fn email(account: Fresh<Account>, form: Checked) -> Result<Response, WebError> {
    switch(account, form, model::FactorKind::Email, "email").await
}

/// Passkeys take the place of codes.
pub async fn passkeys(account: Fresh<Account>, form: Checked) -> Result<Response, WebError> {
    switch(account, form, model::FactorKind::Passkey, "passkey-use").await
}

pub async fn off(account: Fresh<Account>, form: Checked) -> Result<Response, WebError> {
    switch(account, form, model::FactorKind::None, "off").await
}

async fn switch(Fresh(account): Fresh<Account>, Checked(_): Checked, to: model::FactorKind, done: &str) -> Result<Response, WebError> {
    match security::switch(&account.app, &account.person, to, &account.guest.visitor, account.now).await? {
        Some(established) => Ok(account.guest.leave(view::see_other(&format!("{PATH}?done={done}")), Some(&established.cookie))),
        None => Ok(WebError::forbidden().into_response()),
    }
}

pub async fn recovery(Fresh(account): Fresh<Account>, Checked(_): Checked) -> Result<Response, WebError> {
    let (app, guest) = (&account.app, &account.guest);
    let Some(codes) = security::new_recovery_codes(app, &account.person, &guest.visitor, account.now).await? else {
        return Ok(view::see_other(PATH));
    };
    let mut chrome = view::chrome(app, guest);
    chrome.signed_in = Some(account.person.name());
    let codes = codes.iter().map(|code| code.expose().clone()).collect();
    view::page(app, guest, &chrome, &RecoveryCodes { codes, made_with: None, href: PATH.to_owned() })
}
