//! What each place tells with which scopes.
use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::model::{
    Amr, Email, FactorKind, Locale, Lockout, MembershipId, MembershipState, Permission, PersonId, PersonState, TenantPolicy, TenantState,
};
use crate::protocol::testing::{NOW, client};

struct World {
    person: Person,
    tenant: Tenant,
    membership: Membership,
    details: MembershipDetails,
    proof: Proof,
    session: SessionId,
}

fn house(id: &TenantId) -> Tenant {
    Tenant {
        id: id.clone(),
        number: "4711".into(),
        slug: "acme".into(),
        name: "Acme Ltd".into(),
        alias: Some("Acme".into()),
        color: None,
        logo: None,
        sender_name: None,
        contact: None,
        greeting: None,
        state: TenantState::Active,
        policy: TenantPolicy::default(),
        created_at: NOW,
    }
}

fn world() -> World {
    let (person, tenant) = (PersonId::from_text("per_1"), TenantId::from_text("ten_1"));
    World {
        person: Person {
            id: person.clone(),
            email: Email::parse("anna@acme.test"),
            username: None,
            email_verified: true,
            first_name: "Anna".into(),
            last_name: String::new(),
            locale: Locale::De,
            profile: crate::model::Profile::default(),
            state: PersonState::Active,
            disabled_by_operator: false,
            operator: false,
            second_factor: FactorKind::Email,
            has_password: true,
            password_set_at: None,
            lockout: Lockout::default(),
            last_login_at: None,
            created_at: NOW,
            updated_at: NOW,
        },
        tenant: house(&tenant),
        membership: Membership {
            id: MembershipId::from_text("mem_1"),
            person,
            tenant,
            kind: MembershipKind::Guest,
            state: MembershipState::Active,
            admin: false,
            api_access: false,
            limited_to_locations: true,
            last_used_at: None,
            woken_at: None,
            accepted: true,
            created_at: NOW,
        },
        details: MembershipDetails {
            groups: vec!["Sales".into()],
            permissions: vec![
                Permission { name: "orders.read".into(), requires_2fa: false },
                Permission { name: "orders.pay".into(), requires_2fa: true },
            ],
            locations: vec!["loc_1".into()],
        },
        proof: Proof { amr: BTreeSet::from([Amr::Pwd, Amr::Email]), signed_in_at: Some(NOW), ..Proof::default() },
        session: SessionId::from_text("ses_1"),
    }
}

fn with<T>(world: &World, scope: &str, look: impl FnOnce(&Frame<'_>, &Subject<'_>) -> T) -> T {
    with_terms(world, &client(), scope, &GrantTerms::default(), look)
}

fn frame<'a>(client: &'a Client, scopes: &'a Scopes) -> Frame<'a> {
    Frame {
        issuer: "https://id.test",
        client,
        scopes,
        audience: &[],
        with_userinfo: true,
        details: &[],
        now: NOW,
        expires_at: NOW.plus(Duration::from_secs(300)),
    }
}

fn with_terms<T>(world: &World, client: &Client, scope: &str, terms: &GrantTerms, look: impl FnOnce(&Frame<'_>, &Subject<'_>) -> T) -> T {
    let (scopes, home) = (Scopes::parse(scope), TenantId::from_text("ten_home"));
    let frame = frame(client, &scopes);
    let subject = Subject {
        person: &world.person,
        tenant: &world.tenant,
        membership: &world.membership,
        details: &world.details,
        home_tenant: Some(&home),
        proof: &world.proof,
        session: Some(&world.session),
        sub: "per_1",
        terms,
    };
    look(&frame, &subject)
}

const ALL: &str = "openid profile email offline_access tenant groups permissions locations";

/// An access token is issued too.
fn beside() -> Hashes {
    Hashes { at: Some("h".into()), c: None }
}

#[test]
fn an_id_token_alone_tells_what_its_scopes_ask_for() {
    let alone = with(&world(), "openid email", |frame, subject| id_token(frame, subject, Some("n"), &Hashes::default()));
    let hybrid = Hashes { at: None, c: Some("c".into()) };
    let with_code = with(&world(), "openid email", |frame, subject| id_token(frame, subject, Some("n"), &hybrid));

    assert!(alone.contains_key("email") && !alone.contains_key("at_hash") && !alone.contains_key("c_hash"));
    assert_eq!(with_code.get("c_hash"), Some(&json!("c")));
    assert!(!with_code.contains_key("email"));
}

