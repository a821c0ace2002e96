//! Disabling and enabling an account for the whole instance, ending a pause, sending a link to a new password.
use serde_json::json;

use super::super::people::acting::allowed;
use super::super::recovery::{QUARTER_HOUR, end_everything, make, still_reached};
use super::super::{attempts, letters};
use super::{Barred, Operating, Outcome, spares_admins};
use crate::model::{PersonId, PersonState, RecoveryKind};

/// Nobody signs in with the account any more, in no tenant, and no tenant's administrator takes that back. Sessions and
/// tokens end in the same moment (security.md C04).
pub async fn disable(operating: &Operating<'_>, person: &PersonId) -> Outcome<()> {
    let outcome = operating
        .attempt("person.disable", person, async |w, subject| {
            allowed!(spares_admins(w, &subject).await?);
            if !w.disable_person(person, true, operating.now).await? {
                return Ok(Err(Barred::NotNow));
            }
            end_everything(w, &subject.person, operating.now).await?;
            operating.done(w, "person.disable", &subject, json!({ "by": "operator" })).await?;
            Ok(Ok(()))
        })
        .await?;
    operating.app.logouts.bell.notify_one();
    Ok(outcome)
}

/// Takes a deactivation back, whoever ordered it. Nobody is signed in by it.
pub async fn enable(operating: &Operating<'_>, person: &PersonId) -> Outcome<()> {
    operating
        .attempt("person.enable", person, async |w, subject| {
            if w.departure(person).await?.is_some() {
                return Ok(Err(Barred::Leaving));
            }
            let Some(state) = w.enable_person(person, true, operating.now).await? else { return Ok(Err(Barred::NotNow)) };
            operating.done(w, "person.enable", &subject, json!({ "by": "operator", "state": state })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Ends a pause for failures before its time (people.md S34).
pub async fn unlock(operating: &Operating<'_>, person: &PersonId) -> Outcome<()> {
    operating
        .attempt("person.unlock", person, async |w, subject| {
            for counter in attempts::counters(person) {
                w.clear_attempts(&counter).await?;
            }
            operating.done(w, "person.unlock", &subject, json!({ "by": "operator", "lock": "failures" })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Sends the standard link to the person's own mailbox; the operator never sees it (people.md C27). Beyond the limit in a
/// quarter of an hour no letter leaves (security.md G13).
pub async fn send_link(operating: &Operating<'_>, person: &PersonId) -> Outcome<()> {
    let (app, now) = (operating.app, operating.now);
    let Some(found) = app.store.read(async |r| r.person(person).await).await? else { return Ok(Err(Barred::NotFound)) };
    let made = make(app, &found, RecoveryKind::Sent, None, now)?;
    let limit = i64::from(app.config.sign_in.email_codes_per_quarter_hour);
    operating
        .attempt("recovery.link", person, async |w, subject| {
            let told = &subject.person;
            if told.state != PersonState::Active {
                return Ok(Err(Barred::NotNow));
            }
            if !told.has_password {
                return Ok(Err(Barred::NoPassword));
            }
            if told.email.is_none() {
                return Ok(Err(Barred::NoEmail));
            }
            let recent = w.recovery_links_since(person, now.minus(QUARTER_HOUR)).await?;
            let leaves = recent < limit && still_reached(w, &found).await?;
            if leaves {
                w.insert_recovery_link(&made.link, &made.token.digest()).await?;
                letters::queue(w, &made.letter, now).await?;
            }
            operating
                .done(w, "recovery.link", &subject, json!({ "by": "operator", "kind": if leaves { "sent" } else { "limited" } }))
                .await?;
            Ok(Ok(()))
        })
        .await
}
