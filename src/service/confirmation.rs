//! Codes by e-mail that confirm a change in the account (people.md K11, K26). A code of a sign-in confirms nothing here,
//! and one of these signs nobody in (security.md B04).
use super::{Failure, letters};
use crate::app::App;
use crate::credentials::email_code;
use crate::model::{ChallengeId, Email, EmailChallenge, Person};
use crate::pages::letters::{ConfirmCode, Confirmation};
use crate::store::{StoreError, Write};
use crate::world::{Digest, Timestamp, decimal_code};

const QUARTER_HOUR: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// Where letters to a person go; nowhere for people without an e-mail address (people.md S19).
pub const fn address(person: &Person) -> Option<&Email> {
    person.email.as_ref()
}

/// Can this person be sent a code?
pub const fn is_possible(person: &Person) -> bool {
    address(person).is_some() && person.email_verified
}

fn digest(challenge: &ChallengeId, code: &str) -> Digest {
    email_code::digest(challenge, &format!("confirm:{code}"))
}

/// Sends a code to the person's present address. Beyond the limit in a quarter of an hour no letter leaves; it looks the same
/// (security.md G13).
pub async fn send(app: &App, person: &Person, what: Confirmation, now: Timestamp) -> Result<ChallengeId, Failure> {
    let limits = &app.config.sign_in;
    let id = ChallengeId::generate(now, &*app.entropy);
    let code = decimal_code(&*app.entropy, 6);
    let challenge = EmailChallenge {
        digest: digest(&id, &code),
        id,
        person: person.id.clone(),
        attempts: 0,
        created_at: now,
        expires_at: now.plus(limits.email_code_time()),
    };
    let minutes = i64::from(limits.email_code_minutes);
    let page = ConfirmCode { product: app.config.product.name.clone(), name: person.first_name.clone(), code, minutes, what };
    let letter = letters::prepare(app, person, &page, now)?;
    let limit = i64::from(limits.email_codes_per_quarter_hour);
    app.store
        .write(async |w| {
            w.insert_email_challenge(&challenge).await?;
            if w.email_challenges_since(&person.id, now.minus(QUARTER_HOUR)).await? <= limit {
                letters::queue(w, &letter, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(challenge.id)
}

/// Uses a code up. One conditional UPDATE decides; a challenge of somebody else is none.
pub async fn redeem(app: &App, w: &mut Write, person: &Person, id: &ChallengeId, typed: &str, now: Timestamp) -> Result<bool, StoreError> {
    let own = w.email_challenge(id).await?.is_some_and(|challenge| challenge.person == person.id);
    let code = email_code::normalise(typed).unwrap_or_default();
    let tries = i64::from(app.config.sign_in.email_code_attempts);
    Ok(own && w.redeem_email_challenge(id, &digest(id, &code), tries, now).await?)
}

/// Can the right code still be typed?
pub async fn is_open(app: &App, w: &mut Write, id: &ChallengeId, now: Timestamp) -> Result<bool, StoreError> {
    let tries = i64::from(app.config.sign_in.email_code_attempts);
    Ok(w.email_challenge(id).await?.is_some_and(|challenge| challenge.expires_at > now && challenge.attempts < tries))
}
