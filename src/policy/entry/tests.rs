//! The decision table: who is denied whatever they proved, and who must prove more.
use super::*;
use crate::model::{
    Amr, ClientId, ClientMetadata, EmailSatisfies, Entitlement, FederationMfa, MembershipId, MembershipKind, PersonId, TenantId,
    TenantPolicy,
};

const NOW: Timestamp = Timestamp::from_seconds(100_000_000);

struct Table {
    person: PersonState,
    factor: FactorKind,
    membership: Option<Membership>,
    tenant: Tenant,
    client: Client,
    proof: Proof,
}

/// A home member of an active tenant with the default policy, who gave password and e-mail code.
fn table() -> Table {
    let tenant = Tenant {
        id: TenantId::from_text("ten_acme"),
        number: "1".into(),
        slug: "acme".into(),
        name: "Acme".into(),
        alias: None,
        color: None,
        logo: None,
        sender_name: None,
        contact: None,
        greeting: None,
        state: TenantState::Active,
        policy: TenantPolicy::default(),
        created_at: NOW,
    };
    let membership = Membership {
        id: MembershipId::from_text("mem_1"),
        person: PersonId::from_text("per_anna"),
        tenant: tenant.id.clone(),
        kind: MembershipKind::Home,
        state: MembershipState::Active,
        admin: false,
        api_access: false,
        limited_to_locations: false,
        last_used_at: Some(NOW),
        woken_at: None,
        accepted: true,
        created_at: NOW,
    };
    let client = Client {
        id: ClientId::from_text("cli_1"),
        state: ClientState::Active,
        metadata: ClientMetadata::default(),
        secrets: Vec::new(),
        tenants: Vec::new(),
        created_at: NOW,
    };
    let proof = Proof { amr: [Amr::Pwd, Amr::Email].into(), signed_in_at: Some(NOW), factor_at: Some(NOW), upstream_tid: None };
    Table { person: PersonState::Active, factor: FactorKind::Email, membership: Some(membership), tenant, client, proof }
}

impl Table {
    fn decide(&self) -> Verdict {
        let entry = Entry {
            person_state: self.person,
            second_factor: self.factor,
            membership: self.membership.as_ref(),
            tenant: Some(&self.tenant),
            client: &self.client,
            proof: &self.proof,
        };
        decide(&entry, NOW)
    }

    fn member(&mut self) -> &mut Membership {
        self.membership.as_mut().expect("the table has a membership")
    }
}

fn with(change: impl FnOnce(&mut Table)) -> Verdict {
    let mut table = table();
    change(&mut table);
    table.decide()
}

#[test]
fn a_member_with_the_usual_proof_enters() {
    assert_eq!(table().decide(), Verdict::Enter);
    assert_eq!(with(|t| t.member().kind = MembershipKind::Guest), Verdict::Enter);
}

#[test]
fn what_denies_denies_whatever_was_proved() {
    let strong = |t: &mut Table| t.proof.amr = [Amr::Pwd, Amr::Otp, Amr::Hwk].into();
    type Case = (fn(&mut Table), Denial);
    let cases: [Case; 10] = [
        (|t| t.client.state = ClientState::Disabled, Denial::ClientDisabled),
        (|t| t.person = PersonState::Deactivated, Denial::PersonNotActive),
        (|t| t.person = PersonState::Invited, Denial::PersonNotActive),
        (|t| t.membership = None, Denial::NotMember),
        (|t| t.member().state = MembershipState::Left, Denial::NotMember),
        (|t| t.member().state = MembershipState::Disabled, Denial::MembershipNotActive),
        (|t| t.member().state = MembershipState::Invited, Denial::MembershipNotActive),
        (|t| t.tenant.state = TenantState::Disabled, Denial::TenantDisabled),
        (|t| t.client.metadata.entitlement = Entitlement::Listed, Denial::ClientNotEntitled),
        (|t| t.member().last_used_at = Some(NOW.minus(Duration::from_secs(91 * 86_400))), Denial::MembershipDormant),
    ];
    for (change, denial) in cases {
        assert_eq!(with(change), Verdict::Denied(denial));
        let both = |t: &mut Table| {
            strong(t);
            change(t);
        };
        assert_eq!(with(both), Verdict::Denied(denial));
    }
}

