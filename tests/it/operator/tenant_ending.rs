//! Tenants that end for good (people.md C12, security.md I07).
use std::time::Duration;

use tenantry::model::{MembershipState, PersonState, Tenant};
use tenantry::service::everybody::erasing;
use tenantry::service::tenant_ending::carry_out;

use super::people::person;
use super::{actions, at_work, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;

const DAY: Duration = Duration::from_secs(86_400);

async fn end(browser: &mut Browser, tenant: &Tenant) {
    for step in ["disable", "erase"] {
        browser.goto(format!("/operator/tenants/{}", tenant.id)).await;
        browser.follow(&format!("#tenant-{step}")).await;
        if step == "erase" {
            browser.fill("#typed", &tenant.slug);
        }
        browser.submit("#confirm").await;
        assert!(browser.has("#done"), "{}", browser.page().body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i07_a_new_tenant_of_the_same_handle_is_another_and_what_was_granted_is_dead() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.user_retention_days = 2).await;
    let globex = t.tenant("globex").await;
    let (anna, ben) = (t.admin(&acme, "anna@acme.example").await, t.member(&globex, "ben@globex.example").await);
    t.guest(&acme, &ben).await;
    let party = t.party().await;
    let mut member = t.browser();
    let (_, tokens) = t.log_in(&mut member, &party, &anna, &["openid", "offline_access"]).await;
    let mut browser = at_work(&t).await;

    end(&mut browser, &acme).await;

    assert_eq!(browser.page().texts("tbody th a"), ["Globex"]);
    browser.goto(format!("/operator/tenants/{}", acme.id)).await;
    assert_eq!(browser.page().status, 404);
    let again = t.tenant("acme").await;
    assert_ne!(again.id, acme.id, "number and short name are free, the id is another");
    carry_out(&t.app).await.unwrap();
    assert!(party.userinfo(&tokens.access).await.is_err() && party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    member.goto("/admin/acme").await;
    assert_eq!(member.path(), "/login", "who belongs nowhere else is out");
    let (old_anna, old_ben) = (person(&t, &anna.id).await, person(&t, &ben.id).await);
    assert_eq!((old_anna.state, old_ben.state), (PersonState::Deactivated, PersonState::Active));
    for someone in [&anna, &ben] {
        let there = t.app.store.read(async |r| r.membership(&someone.id, &acme.id).await).await.unwrap().unwrap();
        assert_eq!(there.state, MembershipState::Left);
        assert!(t.app.store.read(async |r| r.membership(&someone.id, &again.id).await).await.unwrap().is_none());
    }
    signed_in(&t, &ben).await;
    t.later(DAY * 3);
    erasing::carry_out(&t.app).await.unwrap();
    assert_eq!(person(&t, &anna.id).await.email, None, "erased after the tenant's days");
    assert!(person(&t, &ben.id).await.email.is_some());
    let trail = actions(&t).await;
    assert!(trail.contains(&"tenant.erase_order".to_owned()) && trail.contains(&"tenant.erase".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_a_tenant_is_erased_only_when_it_is_disabled_and_its_name_was_typed() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    t.admin(&acme, "anna@acme.example").await;
    let mut browser = at_work(&t).await;

    for (typed, kind) in [("acm", "differs"), ("acme", "active")] {
        browser.goto(format!("/operator/tenants/{}/erase", acme.id)).await;
        browser.fill("#typed", typed).submit("#confirm").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, kind));
        assert_eq!(browser.page().attr("#typed", "value"), typed, "what was typed stays");
    }
    assert_eq!(t.app.store.read(async |r| r.tenants().await).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_operators_outlive_every_tenant() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.user_retention_days = 0).await;
    let root = t.person_with("root@ops.example", |new| new.operator = true).await;
    t.join(&root, &acme, tenantry::model::MembershipKind::Home).await;
    let mut browser = at_work(&t).await;

    end(&mut browser, &acme).await;
    carry_out(&t.app).await.unwrap();
    erasing::carry_out(&t.app).await.unwrap();

    assert_eq!(person(&t, &root.id).await.state, PersonState::Active);
}
