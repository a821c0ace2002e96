//! The cases of microsoft.md 2.3 as tables.
use super::*;
use crate::model::{
    BoundVia, ConnectionId, ConnectionState, Credential, FactorKind, InvitationId, Locale, Lockout, MembershipId, TenantId,
};

const HOST: &str = "https://login.microsoftonline.com";
const TID: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn connection() -> Connection {
    Connection {
        id: ConnectionId::from_text("con_1"),
        name: "Contoso".into(),
        cloud_host: HOST.into(),
        tid: TID.into(),
        client_id: "app".into(),
        credential: Credential::Secret { sealed: String::new() },
        state: ConnectionState::Active,
        mfa_asserted: false,
        created_at: NOW,
    }
}

fn claims() -> UpstreamClaims {
    UpstreamClaims {
        cloud_host: HOST.into(),
        tid: TID.into(),
        oid: "oid-1".into(),
        sub: "s".into(),
        email: Some("anna@contoso.example".into()),
        preferred_username: Some("anna@contoso.example".into()),
        name: None,
        email_domain_verified: false,
        guest: false,
        auth_time: None,
    }
}

fn pin(tenant: &str, connection: &str, domain: &str) -> EntraPin {
    EntraPin { tenant: TenantId::from_text(tenant), connection: ConnectionId::from_text(connection), domains: vec![domain.into()] }
}

fn person(state: PersonState) -> Person {
    Person {
        id: PersonId::from_text("per_anna"),
        email: Email::parse("anna@contoso.example"),
        username: None,
        email_verified: false,
        first_name: "Anna".into(),
        last_name: "Example".into(),
        locale: Locale::En,
        profile: crate::model::Profile::default(),
        state,
        disabled_by_operator: false,
        operator: false,
        second_factor: FactorKind::Email,
        has_password: false,
        password_set_at: None,
        lockout: Lockout::default(),
        last_login_at: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn invitation(tenant: &str, method: InvitationMethod) -> Invitation {
    Invitation {
        id: InvitationId::from_text(format!("inv_{tenant}")),
        tenant: TenantId::from_text(tenant),
        person: PersonId::from_text("per_anna"),
        membership: MembershipId::from_text("mem_1"),
        method,
        created_by: None,
        letter: None,
        created_at: NOW,
        expires_at: NOW,
        opened_at: None,
        accepted_at: None,
        declined_at: None,
        revoked_at: None,
    }
}

fn identity(oid: &str) -> FederatedIdentity {
    FederatedIdentity {
        id: IdentityId::from_text(format!("fid_{oid}")),
        person: PersonId::from_text("per_anna"),
        cloud_host: HOST.into(),
        tid: TID.into(),
        oid: oid.into(),
        connection: ConnectionId::from_text("con_1"),
        bound_via: BoundVia::Invite,
        bound_at: NOW,
        last_login_at: None,
    }
}

/// Everything that case B asks for.
struct World {
    claims: UpstreamClaims,
    connection: Connection,
    pins: Vec<EntraPin>,
    candidate: Candidate,
}

impl World {
    fn b() -> Self {
        let invitations = vec![invitation("ten_1", InvitationMethod::Microsoft)];
        let candidate = Candidate { person: person(PersonState::Invited), invitations, identities: Vec::new() };
        Self { claims: claims(), connection: connection(), pins: vec![pin("ten_1", "con_1", "contoso.example")], candidate }
    }

    fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut world = Self::b();
        change(&mut world);
        world
    }

    fn arrived(&self) -> Arrived<'_> {
        Arrived { claims: &self.claims, connection: &self.connection, pins: &self.pins }
    }

    fn sign_in(&self) -> Result<&'static str, Refusal> {
        match sign_in(&self.arrived(), None, std::slice::from_ref(&self.candidate)) {
            Binding::Known { .. } => Ok("known"),
            Binding::Bind { .. } => Ok("bind"),
            Binding::Refused(refusal) => Err(refusal),
        }
    }

    fn accept(&self) -> Acceptance {
        accept(&self.arrived(), &self.candidate.invitations[0], &self.candidate, None)
    }
}