#[test]
fn a_listed_client_serves_the_listed_tenant() {
    let listed = |t: &mut Table| {
        t.client.metadata.entitlement = Entitlement::Listed;
        t.client.tenants = vec![t.tenant.id.clone()];
    };
    assert_eq!(with(listed), Verdict::Enter);
}

#[test]
fn a_membership_is_dormant_after_the_tenants_days_and_never_with_zero() {
    let age = |days: u64, limit: u32| {
        with(|t| {
            t.tenant.policy.lock_inactivity_days = limit;
            t.member().last_used_at = Some(NOW.minus(Duration::from_secs(days * 86_400)));
        })
    };
    assert_eq!(age(90, 90), Verdict::Enter);
    assert_eq!(age(91, 90), Verdict::Denied(Denial::MembershipDormant));
    assert_eq!(age(2000, 0), Verdict::Enter);
    let never_used = |t: &mut Table| {
        t.member().last_used_at = None;
        t.member().created_at = NOW.minus(Duration::from_secs(91 * 86_400));
    };
    assert_eq!(with(never_used), Verdict::Denied(Denial::MembershipDormant));
}

#[test]
fn the_entered_tenants_policy_says_which_factor_is_needed() {
    use {FactorKind as F, MfaMode as M};
    let email_is_not_enough = false;
    let cases = [
        (M::Off, true, F::Email, &[Amr::Pwd][..], Verdict::Enter),
        (M::DefaultOn, true, F::Email, &[Amr::Pwd], Verdict::NeedsFactor(Acr::Email)),
        (M::DefaultOn, true, F::None, &[Amr::Pwd], Verdict::Enter),
        (M::Optional, true, F::Totp, &[Amr::Pwd], Verdict::NeedsFactor(Acr::Mfa)),
        (M::Optional, true, F::Totp, &[Amr::Pwd, Amr::Email], Verdict::NeedsFactor(Acr::Mfa)),
        (M::Optional, true, F::Totp, &[Amr::Pwd, Amr::Otp], Verdict::Enter),
        (M::Required, true, F::None, &[Amr::Pwd], Verdict::NeedsFactor(Acr::Email)),
        (M::Required, true, F::None, &[Amr::Pwd, Amr::Email], Verdict::Enter),
        (M::Required, email_is_not_enough, F::Email, &[Amr::Pwd, Amr::Email], Verdict::NeedsFactor(Acr::Mfa)),
        (M::Required, email_is_not_enough, F::Totp, &[Amr::Pwd, Amr::Otp], Verdict::Enter),
        (M::Required, email_is_not_enough, F::Totp, &[Amr::Hwk], Verdict::Enter),
    ];
    for (mode, email_enough, factor, amr, verdict) in cases {
        let outcome = with(|t| {
            t.tenant.policy.mfa_mode = mode;
            t.tenant.policy.mfa_email_satisfies = if email_enough { EmailSatisfies::Login } else { EmailSatisfies::Nothing };
            t.factor = factor;
            t.proof.amr = amr.iter().copied().collect();
        });
        assert_eq!(outcome, verdict, "{mode:?} {email_enough} {factor:?} {amr:?}");
    }
}

#[test]
fn g16_upstream_mfa_counts_only_where_the_tenant_trusts_it_and_it_was_asserted() {
    use FederationMfa as T;
    let needs = Verdict::NeedsFactor(Acr::Email);
    let cases = [
        (T::TrustUpstream, &[Amr::Fed][..], needs),
        (T::TrustUpstream, &[Amr::Fed, Amr::Mfa], Verdict::Enter),
        (T::Local, &[Amr::Fed], needs),
        (T::Local, &[Amr::Fed, Amr::Mfa], needs),
        (T::Local, &[Amr::Fed, Amr::Email], Verdict::Enter),
        (T::None, &[Amr::Fed], Verdict::Enter),
        (T::None, &[Amr::Pwd], needs),
    ];
    for (trust, amr, verdict) in cases {
        let outcome = with(|t| {
            t.tenant.policy.federation_mfa = trust;
            t.proof.amr = amr.iter().copied().collect();
        });
        assert_eq!(outcome, verdict, "{trust:?} {amr:?}");
    }
}
