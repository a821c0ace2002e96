//! The first operator: whoever holds the one-time link that the program printed makes an account.
use super::audit::{Event, record};
use super::{Failure, Visitor};
use crate::app::App;
use crate::credentials::{PasswordFault, acceptable};
use crate::model::{Email, FactorKind, Locale, PersonId, PersonState, display_name};
use crate::store::{Inserted, NewPerson};
use crate::world::{Bootstrap, Digest, Secret, Timestamp};

/// The account as it was typed.
pub struct Operator<'a> {
    pub email: &'a str,
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub password: Secret<String>,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Founded {
    Yes,
    /// Not an address, or somebody has it.
    Email,
    Name,
    Fault(PasswordFault),
    /// The link is unknown, used or expired, or an operator exists.
    Over,
}

/// May the page be shown? Looking uses nothing up.
pub async fn is_open(app: &App, token: &str, now: Timestamp) -> Result<bool, Failure> {
    let digest = Digest::of::<Bootstrap>(token);
    Ok(app.store.read(async |r| Ok(r.bootstrap_link_is_open(&digest, now).await? && !r.operator_exists().await?)).await?)
}

/// Makes the first operator with the link, which is used up in the same transaction.
///
/// The address is not proven by anything, hence unverified: the code by e-mail proves it at the first sign-in.
///
/// # Errors
/// [`Failure::Busy`] when too many passwords wait already.
pub async fn found(
    app: &App,
    token: &str,
    operator: Operator<'_>,
    locale: Locale,
    visitor: &Visitor,
    now: Timestamp,
) -> Result<Founded, Failure> {
    if !is_open(app, token, now).await? {
        return Ok(Founded::Over);
    }
    let Some(email) = Email::parse(operator.email) else { return Ok(Founded::Email) };
    let names = display_name(operator.first_name, 80).zip(display_name(operator.last_name, 80));
    let Some((first_name, last_name)) = names else { return Ok(Founded::Name) };
    let context = [email.as_str(), &first_name, &last_name, &app.config.product.name];
    if let Err(fault) = acceptable(operator.password.expose(), &context) {
        return Ok(Founded::Fault(fault));
    }
    let hash = app.passwords.hash(operator.password, &*app.entropy).await?;
    let person = NewPerson {
        id: PersonId::generate(now, &*app.entropy),
        email: Some(email),
        email_verified: false,
        first_name,
        last_name,
        locale,
        state: PersonState::Active,
        operator: true,
        second_factor: FactorKind::Email,
        password_hash: Some(hash),
    };
    let digest = Digest::of::<Bootstrap>(token);
    let written = app
        .store
        .write_or_undo(async |w| {
            if !w.use_bootstrap_link(&digest, now).await? || w.operator_exists().await? {
                return Ok(Err(Founded::Over));
            }
            if w.insert_person(&person, now).await? == Inserted::EmailTaken {
                return Ok(Err(Founded::Email));
            }
            record(app, w, Event::of_person("operator.bootstrap", &person.id, "ok"), visitor, now).await?;
            Ok(Ok(()))
        })
        .await?;
    Ok(written.err().unwrap_or(Founded::Yes))
}
