//! A small furnished world: two tenants, two people, a client, a session and a grant, with readable ids.
use std::time::Duration;

use tenantry::model::*;
use tenantry::store::{Inserted, NewPerson, Store, TenantInserted};
use tenantry::world::{Code, Digest, Secret, Timestamp};

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
pub const MINUTE: Duration = Duration::from_secs(60);
pub const HOUR: Duration = Duration::from_secs(3600);
pub const DAY: Duration = Duration::from_secs(24 * 3600);

pub fn digest(text: &str) -> Digest {
    Digest::of::<Code>(text)
}

pub fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).unwrap()
}

pub fn person_id(name: &str) -> PersonId {
    PersonId::from_text(format!("per_{name}"))
}

pub fn tenant_id(name: &str) -> TenantId {
    TenantId::from_text(format!("ten_{name}"))
}

pub fn client_id() -> ClientId {
    ClientId::from_text("cli_shop")
}

pub fn session_id() -> SessionId {
    SessionId::from_text("ses_1")
}

pub fn grant_id() -> GrantId {
    GrantId::from_text("gra_1")
}

pub fn membership_id(person: &str, tenant: &str) -> MembershipId {
    MembershipId::from_text(format!("mem_{person}_{tenant}"))
}

pub fn new_person(name: &str) -> NewPerson {
    NewPerson {
        id: person_id(name),
        email: Some(email(name)),
        email_verified: false,
        first_name: name.to_owned(),
        last_name: "Example".to_owned(),
        locale: Locale::De,
        state: PersonState::Active,
        operator: false,
        second_factor: FactorKind::None,
        password_hash: Some(Secret::new(format!("hash of {name}"))),
    }
}

pub fn new_tenant(name: &str, number: &str) -> Tenant {
    Tenant {
        id: tenant_id(name),
        number: number.to_owned(),
        slug: name.to_owned(),
        name: name.to_uppercase(),
        alias: None,
        color: Some("#336699".into()),
        logo: None,
        sender_name: None,
        contact: None,
        greeting: None,
        state: TenantState::Active,
        policy: TenantPolicy { lock_threshold: 7, ..TenantPolicy::default() },
        created_at: NOW,
    }
}

pub fn new_membership(person: &str, tenant: &str, kind: MembershipKind) -> Membership {
    Membership {
        id: membership_id(person, tenant),
        person: person_id(person),
        tenant: tenant_id(tenant),
        kind,
        state: MembershipState::Active,
        admin: false,
        api_access: true,
        limited_to_locations: false,
        last_used_at: None,
        woken_at: None,
        accepted: true,
        created_at: NOW,
    }
}

pub fn new_client(id: ClientId) -> Client {
    Client {
        id,
        state: ClientState::Active,
        metadata: ClientMetadata { client_name: "Shop".into(), redirect_uris: vec!["https://shop.test/cb".into()], ..Default::default() },
        secrets: vec![new_secret("sec_1")],
        tenants: vec![tenant_id("acme")],
        created_at: NOW,
    }
}

pub fn new_secret(id: &str) -> StoredSecret {
    StoredSecret { id: SecretId::from_text(id), digest: digest(id), expires_at: Some(NOW.plus(DAY)) }
}

pub fn proof() -> Proof {
    Proof { amr: [Amr::Pwd, Amr::Otp].into(), signed_in_at: Some(NOW), factor_at: Some(NOW), upstream_tid: Some("tid".into()) }
}

/// Where sessions are begun.
pub fn origin() -> Origin {
    let agent = Agent { browser: Some(BrowserKind::Firefox), system: Some(SystemKind::Windows) };
    Origin { agent, network: Some("192.0.2.1".to_owned()) }
}

pub fn new_session(id: SessionId, person: &str) -> Session {
    Session {
        id,
        person: person_id(person),
        proof: proof(),
        created_at: NOW,
        last_seen_at: NOW,
        expires_at: NOW.plus(DAY),
        ended_at: None,
        origin: origin(),
    }
}

