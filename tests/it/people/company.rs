//! The company ID on the sign-in page, and user names beside an address (people.md P11, P13, C7).
use tenantry::model::{ConsentMode, Entitlement, IdentifierMode, Tenant};
use tenantry::policy::presets::Preset;
use tenantry::service::clients::Preset as Kind;
use tenantry::service::people::NewUsername;

use crate::harness::browser::Browser;
use crate::harness::relying_party::RelyingParty;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};
use crate::rights::doors::signed_in;

async fn company(t: &Tenantry, slug: &str, mode: IdentifierMode) -> Tenant {
    t.tenant_with(slug, |policy| policy.identifier_mode = mode).await
}

/// An application for the people of these tenants alone.
async fn application(t: &Tenantry, tenants: &[&Tenant]) -> RelyingParty {
    let tenants: Vec<_> = tenants.iter().map(|tenant| tenant.id.clone()).collect();
    t.party_of(Kind::Web, |new| {
        new.metadata.consent = ConsentMode::Implicit;
        new.metadata.entitlement = Entitlement::Listed;
        new.tenants = tenants;
    })
    .await
}

async fn named(t: &Tenantry, tenant: &Tenant, name: &str) -> Someone {
    let username = NewUsername { tenant: tenant.id.clone(), name: Some(name.to_owned()) };
    let email = format!("{name}@{}.example", tenant.slug);
    let someone = t.person_with(&email, |new| new.username = Some(username)).await;
    t.join(&someone, tenant, tenantry::model::MembershipKind::Home).await;
    someone
}

async fn at_login(t: &Tenantry, party: &RelyingParty, extra: &[(&str, &str)]) -> Browser {
    let mut browser = t.browser();
    browser.goto(party.authorize(&["openid"], extra).url.as_str()).await;
    assert_eq!(browser.path(), "/login");
    browser
}

