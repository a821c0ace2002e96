//! The decision, rule by rule and in its order.
use std::collections::BTreeSet;

use super::*;
use crate::model::{
    Amr, ClientId, ClientMetadata, Entitlement, FederationMfa, MembershipId, MembershipKind, PersonId, TenantId, TenantPolicy,
};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

struct World {
    person: PersonState,
    factor: FactorKind,
    membership: Option<Membership>,
    tenant: Option<Tenant>,
    client: Client,
    proof: Proof,
}

impl World {
    /// A member with a password alone, of a tenant that leaves the second factor to its people.
    fn new() -> Self {
        let tenant = Tenant {
            id: TenantId::from_text("ten_1"),
            number: "1".into(),
            slug: "acme".into(),
            name: "Acme".into(),
            alias: None,
            color: None,
            logo: None,
            state: TenantState::Active,
            policy: TenantPolicy { mfa_mode: MfaMode::Optional, ..TenantPolicy::default() },
            created_at: NOW,
        };
        let membership = Membership {
            id: MembershipId::from_text("mem_1"),
            person: PersonId::from_text("per_1"),
            tenant: tenant.id.clone(),
            kind: MembershipKind::Home,
            state: MembershipState::Active,
            admin: false,
            api_access: false,
            limited_to_locations: false,
            last_used_at: Some(NOW),
            created_at: NOW.minus(Duration::from_secs(400 * 86_400)),
        };
        let client = Client {
            id: ClientId::from_text("cli_1"),
            state: ClientState::Active,
            metadata: ClientMetadata::default(),
            secrets: Vec::new(),
            tenants: Vec::new(),
            created_at: NOW,
        };
        let proof = Proof { amr: BTreeSet::from([Amr::Pwd]), signed_in_at: Some(NOW), ..Proof::default() };
        let (person, factor) = (PersonState::Active, FactorKind::None);
        Self { person, factor, membership: Some(membership), tenant: Some(tenant), client, proof }
    }

    fn tenant(&mut self) -> &mut Tenant {
        self.tenant.as_mut().expect("the world has a tenant")
    }

    fn membership(&mut self) -> &mut Membership {
        self.membership.as_mut().expect("the world has a membership")
    }

    fn decide(&self) -> Verdict {
        let entry = Entry {
            person_state: self.person,
            second_factor: self.factor,
            membership: self.membership.as_ref(),
            tenant: self.tenant.as_ref(),
            client: &self.client,
            proof: &self.proof,
        };
        decide(&entry, NOW)
    }
}

fn after(change: impl FnOnce(&mut World)) -> Verdict {
    let mut world = World::new();
    change(&mut world);
    world.decide()
}

#[test]
fn each_state_that_bars_the_way_has_its_own_denial() {
    assert_eq!(after(|_| {}), Verdict::Enter);
    assert_eq!(after(|w| w.client.state = ClientState::Disabled), Verdict::Denied(Denial::ClientDisabled));
    assert_eq!(after(|w| w.person = PersonState::Deactivated), Verdict::Denied(Denial::PersonNotActive));
    assert_eq!(after(|w| w.person = PersonState::Invited), Verdict::Denied(Denial::PersonNotActive));
    assert_eq!(after(|w| w.membership = None), Verdict::Denied(Denial::NotMember));
    assert_eq!(after(|w| w.tenant = None), Verdict::Denied(Denial::NotMember));
    assert_eq!(after(|w| w.membership().state = MembershipState::Left), Verdict::Denied(Denial::NotMember));
    assert_eq!(after(|w| w.membership().state = MembershipState::Disabled), Verdict::Denied(Denial::MembershipNotActive));
    assert_eq!(after(|w| w.membership().state = MembershipState::Invited), Verdict::Denied(Denial::MembershipNotActive));
    assert_eq!(after(|w| w.tenant().state = TenantState::Disabled), Verdict::Denied(Denial::TenantDisabled));
}

