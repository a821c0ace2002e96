//! "Why was a code asked?" for operators: any person, any application, any organisation, by name.
use tenantry::model::{Entitlement, FactorKind, MembershipKind, MfaMode};
use tenantry::service::clients::Preset as Kind;

use super::at_work;
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

async fn look(browser: &mut Browser, person: &Someone, query: &str) {
    browser.goto(format!("/operator/people/{}/why{query}", person.id)).await;
}

fn why(browser: &Browser) -> String {
    browser.page().attr("#because", "data-why")
}

/// Value, and where it comes from as it is read.
fn rule(browser: &Browser, key: &str) -> (String, String) {
    let at = browser.page().attrs("[data-rule]", "data-rule").iter().position(|row| row == key).unwrap_or_else(|| panic!("no row {key}"));
    (browser.page().attrs("[data-rule]", "data-value")[at].clone(), browser.page().texts("[data-source]")[at].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn c19_operators_see_every_rule_in_effect_with_the_organisation_that_it_comes_from() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.mfa_mode = MfaMode::Off).await;
    let globex = t
        .tenant_with("globex", |policy| {
            (policy.mfa_mode, policy.password_min_length) = (MfaMode::Required, 41);
        })
        .await;
    let ben = t.member(&acme, "ben@acme.example").await;
    t.guest(&globex, &ben).await;
    t.party().await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/people/{}", ben.id)).await;

    browser.follow("#person-why").await;

    let mut places = browser.page().texts("#tenant option");
    places.sort();
    assert_eq!(places, ["Acme (N-acme)", "Globex (N-globex)"]);
    for (tenant, reason) in [(&acme, "turned_off"), (&globex, "tenant_demands")] {
        browser.fill("#tenant", tenant.id.as_str()).submit("#why-look").await;
        assert_eq!(why(&browser), reason);
        assert_eq!(rule(&browser, "mfa.mode"), (tenant.policy.mfa_mode.to_string(), tenant.name.clone()));
        assert_eq!(rule(&browser, "password.min_length"), ("41".to_owned(), "Globex".to_owned()), "the strictest of all");
        assert_eq!(browser.page().attr("#tenant option[selected]", "value"), tenant.id.as_str(), "what was chosen stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c21_any_other_organisation_is_typed_by_number_or_short_name() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    t.tenant("globex").await;
    let ben = t.member(&acme, "ben@acme.example").await;
    t.party().await;
    let mut browser = at_work(&t).await;
    for typed in ["N-globex", " globex "] {
        look(&mut browser, &ben, "").await;
        browser.fill("#other", typed).submit("#why-look").await;
        assert_eq!((browser.page().status, why(&browser).as_str()), (200, "not_member"), "{typed}");
        assert_eq!(browser.page().attr("#other", "value"), typed.trim());
    }
    look(&mut browser, &ben, "?tenant=acme").await;
    assert_eq!(why(&browser), "own_factor", "one of the person's own is chosen in the list");
    assert_eq!(browser.page().attr("#other", "value"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_said_and_what_was_typed_stays() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let ben = t.member(&acme, "ben@acme.example").await;
    let (client, _) = t.client(Kind::Web, |_| {}).await;
    let mut browser = at_work(&t).await;
    look(&mut browser, &ben, "").await;

    browser.fill("#other", "no\"where<b>").submit("#why-look").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "tenant"));
    assert_eq!(browser.page().attr("#other", "value"), "no\"where<b>");
    assert!(browser.text("#error").contains("no\"where<b>") && !browser.has("#because"));

    look(&mut browser, &ben, "?client=cli_gone&tenant=acme").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "client"));
    assert!(browser.text("#error").contains("cli_gone") && !browser.has("#because"));

    look(&mut browser, &ben, &format!("?client={}&tenant=acme", client.id)).await;
    assert_eq!(why(&browser), "own_factor");
    for broken in ["?tenant=%FF", "?tenant=a&tenant=b"] {
        look(&mut browser, &ben, broken).await;
        assert_eq!(browser.page().status, 400, "{broken}");
    }
    browser.goto("/operator/people/per_gone/why").await;
    assert_eq!(browser.page().status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_does_not_serve_the_organisation_and_people_without_one_are_told_calmly() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let ben = t.person_with("ben@acme.example", |new| new.second_factor = FactorKind::None).await;
    let mut browser = at_work(&t).await;
    look(&mut browser, &ben, "").await;
    assert!(!browser.has("#why-look") && !browser.has("#because"), "no application");
    let (theirs, _) = t
        .client(Kind::Web, |new| {
            (new.metadata.client_name, new.metadata.entitlement) = ("Atlas".to_owned(), Entitlement::Listed);
            new.tenants = vec![globex.id.clone()];
        })
        .await;
    let (open, _) = t.client(Kind::Web, |_| {}).await;
    look(&mut browser, &ben, "").await;
    assert!(browser.has("#other") && !browser.has("#tenant") && !browser.has("#because"), "nowhere at home");
    t.join(&ben, &acme, MembershipKind::Home).await;

    look(&mut browser, &ben, "").await;
    assert_eq!(browser.page().attr("#client option[selected]", "value"), open.id.as_str(), "the first that serves it");
    assert_eq!(why(&browser), "nothing_demanded");
    browser.fill("#client", theirs.id.as_str()).submit("#why-look").await;
    assert_eq!(why(&browser), "client_not_entitled");
}