#[test]
fn openid_alone_releases_nothing_about_tenant_or_person() {
    let claims = with(&world(), "openid", |frame, subject| id_token(frame, subject, Some("n"), &beside()));

    let expected = json!({
        "iss": "https://id.test", "sub": "per_1", "aud": "cli_1", "exp": 1_800_000_300, "iat": 1_800_000_000, "nonce": "n",
        "at_hash": "h", "acr": "urn:tenantry:acr:email", "amr": ["email", "pwd"], "auth_time": 1_800_000_000, "sid": "ses_1",
    });
    assert_eq!(Value::Object(claims), expected);
    assert_eq!(with(&world(), "openid", |f, s| Value::Object(userinfo(s, f.client, f.scopes))), json!({ "sub": "per_1" }));
}

#[test]
fn tenant_claims_are_in_all_three_places_and_scope_claims_in_userinfo_alone() {
    let tenant = json!({
        "tenant_id": "ten_1", "tenant": "acme", "tenant_name": "Acme", "guest": true, "home_tenant_id": "ten_home",
        "groups": ["Sales"], "permissions": ["orders.read"], "locations": ["loc_1"],
    });
    let everything = [
        with(&world(), ALL, |f, s| id_token(f, s, None, &beside())),
        with(&world(), ALL, |f, s| access_token(f, s, &TokenId::from_text("tok_1"))),
        with(&world(), ALL, |f, s| userinfo(s, f.client, f.scopes)),
    ];

    for claims in &everything {
        for (name, value) in tenant.as_object().expect("an object") {
            assert_eq!(claims.get(name), Some(value), "{name}");
        }
    }
    assert!(!everything[0].contains_key("email") && !everything[1].contains_key("name"));
    assert_eq!(everything[2].get("email_verified"), Some(&json!(true)));
    assert_eq!(everything[2].get("updated_at"), Some(&json!(1_800_000_000)));
    assert!(!everything[2].contains_key("family_name"), "empty members are left out");
}

#[test]
fn permissions_that_need_a_second_factor_wait_for_one() {
    let mut strong = world();
    strong.proof.amr.insert(Amr::Otp);

    let claims = with(&strong, "openid permissions", |f, s| userinfo(s, f.client, f.scopes));

    assert_eq!(claims.get("permissions"), Some(&json!(["orders.read", "orders.pay"])));
}

#[test]
fn absent_locations_never_mean_all() {
    let mut everywhere = world();
    everywhere.membership.limited_to_locations = false;
    let mut nowhere = world();
    nowhere.details.locations.clear();

    let all = with(&everywhere, "locations", |f, s| userinfo(s, f.client, f.scopes));
    let none = with(&nowhere, "locations", |f, s| userinfo(s, f.client, f.scopes));

    assert_eq!((all.get("locations_all"), all.get("locations")), (Some(&json!(true)), None));
    assert_eq!((none.get("locations_all"), none.get("locations")), (None, None));
}

#[test]
fn s46_functions_that_the_tenant_exempts_know_no_limits_of_locations_and_nothing_else_does() {
    let mut world = world();
    world.tenant.policy.locations_exempt_scopes = ["batch".to_owned()].into();
    world.membership.limited_to_locations = true;
    let told = |scopes: &str| with(&world, scopes, |f, s| access_token(f, s, &TokenId::from_text("tok_1")));

    let batch = told("openid locations batch");
    let both = told("openid locations batch refund");
    let none = told("openid locations");

    assert_eq!((batch.get("locations_all"), batch.get("locations")), (Some(&json!(true)), None));
    assert_eq!(both.get("locations_all"), None, "a token that is good for more stays limited");
    assert_eq!(none.get("locations_all"), None);
}

#[test]
fn b31_a_clients_own_token_names_the_client_as_its_subject() {
    let claims = with(&world(), "api", |frame, _| client_access_token(frame, &TokenId::from_text("tok_1")));

    let expected = json!({
        "iss": "https://id.test", "sub": "cli_1", "aud": "https://id.test", "exp": 1_800_000_300, "iat": 1_800_000_000,
        "client_id": "cli_1", "jti": "tok_1", "scope": "api",
    });
    assert_eq!(Value::Object(claims), expected);
}

#[test]
fn the_audience_names_resource_servers_and_userinfo() {
    let client = client();
    let audience = ["https://api.test".to_owned()];
    let aud = |scope: &str| {
        let scopes = Scopes::parse(scope);
        let frame = Frame { audience: &audience, with_userinfo: scope == "openid", ..frame(&client, &scopes) };
        client_access_token(&frame, &TokenId::from_text("tok_1"))
    };

    assert_eq!(aud("api").get("aud"), Some(&json!("https://api.test")));
    assert_eq!(aud("openid").get("aud"), Some(&json!(["https://api.test", "https://id.test"])));
    assert!(names_audience(&aud("openid"), "https://id.test") && !names_audience(&aud("api"), "https://id.test"));
    assert_eq!(client_of(&aud("api")), Some(client.id.clone()));
}