pub fn new_grant(id: GrantId) -> Grant {
    Grant {
        id,
        client: client_id(),
        person: person_id("ada"),
        tenant: tenant_id("acme"),
        session: Some(session_id()),
        scope: "openid profile".into(),
        nonce: Some("n-1".into()),
        proof: proof(),
        auth_time_requested: true,
        terms: GrantTerms::default(),
        created_at: NOW,
        expires_at: NOW.plus(DAY * 90),
        ended_at: None,
    }
}

pub fn new_code() -> CodeRow {
    CodeRow {
        grant: grant_id(),
        client: client_id(),
        redirect_uri: "https://shop.test/cb".into(),
        redirect_uri_sent: true,
        challenge: Some("challenge".into()),
        dpop_jkt: Some("jkt".into()),
        expires_at: NOW.plus(MINUTE),
        used_at: None,
    }
}

pub fn new_pushed_request() -> PushedRequest {
    PushedRequest {
        client: client_id(),
        request: "{\"scope\":\"openid\"}".into(),
        created_at: NOW,
        expires_at: NOW.plus(MINUTE),
        used_at: None,
    }
}

pub fn new_refresh(name: &str) -> RefreshRow {
    RefreshRow {
        digest: digest(name),
        grant: grant_id(),
        client: client_id(),
        issued_at: NOW,
        expires_at: NOW.plus(DAY),
        rotated_at: None,
        successor_sealed: None,
    }
}

pub fn new_challenge(id: &str) -> EmailChallenge {
    EmailChallenge {
        id: ChallengeId::from_text(id),
        person: person_id("ada"),
        digest: digest(id),
        attempts: 0,
        created_at: NOW,
        expires_at: NOW.plus(MINUTE * 10),
    }
}

pub fn new_flow(id: &str) -> Flow {
    Flow {
        id: FlowId::from_text(id),
        browser: digest("browser"),
        client: client_id(),
        request: "{\"scope\":\"openid\"}".into(),
        progress: Progress::default(),
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
        closed_at: None,
        version: 0,
    }
}

pub fn new_totp(id: &str) -> TotpFactor {
    TotpFactor {
        id: FactorId::from_text(id),
        person: person_id("ada"),
        sealed_secret: format!("sealed {id}"),
        confirmed_at: None,
        last_step: 0,
        created_at: NOW,
    }
}

pub fn new_invitation(id: &str) -> Invitation {
    Invitation {
        id: InvitationId::from_text(id),
        tenant: tenant_id("acme"),
        person: person_id("ada"),
        membership: membership_id("ada", "acme"),
        method: InvitationMethod::Any,
        created_by: None,
        letter: None,
        created_at: NOW,
        expires_at: NOW.plus(DAY),
        opened_at: None,
        accepted_at: None,
        declined_at: None,
        revoked_at: None,
    }
}

/// Ada at home in Acme and a guest of Globex; Bob at home in Globex; the shop; Ada's session and grant.
pub async fn furnish(store: &Store) {
    store
        .write(async |w| {
            for name in ["ada", "bob"] {
                assert_eq!(w.insert_person(&new_person(name), NOW).await?, Inserted::Yes);
            }
            for (name, number) in [("acme", "1001"), ("globex", "1002")] {
                assert_eq!(w.insert_tenant(&new_tenant(name, number)).await?, TenantInserted::Yes);
            }
            assert!(w.insert_membership(&new_membership("ada", "acme", MembershipKind::Home)).await?);
            assert!(w.insert_membership(&new_membership("ada", "globex", MembershipKind::Guest)).await?);
            assert!(w.insert_membership(&new_membership("bob", "globex", MembershipKind::Home)).await?);
            assert!(w.insert_client(&new_client(client_id())).await?);
            w.insert_session(&new_session(session_id(), "ada"), &digest("cookie")).await?;
            w.insert_grant(&new_grant(grant_id())).await
        })
        .await
        .unwrap();
}