#[test]
fn a_client_with_listed_tenants_serves_no_others() {
    let listed = |tenants: &[&str]| {
        after(|w| {
            w.client.metadata.entitlement = Entitlement::Listed;
            w.client.tenants = tenants.iter().map(|id| TenantId::from_text(*id)).collect();
        })
    };

    assert_eq!(listed(&["ten_1"]), Verdict::Enter);
    assert_eq!(listed(&["ten_2"]), Verdict::Denied(Denial::ClientNotEntitled));
    assert_eq!(listed(&[]), Verdict::Denied(Denial::ClientNotEntitled));
}

#[test]
fn a_membership_locks_after_its_days_without_use() {
    let idle = |days: u64, limit: u32| {
        after(|w| {
            w.tenant().policy.lock_inactivity_days = limit;
            w.membership().last_used_at = Some(NOW.minus(Duration::from_secs(days * 86_400)));
        })
    };

    assert_eq!(idle(90, 90), Verdict::Enter);
    assert_eq!(idle(91, 90), Verdict::Denied(Denial::MembershipDormant));
    assert_eq!(idle(1000, 0), Verdict::Enter);
    // Never used: it counts from its creation.
    assert_eq!(after(|w| w.membership().last_used_at = None), Verdict::Denied(Denial::MembershipDormant));
}

#[test]
fn the_tenants_policy_says_which_rung_is_needed() {
    let asked = |mode, email_is_enough, factor, amr: &[Amr]| {
        after(|w| {
            w.tenant().policy.mfa_mode = mode;
            w.tenant().policy.mfa_email_satisfies_login = email_is_enough;
            w.factor = factor;
            w.proof.amr = amr.iter().copied().collect();
        })
    };
    use Amr::{Email, Otp, Pwd};
    use FactorKind as Has;

    assert_eq!(asked(MfaMode::Off, true, Has::Totp, &[Pwd]), Verdict::Enter);
    assert_eq!(asked(MfaMode::Optional, true, Has::None, &[Pwd]), Verdict::Enter);
    assert_eq!(asked(MfaMode::DefaultOn, true, Has::Email, &[Pwd]), Verdict::NeedsFactor(Acr::Email));
    assert_eq!(asked(MfaMode::DefaultOn, true, Has::Totp, &[Pwd, Email]), Verdict::NeedsFactor(Acr::Mfa));
    assert_eq!(asked(MfaMode::Required, true, Has::None, &[Pwd]), Verdict::NeedsFactor(Acr::Email));
    assert_eq!(asked(MfaMode::Required, true, Has::None, &[Pwd, Email]), Verdict::Enter);
    assert_eq!(asked(MfaMode::Required, false, Has::Email, &[Pwd, Email]), Verdict::NeedsFactor(Acr::Mfa));
    assert_eq!(asked(MfaMode::Required, false, Has::Totp, &[Pwd, Otp]), Verdict::Enter);
}

#[test]
fn a_sign_in_at_microsoft_counts_as_far_as_the_tenant_trusts_it() {
    let federated = |trust, amr: &[Amr]| {
        after(|w| {
            w.tenant().policy.mfa_mode = MfaMode::Required;
            w.tenant().policy.federation_mfa = trust;
            w.proof.amr = amr.iter().copied().collect();
        })
    };

    assert_eq!(federated(FederationMfa::None, &[Amr::Fed]), Verdict::Enter);
    assert_eq!(federated(FederationMfa::TrustUpstream, &[Amr::Fed]), Verdict::NeedsFactor(Acr::Email));
    assert_eq!(federated(FederationMfa::TrustUpstream, &[Amr::Fed, Amr::Mfa]), Verdict::Enter);
    assert_eq!(federated(FederationMfa::Local, &[Amr::Fed]), Verdict::NeedsFactor(Acr::Email));
    assert_eq!(federated(FederationMfa::Local, &[Amr::Fed, Amr::Email]), Verdict::Enter);
}