#[test]
fn the_metadata_lists_every_claim_and_scope_once() {
    let (claims, scopes) = (supported(), scopes_supported());

    assert_eq!(claims.iter().collect::<BTreeSet<_>>().len(), claims.len());
    assert_eq!(
        scopes,
        ["openid", "offline_access", "profile", "email", "address", "phone", "tenant", "groups", "permissions", "locations"]
    );
    assert!(is_about_person("groups") && is_about_person("openid") && !is_about_person("api"));
}

/// What a place tells when these claims were asked for by name, with the scope `openid` alone.
fn named(client: &Client, id_token_claims: &[&str], userinfo_claims: &[&str]) -> (Claims, Claims) {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let terms = GrantTerms { id_token_claims: own(id_token_claims), userinfo_claims: own(userinfo_claims), ..GrantTerms::default() };
    with_terms(&world(), client, "openid", &terms, |f, s| (id_token(f, s, None, &beside()), userinfo(s, f.client, f.scopes)))
}

#[test]
fn claims_are_told_where_they_were_asked_for_by_name() {
    let (id_token, userinfo) = named(&client(), &["email", "groups"], &["name"]);

    assert_eq!((id_token.get("email"), id_token.get("groups")), (Some(&json!("anna@acme.test")), Some(&json!(["Sales"]))));
    assert_eq!((id_token.get("name"), userinfo.get("name"), userinfo.get("email")), (None, Some(&json!("Anna")), None));
    assert_eq!(userinfo.get("groups"), Some(&json!(["Sales"])), "where the token points if it gets too large");
}

#[test]
fn a_claim_by_name_needs_a_client_that_may_have_its_scope() {
    let mut poor = client();
    poor.metadata.scopes = vec!["openid".into()];

    let (id_token, userinfo) = named(&poor, &["email", "groups"], &["name", "groups"]);

    for name in ["email", "groups", "name"] {
        assert!(!id_token.contains_key(name) && !userinfo.contains_key(name), "{name}");
    }
}

#[test]
fn every_profile_claim_address_and_phone_have_their_types_and_empty_ones_are_left_out() {
    let mut full = world();
    full.person.profile = serde_json::from_value(json!({
        "middle_name": "M", "nickname": "N", "preferred_username": "anna", "profile": "https://a.test/", "picture": "https://a.test/p",
        "website": "https://a.test/w", "gender": "female", "birthdate": "1984-02-29", "zoneinfo": "Europe/Berlin",
        "phone_number": "+49 30 1", "address": { "locality": "Berlin", "country": "DE" },
    }))
    .expect("a profile");
    full.person.last_name = "Arndt".into();

    let told = with(&full, "profile address phone", |f, s| userinfo(s, f.client, f.scopes));
    let empty = with(&world(), "profile address phone", |f, s| userinfo(s, f.client, f.scopes));

    let profile = [
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ];
    assert!(profile.iter().all(|name| told.contains_key(*name)), "{told:?}");
    assert_eq!(told.get("address"), Some(&json!({ "locality": "Berlin", "country": "DE" })));
    assert_eq!((told.get("phone_number"), told.get("phone_number_verified")), (Some(&json!("+49 30 1")), Some(&json!(false))));
    for name in ["address", "phone_number", "phone_number_verified", "nickname", "birthdate"] {
        assert!(!empty.contains_key(name), "{name}");
    }
}

#[test]
fn the_claims_table_tells_filtered_groups_facts_and_constants_where_it_says() {
    let mut client = client();
    client.metadata.claims = serde_json::from_value(json!([
        { "name": "roles", "source": { "from": "groups" }, "filter": "Sa*", "targets": ["id_token", "access_token"] },
        { "name": "none", "source": { "from": "groups" }, "filter": "x*", "targets": ["id_token"] },
        { "name": "customer", "source": { "from": "fact", "name": "tenant_number" }, "targets": ["id_token"] },
        { "name": "stage", "source": { "from": "constant", "value": "test" }, "targets": ["userinfo"] },
        { "name": "may", "source": { "from": "permissions" }, "targets": ["access_token"] },
    ]))
    .expect("a table");

    let (id, access, info) = with_terms(&world(), &client, "openid", &GrantTerms::default(), |f, s| {
        (id_token(f, s, None, &beside()), access_token(f, s, &TokenId::from_text("tok_1")), userinfo(s, f.client, f.scopes))
    });

    assert_eq!((id.get("roles"), id.get("customer"), id.get("none")), (Some(&json!(["Sales"])), Some(&json!("4711")), None));
    assert_eq!((access.get("roles"), access.get("may")), (Some(&json!(["Sales"])), Some(&json!(["orders.read"]))));
    assert_eq!((info.get("stage"), info.get("customer"), id.get("stage")), (Some(&json!("test")), None, None));
}
