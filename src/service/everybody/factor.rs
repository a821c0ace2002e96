//! Taking somebody's lost second factor away, where that is the operator's (people.md S58, C4 `mfa.reset_by`).
use serde_json::json;

use super::super::recovery::end_everything;
use super::super::{letters, second_factor, security};
use super::{Barred, Operating, Outcome};
use crate::app::App;
use crate::model::{FactorKind, Membership, MfaReset, Person, PersonId, PersonState, TenantPolicy};
use crate::pages::letters::FactorChange;
use crate::policy::rules::joined;

/// May the operator do it? As soon as one of the person's tenants leaves it to him: where rules differ, somebody has to be
/// able to help. Somebody of no tenant has nobody else.
pub fn is_the_operators(app: &App, memberships: &[Membership]) -> bool {
    let named = |policy: &TenantPolicy| policy.mfa_reset_by.contains(&MfaReset::Operator);
    let registered = app.registered();
    let tenants = joined(memberships, |id| registered.tenants.get(id).map(AsRef::as_ref));
    tenants.is_empty() || tenants.iter().any(|tenant| named(&tenant.policy))
}

/// What the person proves from then on: codes by e-mail where a tenant begins with them, or nobody's rules say otherwise.
fn after(app: &App, person: &Person, memberships: &[Membership]) -> FactorKind {
    let reached = person.email.is_some() && person.email_verified;
    let registered = app.registered();
    let tenants = joined(memberships, |id| registered.tenants.get(id).map(AsRef::as_ref));
    let codes = tenants.is_empty() || tenants.iter().any(|tenant| tenant.policy.first_factor(reached) == FactorKind::Email);
    if reached && codes { FactorKind::Email } else { FactorKind::None }
}

/// Takes the app, the passkeys and the recovery codes away. Sessions and tokens end, and a letter tells the person.
pub async fn reset(operating: &Operating<'_>, person: &PersonId) -> Outcome<()> {
    let (app, now) = (operating.app, operating.now);
    let Some(found) = app.store.read(async |r| r.person(person).await).await? else { return Ok(Err(Barred::NotFound)) };
    let letter = security::notice(app, &found, FactorChange::Reset, now)?;
    let outcome = operating
        .attempt("factor.reset", person, async |w, subject| {
            let told = &subject.person;
            // Nobody weakens another operator: who lost the factor is helped on the machine.
            if told.operator {
                return Ok(Err(Barred::OfAnOperator));
            }
            if !is_the_operators(app, &subject.memberships) {
                return Ok(Err(Barred::Rules));
            }
            if told.state != PersonState::Active {
                return Ok(Err(Barred::NotNow));
            }
            let kind = after(app, told, &subject.memberships);
            if !told.second_factor.is_on_a_device() {
                return Ok(Err(Barred::NoFactor));
            }
            security::disconnect(w, person, kind, now).await?;
            w.clear_attempts(&second_factor::counter(person)).await?;
            end_everything(w, told, now).await?;
            // The address may have changed since the letter was written; then it stays away.
            if told.email == found.email {
                letters::queue(w, &letter, now).await?;
            }
            operating.done(w, "factor.reset", &subject, json!({ "by": "operator", "to": kind })).await?;
            Ok(Ok(()))
        })
        .await?;
    app.logouts.bell.notify_one();
    Ok(outcome)
}
