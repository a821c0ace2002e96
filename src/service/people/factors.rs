//! Taking somebody's second factor away, when the phone is lost (people.md P16, C4, C28, S58).
use std::collections::BTreeSet;

use serde_json::json;

use super::super::recovery::end_everything;
use super::super::second_factor::counter;
use super::super::security::notice;
use super::super::{letters, security};
use super::acting::{Acting, Deed, Outcome, Refusal, allowed};
use crate::model::{MfaReset, Person, PersonId, PersonState, TenantPolicy};
use crate::pages::letters::FactorChange;
use crate::policy::permission::Right;

/// May administrators of a tenant with these rules take this person's second factor away? Only one that is kept on a
/// device: codes by e-mail cannot be lost.
pub fn resettable(policy: &TenantPolicy, person: &Person) -> bool {
    policy.mfa_reset_by.contains(&MfaReset::TenantAdmin) && person.second_factor.is_on_a_device() && person.state == PersonState::Active
}

/// Disconnects the app, the passkeys and the recovery codes of a person whose home is here. Sessions and tokens end, the
/// person hears of it, and begins as a new person of this tenant would: with codes by e-mail or with nothing, and with a
/// new set-up where the tenant demands one (people.md P17).
pub async fn reset(acting: &Acting<'_>, person: &PersonId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::People], action: "person.reset_factor", subject: person.as_str() };
    let house = acting.house()?;
    let by: &BTreeSet<MfaReset> = &house.policy.mfa_reset_by;
    let Some(row) = acting.app.store.read(async |r| r.person(person).await).await? else { return Ok(Err(Refusal::NotFound)) };
    let letter = match &row.email {
        Some(_) => Some(notice(acting.app, &row, FactorChange::Reset, acting.now)?),
        None => None,
    };
    let outcome = acting
        .attempt(deed, async |w| {
            let seat = allowed!(acting.own(w, person).await?);
            allowed!(acting.outranks(w, &seat.membership).await?);
            if !by.contains(&MfaReset::TenantAdmin) {
                return Ok(Err(Refusal::Rules));
            }
            if !resettable(&house.policy, &seat.person) {
                return Ok(Err(Refusal::NotNow));
            }
            let after = house.policy.first_factor(seat.person.email.is_some());
            security::disconnect(w, person, after, acting.now).await?;
            w.clear_attempts(&counter(person)).await?;
            end_everything(w, &seat.person, acting.now).await?;
            if let Some(letter) = &letter {
                letters::queue(w, letter, acting.now).await?;
            }
            acting.done(w, deed, json!({ "from": seat.person.second_factor, "to": after })).await?;
            Ok(Ok(()))
        })
        .await?;
    acting.app.logouts.bell.notify_one();
    Ok(outcome)
}