#[test]
fn k28_an_invited_colleague_of_a_pinned_directory_is_bound() {
    assert_eq!(World::b().sign_in(), Ok("bind"));
    let by_mail = World::with(|w| {
        w.claims.preferred_username = Some("a.example@contoso.example".into());
        w.claims.email_domain_verified = true;
    });
    assert_eq!(by_mail.sign_in(), Ok("bind"));
}

#[test]
fn j01_an_address_alone_binds_nobody() {
    type Change = fn(&mut World);
    let cases: [(&str, Change); 14] = [
        ("no pin", |w| w.pins.clear()),
        ("pin of another connection", |w| w.pins = vec![pin("ten_1", "con_2", "contoso.example")]),
        ("pin of another domain", |w| w.pins = vec![pin("ten_1", "con_1", "fabrikam.example")]),
        ("pin of another tenant", |w| w.pins = vec![pin("ten_2", "con_1", "contoso.example")]),
        ("guest of the directory", |w| w.claims.guest = true),
        ("mail attribute without proof", |w| w.claims.preferred_username = Some("mallory@contoso.example".into())),
        ("no address at all", |w| (w.claims.email, w.claims.preferred_username) = (None, None)),
        ("no open invitation", |w| w.candidate.invitations.clear()),
        ("invitation for a password", |w| w.candidate.invitations = vec![invitation("ten_1", InvitationMethod::Password)]),
        ("two invitations", |w| w.candidate.invitations.push(invitation("ten_2", InvitationMethod::Any))),
        ("active person", |w| w.candidate.person.state = PersonState::Active),
        ("deactivated person", |w| w.candidate.person.state = PersonState::Deactivated),
        ("person with a password", |w| w.candidate.person.has_password = true),
        ("identity elsewhere", |w| w.candidate.identities = vec![FederatedIdentity { tid: "t2".into(), ..identity("x") }]),
    ];
    for (case, change) in cases {
        assert_eq!(World::with(change).sign_in(), Err(Refusal::NotConnected), "{case}");
    }
}

#[test]
fn j02_a_token_of_another_directory_is_nobody_here() {
    let foreign = World::with(|w| w.claims.tid = "11111111-2222-3333-4444-555555555555".into());
    assert_eq!(foreign.sign_in(), Err(Refusal::ForeignDirectory));
    assert_eq!(foreign.accept(), Acceptance::Refused(Refusal::ForeignDirectory));
    let other_cloud = World::with(|w| w.claims.cloud_host = "https://login.microsoftonline.us".into());
    assert_eq!(other_cloud.sign_in(), Err(Refusal::ForeignDirectory));
}

#[test]
fn j08_a_known_identity_of_somebody_inactive_looks_unknown() {
    let world = World::b();
    let known = identity("oid-1");
    let outcome = |state| sign_in(&world.arrived(), Some((&known, &person(state))), &[]);

    assert!(matches!(outcome(PersonState::Active), Binding::Known { .. }));
    for state in [PersonState::Deactivated, PersonState::Invited] {
        let Binding::Refused(refusal) = outcome(state) else { panic!("{state} signed in") };
        assert_eq!(refusal, Refusal::NotActive);
    }
}

#[test]
fn j10_only_one_plain_address_counts() {
    let bad = [
        "anna@contoso.example@evil.example",
        " anna@contoso.example",
        "anna@contoso.example ",
        "Anna <anna@contoso.example>",
        "anna@contoso.example,anna@evil.example",
        "anna\u{200B}@contoso.example",
    ];
    for text in bad.into_iter().chain([format!("{}@contoso.example", "a".repeat(400)).as_str()]) {
        let world = World::with(|w| {
            w.claims.email = Some(text.to_owned());
            w.claims.preferred_username = Some(text.to_owned());
            w.claims.email_domain_verified = true;
        });
        assert_eq!(world.sign_in(), Err(Refusal::NotConnected), "{text}");
        assert!(world.arrived().addresses().is_empty(), "{text}");
    }
    let capital = World::with(|w| w.claims.preferred_username = Some("Anna@Contoso.Example".into()));
    assert_eq!(capital.sign_in(), Ok("bind"));
}

