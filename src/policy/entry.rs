//! The one decision function (protocol.md §3): may this person, with what this session proved, enter this tenant
//! through this client? Authorize, code, refresh and silent renewal all ask it; nothing else yields a token.
use std::time::Duration;

use crate::model::{
    Acr, Amr, Client, ClientState, Denial, FactorKind, FederationMfa, Membership, MembershipState, MfaMode, PersonState, Proof, Tenant,
    TenantState, Verdict,
};
use crate::world::Timestamp;

/// Everything the decision looks at.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub person_state: PersonState,
    pub second_factor: FactorKind,
    pub membership: Option<&'a Membership>,
    pub tenant: Option<&'a Tenant>,
    pub client: &'a Client,
    pub proof: &'a Proof,
}

/// Decides. First everything that denies for good, then what a further proof would cure.
pub fn decide(entry: &Entry<'_>, now: Timestamp) -> Verdict {
    if entry.client.state != ClientState::Active {
        return Verdict::Denied(Denial::ClientDisabled);
    }
    if entry.person_state != PersonState::Active {
        return Verdict::Denied(Denial::PersonNotActive);
    }
    let (Some(membership), Some(tenant)) = (entry.membership, entry.tenant) else {
        return Verdict::Denied(Denial::NotMember);
    };
    match membership.state {
        MembershipState::Active => {}
        MembershipState::Left => return Verdict::Denied(Denial::NotMember),
        MembershipState::Invited | MembershipState::Disabled => return Verdict::Denied(Denial::MembershipNotActive),
    }
    if tenant.state != TenantState::Active {
        return Verdict::Denied(Denial::TenantDisabled);
    }
    if !entry.client.serves(&tenant.id) {
        return Verdict::Denied(Denial::ClientNotEntitled);
    }
    if dormant(membership, tenant, now) {
        return Verdict::Denied(Denial::MembershipDormant);
    }
    match needed(entry, tenant) {
        Some(acr) if reached(entry, tenant) < acr => Verdict::NeedsFactor(acr),
        _ => Verdict::Enter,
    }
}

/// Is the membership locked for not having been used? A membership that was never used counts from its creation.
fn dormant(membership: &Membership, tenant: &Tenant, now: Timestamp) -> bool {
    let days = u64::from(tenant.policy.lock_inactivity_days);
    days > 0 && now.since(membership.idle_since()) > Duration::from_secs(days * 86_400)
}

/// The lowest rung that this tenant demands of this person's session, if any.
fn needed(entry: &Entry<'_>, tenant: &Tenant) -> Option<Acr> {
    let policy = &tenant.policy;
    let email_or_mfa = if policy.email_is_enough() { Acr::Email } else { Acr::Mfa };
    if federated_is_enough(entry, tenant) {
        return None;
    }
    match policy.mfa_mode {
        MfaMode::Required => Some(email_or_mfa),
        MfaMode::Off => None,
        // The person's own choice counts; whoever chose none signs in with the password alone.
        MfaMode::Optional | MfaMode::DefaultOn => entry.second_factor.demands(),
    }
}

/// The rung that counts in this tenant: a second factor that a directory asserted counts only where it is trusted
/// (people.md C10, security.md G16), and a passkey only where it takes passkeys (C1).
fn reached(entry: &Entry<'_>, tenant: &Tenant) -> Acr {
    let own = tenant.policy.federation_mfa == FederationMfa::Local;
    match (tenant.policy.offers(FactorKind::Passkey), own) {
        (false, own) => entry.proof.acr_without_passkey(own),
        (true, true) => entry.proof.own_acr(),
        (true, false) => entry.proof.acr(),
    }
}

/// people.md C10: is a sign-in at Microsoft accepted without a factor of our own?
fn federated_is_enough(entry: &Entry<'_>, tenant: &Tenant) -> bool {
    let federated = entry.proof.amr.contains(&Amr::Fed);
    federated
        && match tenant.policy.federation_mfa {
            FederationMfa::None => true,
            // The upstream adapter adds `mfa` only when the directory's admin asserted it (microsoft.md 4.5).
            FederationMfa::TrustUpstream => entry.proof.amr.contains(&Amr::Mfa),
            FederationMfa::Local => false,
        }
}

#[cfg(test)]
mod tests;
