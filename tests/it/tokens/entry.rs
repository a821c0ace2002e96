//! The one decision at each gate: grant × what changed since (protocol.md §3, security.md C04, finding 8).
use std::collections::BTreeSet;

use tenantry::model::{Amr, ClientState, Entitlement, MembershipState, MfaMode, PersonState, Proof, TenantPolicy, TenantState};

use super::{ALL, Arena};

/// What happened after the authorization.
#[derive(Clone, Copy, Debug)]
enum Change {
    PersonDeactivated,
    MembershipDisabled,
    MembershipLeft,
    TenantDisabled,
    ClientDisabled,
    ClientNotEntitled,
    SecondFactorDemanded,
}

const CHANGES: [Change; 7] = [
    Change::PersonDeactivated,
    Change::MembershipDisabled,
    Change::MembershipLeft,
    Change::TenantDisabled,
    Change::ClientDisabled,
    Change::ClientNotEntitled,
    Change::SecondFactorDemanded,
];

impl Change {
    async fn happen(self, a: &Arena) {
        let (membership, now) = (a.membership().await, a.now());
        let mut metadata = a.client.metadata.clone();
        metadata.entitlement = Entitlement::Listed;
        let policy = TenantPolicy {
            mfa_mode: MfaMode::Required,
            mfa_email_satisfies: tenantry::model::EmailSatisfies::Nothing,
            ..TenantPolicy::default()
        };
        let write = a.t.app.store.write(async |w| match self {
            Self::PersonDeactivated => w.set_person_state(&a.person.id, PersonState::Deactivated, now).await,
            Self::MembershipDisabled => w.set_membership_state(&membership.id, MembershipState::Disabled).await.map(|_| ()),
            Self::MembershipLeft => w.set_membership_state(&membership.id, MembershipState::Left).await.map(|_| ()),
            Self::TenantDisabled => w.set_tenant_state(&a.tenant.id, TenantState::Disabled).await,
            Self::ClientDisabled => w.set_client_state(&a.client.id, ClientState::Disabled).await,
            Self::ClientNotEntitled => w.set_client_metadata(&a.client.id, &metadata).await.map(|_| ()),
            Self::SecondFactorDemanded => w.set_tenant_policy(&a.tenant.id, &policy).await,
        });
        write.await.unwrap();
        a.t.app.refresh().await.unwrap();
    }

    async fn is_taken_back(self, a: &Arena) {
        let (membership, now) = (a.membership().await, a.now());
        let write = a.t.app.store.write(async |w| match self {
            Self::PersonDeactivated => w.set_person_state(&a.person.id, PersonState::Active, now).await,
            Self::MembershipDisabled => w.set_membership_state(&membership.id, MembershipState::Active).await.map(|_| ()),
            Self::TenantDisabled => w.set_tenant_state(&a.tenant.id, TenantState::Active).await,
            Self::ClientDisabled => w.set_client_state(&a.client.id, ClientState::Active).await,
            Self::MembershipLeft | Self::ClientNotEntitled | Self::SecondFactorDemanded => unreachable!("no switch"),
        });
        write.await.unwrap();
        a.t.app.refresh().await.unwrap();
    }

    fn expected(self) -> (u16, &'static str) {
        match self {
            Self::SecondFactorDemanded => (400, "insufficient_user_authentication"),
            _ => (400, "invalid_grant"),
        }
    }
}

#[tokio::test]
async fn c04_every_gate_asks_again_who_may_enter() {
    for change in CHANGES {
        let a = Arena::new().await;
        let code = a.db_code(ALL).await;
        let tokens = a.tokens(ALL).await;

        change.happen(&a).await;

        assert_eq!(a.redeem(&code).await.error(), change.expected(), "code, {change:?}");
        assert_eq!(a.refresh(tokens.text("refresh_token")).await.error(), change.expected(), "refresh, {change:?}");
        assert_eq!(a.userinfo(tokens.text("access_token")).await.status, 401, "userinfo, {change:?}");
        assert!(!a.is_active(tokens.text("access_token")).await, "introspection, {change:?}");
        assert!(!a.is_active(tokens.text("refresh_token")).await, "introspection of the refresh token, {change:?}");
    }
}

#[tokio::test]
async fn b22_what_is_switched_off_at_one_level_is_not_switched_on_at_another() {
    let switches = [Change::PersonDeactivated, Change::MembershipDisabled, Change::TenantDisabled, Change::ClientDisabled];
    for (one, other) in switches.into_iter().flat_map(|one| switches.map(|other| (one, other))) {
        if std::mem::discriminant(&one) == std::mem::discriminant(&other) {
            continue;
        }
        let a = Arena::new().await;
        let tokens = a.tokens(ALL).await;

        one.happen(&a).await;
        other.happen(&a).await;
        one.is_taken_back(&a).await;

        assert_eq!(a.refresh(tokens.text("refresh_token")).await.status, 400, "{one:?}, {other:?}");
        assert_eq!(a.userinfo(tokens.text("access_token")).await.status, 401, "{one:?}, {other:?}");
        assert!(!a.is_active(tokens.text("access_token")).await, "{one:?}, {other:?}");
    }
}

#[tokio::test]
async fn i25_an_access_token_dies_with_the_membership() {
    let a = Arena::new().await;
    let tokens = a.tokens(ALL).await;

    Change::MembershipLeft.happen(&a).await;

    assert_eq!(a.userinfo(tokens.text("access_token")).await.error(), (401, "invalid_token"));
}

#[tokio::test]
async fn a_strong_factor_satisfies_a_strict_tenant() {
    let a = Arena::new().await;
    Change::SecondFactorDemanded.happen(&a).await;
    let proof = Proof { amr: BTreeSet::from([Amr::Pwd, Amr::Otp]), ..a.proof() };

    let code = a.db_code_for(&a.client, ALL, proof).await;

    assert_eq!(a.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn c08_claims_are_those_of_now() {
    let a = Arena::new().await;
    let sales = a.t.group(&a.tenant, "Sales", &[]).await;
    let before = a.tokens(ALL).await;

    a.t.put_into(&sales, &a.person).await;
    let after = a.refresh(before.text("refresh_token")).await.good();

    assert!(super::claims(before.text("access_token")).get("groups").is_none());
    assert_eq!(super::claims(after.text("access_token"))["groups"], serde_json::json!(["Sales"]));
}