#[test]
fn h_somebody_bound_to_another_account_of_the_directory_is_not_bound_again() {
    let recreated = World::with(|w| {
        w.candidate.identities = vec![identity("oid-before")];
        w.candidate.person.state = PersonState::Active;
    });
    assert_eq!(recreated.sign_in(), Err(Refusal::BoundElsewhere));
    let unproven = World::with(|w| {
        w.candidate.identities = vec![identity("oid-before")];
        w.claims.preferred_username = Some("mallory@contoso.example".into());
    });
    assert_eq!(unproven.sign_in(), Err(Refusal::NotConnected), "a mail attribute says nothing about who is bound");
}

#[test]
fn an_opened_invitation_is_accepted_asked_about_or_refused() {
    type Change = fn(&mut World);
    let cases: [(&str, Change, Acceptance); 9] = [
        ("mail evidence", |_| {}, Acceptance::Bind),
        ("no pins at all, proven mail", |w| (w.pins, w.claims.email_domain_verified) = (Vec::new(), true), Acceptance::Bind),
        ("no pins at all, user name only", |w| w.pins.clear(), Acceptance::Confirm),
        ("another address", |w| w.claims.preferred_username = Some("a@fabrikam.example".into()), Acceptance::Confirm),
        ("guest", |w| w.claims.guest = true, Acceptance::Confirm),
        (
            "directory of another tenant",
            |w| w.pins = vec![pin("ten_1", "con_2", "contoso.example")],
            Acceptance::Refused(Refusal::NotAllowed),
        ),
        ("for a password", |w| w.candidate.invitations[0].method = InvitationMethod::Password, Acceptance::Refused(Refusal::NotAllowed)),
        ("has an account", |w| w.candidate.person.state = PersonState::Active, Acceptance::Refused(Refusal::HasAccount)),
        ("bound already", |w| w.candidate.identities = vec![identity("before")], Acceptance::Refused(Refusal::BoundElsewhere)),
    ];
    for (case, change, expected) in cases {
        assert_eq!(World::with(change).accept(), expected, "{case}");
    }
    let world = World::b();
    let other = PersonId::from_text("per_other");
    let outcome = accept(&world.arrived(), &world.candidate.invitations[0], &world.candidate, Some(&other));
    assert_eq!(outcome, Acceptance::Refused(Refusal::OfAnotherPerson));
}

#[test]
fn the_age_of_the_sign_in_at_microsoft_is_compared_where_it_matters() {
    let since = NOW.minus(std::time::Duration::from_secs(60));
    let said = |again, max_age, ago: Option<i64>| freshness(&Demand { again, max_age, since }, ago.map(|ago| NOW.seconds() - ago), NOW);
    let cases = [
        (said(false, None, None), Freshness::Fresh),
        (said(false, None, Some(100_000)), Freshness::Fresh),
        (said(true, None, None), Freshness::Unknown),
        (said(true, None, Some(30)), Freshness::Fresh),
        (said(true, None, Some(60 + LEEWAY)), Freshness::Fresh),
        (said(true, None, Some(61 + LEEWAY)), Freshness::Stale),
        (said(false, Some(0), Some(60)), Freshness::Fresh),
        (said(false, Some(600), Some(700)), Freshness::Fresh),
        (said(false, Some(600), Some(601 + LEEWAY)), Freshness::Stale),
        (said(true, Some(600), Some(600)), Freshness::Stale),
        (said(false, Some(i64::MAX), Some(5)), Freshness::Fresh),
    ];
    for (index, (found, expected)) in cases.into_iter().enumerate() {
        assert_eq!(found, expected, "case {index}");
    }
}