fn label(browser: &Browser) -> String {
    browser.text("label[for=identifier]")
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_the_company_is_asked_for_where_the_application_says_so() {
    let t = Tenantry::start().await;
    let acme = company(&t, "acme", IdentifierMode::Username).await;
    let globex = company(&t, "globex", IdentifierMode::Email).await;
    let initech = company(&t, "initech", IdentifierMode::Both).await;
    let (all, emails) = (t.party().await, application(&t, &[&globex]).await);
    let (names, both) = (application(&t, &[&acme]).await, application(&t, &[&acme, &initech]).await);

    let by_name = at_login(&t, &names, &[]).await;
    assert!(by_name.has("#company[required]") && !by_name.has("#login-company"));
    assert_eq!((label(&by_name).as_str(), by_name.text("label[for=company]").as_str()), ("User name", "Company ID"));
    let either = at_login(&t, &both, &[]).await;
    assert!(either.has("#company") && !either.has("#company[required]"));
    assert_eq!(label(&either), "E-mail address or user name");
    let by_email = at_login(&t, &emails, &[]).await;
    assert!(!by_email.has("#company") && !by_email.has("#login-company"), "nobody there has one");
    let mut mixed = at_login(&t, &all, &[]).await;
    assert!(!mixed.has("#company"), "most people have none");
    mixed.follow("#login-company").await;
    assert!(mixed.has("#company") && !mixed.has("#login-company"));
    for (hint, called) in [("acme", "User name"), ("N-initech", "E-mail address or user name"), ("globex", "E-mail address")] {
        let told = at_login(&t, &all, &[("tenant", hint)]).await;
        assert!(!told.has("#company") && !told.has("#login-company"), "{hint}: the company is known");
        assert_eq!(label(&told), called, "{hint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_p13_what_was_typed_stays_and_nobody_learns_which_part_was_wrong() {
    let t = Tenantry::start().await;
    let (acme, globex) = (company(&t, "acme", IdentifierMode::Username).await, company(&t, "globex", IdentifierMode::Username).await);
    named(&t, &acme, "clerk").await;
    let party = application(&t, &[&acme, &globex]).await;
    let mut browser = at_login(&t, &party, &[]).await;
    let mut answers = Vec::new();

    for (company, name, password) in
        [("nowhere", "clerk", PASSWORD), ("N-globex", "clerk", PASSWORD), ("N-acme", "nobody", PASSWORD), ("N-acme", "clerk", "wrong")]
    {
        browser.fill("#company", company).fill("#identifier", name).fill("#password", password).submit("#login-submit").await;
        assert_eq!((browser.page().attr("#company", "value"), browser.page().attr("#identifier", "value")), (company.into(), name.into()));
        assert!(!browser.has("#password[value]"), "a password is never shown again");
        answers.push((browser.page().status, browser.text("#error")));
    }
    browser.fill("#company", " n-acme ").fill("#identifier", "Clerk").fill("#password", "wrong").submit("#login-submit").await;
    answers.push((browser.page().status, browser.text("#error")));
    browser.fill("#company", "acme").fill("#identifier", " Clerk ").fill("#password", PASSWORD).submit("#login-submit").await;

    assert_eq!(answers[0].0, 401);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert!(browser.left().is_some() || browser.path() == "/login/code", "{}", browser.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn p13_the_company_id_decides_whose_user_name_it_is() {
    let t = Tenantry::start().await;
    let mut clerks = Vec::new();
    for slug in ["acme", "globex"] {
        let tenant = t.tenant_with(slug, |policy| *policy = Preset::Promio.policy()).await;
        let clerk = named(&t, &tenant, "clerk").await;
        clerks.push((tenant, clerk));
    }
    let party = application(&t, &[&clerks[0].0, &clerks[1].0]).await;

    for (tenant, clerk) in &clerks {
        let request = party.authorize(&["openid", "tenant"], &[]);
        let mut browser = t.browser();
        browser.goto(request.url.as_str()).await;
        browser.fill("#company", &tenant.number).fill("#identifier", "clerk").fill("#password", PASSWORD).submit("#login-submit").await;
        let code = t.mailbox.code(&clerk.email).await;
        browser.fill("#code", &code).submit("#code-submit").await;
        let tokens = party.exchange(&request, &party.landed(&request, browser.landing()).code()).await.unwrap();
        assert_eq!(
            (tokens.claims["sub"].as_str(), tokens.claims["tenant"].as_str()),
            (Some(clerk.id.as_str()), Some(tenant.slug.as_str()))
        );
    }
    assert_ne!(clerks[0].1.id, clerks[1].1.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_somebody_with_an_address_gets_a_user_name_where_people_sign_in_by_it() {
    let t = Tenantry::start().await;
    let mut anna = None;
    for (slug, preset, kept) in [("acme", Preset::Promio, true), ("globex", Preset::Konfipay, false)] {
        let tenant = t.tenant_with(slug, |policy| *policy = preset.policy()).await;
        let admin = t.admin(&tenant, &format!("anna@{slug}.example")).await;
        let mut office = signed_in(&t, &admin).await;
        anna.get_or_insert(admin);
        let address = format!("bo@{slug}.example");
        office.goto(format!("/admin/{slug}/people/new")).await;
        office.fill("#email", &address).fill("#first-name", "Bo").fill("#last-name", "Berg").fill("#username", "bo.berg");
        office.submit("#person-create").await;

        let person = t.app.store.read(async |r| r.person_by_email(&tenantry::model::Email::parse(&address).unwrap()).await).await.unwrap();
        let name = person.unwrap().username.map(|name| name.as_str().to_owned());
        assert_eq!(name.as_deref(), Some("bo.berg").filter(|_| kept), "{slug}");
    }
    let anna = anna.expect("Acme was first");
    let mut office = signed_in(&t, &anna).await;
    office.goto("/admin/acme/people/new").await;
    office.fill("#email", "bea@acme.example").fill("#first-name", "Bea").fill("#last-name", "Berg").fill("#username", "bo.berg");
    office.submit("#person-create").await;
    assert_eq!(office.page().status, 422);
    assert!(office.has("#username-error"), "p13: once per company");
    let globex = t.app.registered().tenants.values().find(|tenant| tenant.slug == "globex").unwrap().clone();
    named(&t, &globex, "bo.berg").await;
}
