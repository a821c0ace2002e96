//! Two at once: nobody's change vanishes without a word. And what opens much is stored only soon after a sign-in.
use std::time::Duration;

use tenantry::model::{ApiSettings, MembershipKind};
use tenantry::service::apis;

use super::{at_work, olga, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;

/// Opens a page in two browsers, changes a field in each, and sends both: what the second one sees.
async fn race(one: &mut Browser, other: &mut Browser, page: &str, (field, button): (&str, &str), values: (&str, &str)) {
    one.goto(page).await;
    other.goto(page).await;
    one.fill(field, values.0).submit(button).await;
    assert!(one.has("#done"), "{page}: {}", one.page());
    other.fill(field, values.1).submit(button).await;
    assert_eq!((other.page().status, other.page().attr("#error", "data-kind").as_str()), (422, "meanwhile"), "{page}");
    assert_eq!(other.page().attr(field, "value"), values.1, "what was typed stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slower_of_two_is_told_and_nothing_vanishes() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let party = t.party().await;
    let settings = ApiSettings { name: "Payments".to_owned(), ..ApiSettings::default() };
    apis::add(&t.change(), "https://pay.example".to_owned(), settings).await.unwrap();
    let api = t.app.store.read(async |r| r.apis().await).await.unwrap().pop().unwrap();
    t.app.refresh().await.unwrap();
    let olga = olga(&t).await;
    let (mut one, mut other) = (signed_in(&t, &olga).await, signed_in(&t, &olga).await);

    for (page, button) in [
        (format!("/operator/clients/{}/edit", party.client_id), "#client-save"),
        (format!("/operator/apis/{}", api.id), "#api-save"),
        (format!("/operator/tenants/{}/edit", acme.id), "#tenant-save"),
    ] {
        race(&mut one, &mut other, &page, ("#name", button), ("First", "Second")).await;
        other.submit(button).await;
        assert!(other.has("#done"), "sent again, on purpose: {}", other.page());
    }
    let tenant = t.app.store.read(async |r| r.tenant(&acme.id).await).await.unwrap().unwrap();
    assert_eq!(tenant.name, "Second");
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_who_change_the_appearance_at_once_hear_of_each_other() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let (anna, bea) = (t.admin(&acme, "anna@acme.example").await, t.admin(&acme, "bea@acme.example").await);
    let group = t.group(&acme, "Payments", &[]).await;
    let (mut one, mut other) = (signed_in(&t, &anna).await, signed_in(&t, &bea).await);

    race(&mut one, &mut other, "/admin/acme/branding", ("#alias", "#branding-save"), ("Acme One", "Acme Two")).await;
    let group = format!("/admin/acme/groups/{}", group.id);
    race(&mut one, &mut other, &group, ("#name", "#group-save"), ("Paying", "Payers")).await;

    one.goto("/admin/acme/branding").await;
    assert_eq!(one.page().attr("#alias", "value"), "Acme One");
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_a_claims_table_are_added_side_by_side() {
    let t = Tenantry::start().await;
    let party = t.party().await;
    let olga = olga(&t).await;
    let (mut one, mut other) = (signed_in(&t, &olga).await, signed_in(&t, &olga).await);
    let page = format!("/operator/clients/{}/claims", party.client_id);
    for browser in [&mut one, &mut other] {
        browser.goto(&page).await;
    }

    one.fill("#claim-name", "number").fill("#value", "tenant_number").submit("#claim-add").await;
    other.fill("#claim-name", "kind").fill("#value", "membership_kind").submit("#claim-add").await;

    assert!(one.has("#done") && other.has("#done"), "{}", other.page());
    assert_eq!(other.page().texts("tbody code"), ["number", "kind"]);
    one.goto(&page).await;
    one.submit("#claim-remove-0").await;
    other.submit("#claim-remove-0").await;
    assert_eq!(other.page().attr("#error", "data-kind"), "meanwhile", "another rule stands there now");
    assert_eq!(one.page().texts("tbody code"), ["kind"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_what_opens_much_is_stored_only_soon_after_a_sign_in() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let party = t.party().await;
    let mut browser = at_work(&t).await;
    let claims = format!("/operator/clients/{}/claims", party.client_id);
    let edit = format!("/operator/tenants/{}/edit", acme.id);

    t.later(Duration::from_secs(20 * 60));
    for (page, button) in [
        (claims.as_str(), "#claim-add"),
        ("/operator/apis/new", "#api-save"),
        ("/operator/tenants/new", "#tenant-save"),
        (&edit, "#tenant-save"),
    ] {
        browser.goto(page).await;
        assert_eq!(browser.path(), page);
        browser.submit(button).await;
        assert_eq!(browser.path(), "/login", "{page}");
    }
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;
    t.later(Duration::from_secs(20 * 60));
    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").tick("#admin");
    browser.submit("#person-create").await;
    assert_eq!(browser.path(), "/login");
    t.sign_in(&mut browser, &anna).await;
    assert_eq!(browser.path(), "/admin/acme/people/new");
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_an_invited_stranger_is_found_by_the_address_alone_until_accepting() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let elsewhere = t.tenant("elsewhere").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let zoe = t.person_with("z9@elsewhere.example", |new| new.first_name = "Zoe".to_owned()).await;
    t.join(&zoe, &elsewhere, MembershipKind::Home).await;
    t.join_with(&zoe, &acme, MembershipKind::Guest, |new| new.state = tenantry::model::MembershipState::Invited).await;
    let mut browser = signed_in(&t, &anna).await;

    for (query, found) in [
        ("q=zoe", 0),
        ("q=z9%40elsewhere", 1),
        ("factor=none", 0),
        ("factor=email", 1),
        ("status=deactivated", 0),
        ("status=not_invited", 1),
    ] {
        browser.goto(format!("/admin/acme/people?{query}")).await;
        let names = browser.page().texts(".list tbody th a");
        assert!(names.iter().all(|name| !name.contains("Zoe")), "{query}: {names:?}");
        assert_eq!(names.len(), found, "{query}: {names:?}");
    }
    browser.goto(format!("/admin/acme/people/{}/invite", zoe.id)).await;
    browser.submit("#invite-send").await;
    browser.goto("/admin/acme/audit").await;
    assert!(!browser.text("main").contains("Zoe"), "{}", browser.text("main"));
    browser.goto(format!("/admin/acme/people/{}/disable", zoe.id)).await;
    browser.submit("#confirm").await;
    browser.goto("/admin/acme/people?status=deactivated").await;
    assert_eq!(browser.page().texts(".list tbody th a"), ["z9@elsewhere.example"], "not by disabling the invitation either");
}
