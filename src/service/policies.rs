//! The rules of a tenant: shown, changed within the operator's bounds, tried out before (people.md C1 to C28).
use serde_json::json;

use super::change::Change;
use crate::config::Policy;
use crate::model::{FactorKind, MfaMode, Tenant, TenantId, TenantPolicy};
use crate::policy::keys::{differences, faults};
use crate::policy::rules::beyond;
use crate::store::{Read, Store, StoreError};
use crate::world::Timestamp;

/// Names that a preview tells at most.
const TOLD: i64 = 20;
const DAY: u64 = 86_400;

/// Who changes the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Author {
    Operator,
    /// Somebody of the tenant; some keys are not theirs (people.md P17).
    TenantAdmin,
}

/// A group of people whom a change would affect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// The key whose change affects them.
    pub key: &'static str,
    /// What it means for them.
    pub what: &'static str,
    pub count: i64,
    /// The first of them by name.
    pub names: Vec<String>,
}

/// What a change would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Key, before, after.
    pub changes: Vec<(String, String, String)>,
    pub affected: Vec<Affected>,
}

/// What became of [`set`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicySet {
    Done(Preview),
    /// Nothing differs.
    Same,
    /// The key, and what it must be.
    Refused(String, String),
    /// Only the operator changes this key.
    OperatorOnly(String),
}

/// What a change of a tenant's rules would do, and to whom. Changes nothing.
pub async fn preview(store: &Store, tenant: &Tenant, after: &TenantPolicy, now: Timestamp) -> Result<Preview, StoreError> {
    let changes = differences(&tenant.policy, after);
    let affected = store.read(async |r| affected(r, tenant, after, now).await).await?;
    Ok(Preview { changes, affected })
}

async fn affected(r: &mut Read, tenant: &Tenant, after: &TenantPolicy, now: Timestamp) -> Result<Vec<Affected>, StoreError> {
    let before = &tenant.policy;
    let mut found = Vec::new();
    let demands = |policy: &TenantPolicy| policy.mfa_mode == MfaMode::Required;
    if demands(after) && !demands(before) {
        let (count, names) = r.members_with_factor(&tenant.id, &[FactorKind::None], TOLD).await?;
        found.push(Affected { key: "mfa.mode", what: "must set a second factor up at the next sign-in", count, names });
    }
    let strong = |policy: &TenantPolicy| demands(policy) && !policy.email_is_enough();
    if strong(after) && !strong(before) {
        let (count, names) = r.members_with_factor(&tenant.id, &[FactorKind::Email], TOLD).await?;
        found.push(Affected { key: "mfa.email_satisfies", what: "must set an app up at the next sign-in", count, names });
    }
    if after.mfa_mode == MfaMode::Off && before.mfa_mode != MfaMode::Off {
        let (count, names) = r.members_with_factor(&tenant.id, &[FactorKind::Email, FactorKind::Totp, FactorKind::Passkey], TOLD).await?;
        found.push(Affected { key: "mfa.mode", what: "are no longer asked for their second factor here", count, names });
    }
    let sooner = |after: u32, before: u32| after > 0 && (before == 0 || after < before);
    let days = |days: u32| now.minus(std::time::Duration::from_secs(u64::from(days) * DAY));
    if sooner(after.password_max_age_days, before.password_max_age_days) {
        let (count, names) = r.members_with_password_before(&tenant.id, days(after.password_max_age_days), TOLD).await?;
        found.push(Affected { key: "password.max_age_days", what: "must renew the password at the next sign-in", count, names });
    }
    if sooner(after.lock_inactivity_days, before.lock_inactivity_days) {
        let (count, names) = r.members_unused_since(&tenant.id, days(after.lock_inactivity_days), TOLD).await?;
        found.push(Affected { key: "lock.inactivity_days", what: "are locked at once, until an administrator helps", count, names });
    }
    found.retain(|group| group.count > 0);
    Ok(found)
}

/// Changes a tenant's rules. Nothing is written unless all of them are possible together and within the bounds.
pub async fn set(
    change: &Change<'_>,
    bounds: &Policy,
    (tenant, author): (&TenantId, Author),
    after: &TenantPolicy,
    preset: Option<&str>,
) -> Result<PolicySet, StoreError> {
    if let Some((key, demand)) = faults(after).into_iter().next() {
        return Ok(PolicySet::Refused(key, demand.to_owned()));
    }
    if let Some((key, demand)) = beyond(after, bounds).into_iter().next() {
        return Ok(PolicySet::Refused(key.to_owned(), demand));
    }
    change
        .store
        .write(async |w| {
            // The tenant's row is locked first: of two changes at once the second one sees the first.
            let Some(tenant) = w.tenant_to_change(tenant).await? else { return Ok(PolicySet::Same) };
            let changes = differences(&tenant.policy, after);
            if changes.is_empty() {
                return Ok(PolicySet::Same);
            }
            let kept = |key: &String| bounds.operator_only.contains(key);
            if author == Author::TenantAdmin
                && let Some((key, ..)) = changes.iter().find(|(key, ..)| kept(key))
            {
                return Ok(PolicySet::OperatorOnly(key.clone()));
            }
            let affected = affected(w, &tenant, after, change.now).await?;
            w.set_tenant_policy(&tenant.id, after).await?;
            let told: Vec<_> = changes.iter().map(|(key, before, after)| json!({ "key": key, "before": before, "after": after })).collect();
            let detail = json!({ "changes": told, "preset": preset });
            change.record(w, "tenant.policy", tenant.id.as_str(), (Some(&tenant.id), None), detail).await?;
            Ok(PolicySet::Done(Preview { changes, affected }))
        })
        .await
}
