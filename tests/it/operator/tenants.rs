//! Tenants: made, renamed, disabled; and how they show themselves (people.md S50, S51).
use tenantry::model::MembershipKind;

use super::{actions, at_work, signed_in};
use crate::harness::tenantry::Tenantry;

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_is_made_found_and_renamed() {
    let t = Tenantry::start().await;
    let mut browser = at_work(&t).await;
    browser.goto("/operator/tenants").await;
    browser.follow("#tenant-add").await;
    browser.fill("#name", "Northwind Foods GmbH").fill("#number", "100482").fill("#slug", "northwind");
    browser.fill("#preset", "saferpay").submit("#tenant-save").await;

    assert_eq!(browser.text("h1"), "Northwind Foods GmbH");
    assert!(browser.has("#done"));
    let tenant = t.app.store.read(async |r| r.tenant_by_handle("100482").await).await.unwrap().unwrap();
    assert_eq!(tenant.policy.mfa_mode.as_str(), "optional", "the rules of the preset");
    browser.goto("/operator/tenants?q=NORTH").await;
    assert_eq!(browser.page().texts("tbody th a"), ["Northwind Foods GmbH"]);
    browser.goto("/operator/tenants?q=nobody").await;
    assert!(browser.has(".empty"));
    browser.goto(format!("/operator/tenants/{}/edit", tenant.id)).await;
    browser.fill("#slug", "nw").fill("#alias", "Northwind").submit("#tenant-save").await;
    assert!(browser.has("#done"));
    let again = t.app.store.read(async |r| r.tenant_by_handle("northwind").await).await.unwrap().unwrap();
    assert_eq!((again.slug.as_str(), again.alias.as_deref()), ("nw", Some("Northwind")));
    let trail = actions(&t).await;
    assert!(trail.contains(&"tenant.add".to_owned()) && trail.contains(&"tenant.edit".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_tenant_is_named_and_what_was_typed_stays() {
    let t = Tenantry::start().await;
    t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    let cases = [
        ("#number", "N-acme", "number_taken"),
        ("#slug", "acme", "slug_taken"),
        ("#slug", "Ac me", "slug"),
        ("#number", "a b", "number"),
        ("#name", "\u{202E}evil", "name"),
        ("#alias", "\u{200B}", "alias"),
        ("#color", "red", "color"),
    ];

    for (field, value, fault) in cases {
        browser.goto("/operator/tenants/new").await;
        browser.fill("#name", "Other").fill("#number", "7").fill("#slug", "other").fill(field, value).submit("#tenant-save").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, fault));
        assert_eq!(browser.page().attr(field, "value"), value, "what was typed stays");
        assert_eq!(browser.page().attr(field, "aria-invalid"), "true");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_disabling_a_tenant_ends_its_tokens_and_sessions_at_once() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let mut member = t.browser();
    let (_, tokens) = t.log_in(&mut member, &party, &anna, &["openid", "offline_access"]).await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/tenants/{}", acme.id)).await;
    browser.follow("#tenant-disable").await;
    assert!(browser.has(".effects"), "it says what will happen");

    browser.submit("#confirm").await;

    assert!(browser.has("#tenant-enable") && browser.has("#done"));
    assert!(party.userinfo(&tokens.access).await.is_err());
    assert!(party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    member.goto("/account").await;
    assert_eq!(member.path(), "/login", "who belongs nowhere else is signed out");
    browser.follow("#tenant-enable").await;
    browser.submit("#confirm").await;
    assert!(browser.has("#tenant-disable"));
    assert!(party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err(), "nothing comes back");
    let trail = actions(&t).await;
    assert!(trail.contains(&"tenant.disable".to_owned()) && trail.contains(&"tenant.enable".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s50_the_administrator_gives_the_tenant_an_easy_alias_that_everybody_sees() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let globex = t.tenant("globex").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    t.join(&anna, &globex, MembershipKind::Guest).await;
    let mut browser = signed_in(&t, &anna).await;
    browser.goto("/admin/acme/branding").await;

    browser.fill("#alias", "The Acme People").fill("#color", "#1a5fb4").submit("#branding-save").await;

    assert!(browser.has("#done"));
    assert_eq!(browser.text(".bar-name"), "The Acme People", "in the header");
    let party = t.party().await;
    browser.goto(party.authorize(&["openid"], &[]).url.as_str()).await;
    assert!(browser.page().texts(".choice-name").contains(&"The Acme People".to_owned()), "where one chooses");
    let tenant = t.app.store.read(async |r| r.tenant(&acme.id).await).await.unwrap().unwrap();
    assert_eq!((tenant.name.as_str(), tenant.number.as_str()), ("Acme", "N-acme"), "the operator's own fields stay");
    assert_eq!(tenant.color.as_deref(), Some("#1a5fb4"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s50_the_name_and_number_cannot_be_changed_by_tampering_with_the_form() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;
    browser.goto("/admin/acme/branding").await;
    let mut form = browser.form("#branding-save");
    for (name, value) in &mut form.fields {
        if name == "number" || name == "name" {
            *value = "stolen".to_owned();
        }
    }

    browser.send(form).await;

    let tenant = t.app.store.read(async |r| r.tenant(&acme.id).await).await.unwrap().unwrap();
    assert_eq!((tenant.name.as_str(), tenant.number.as_str()), ("Acme", "N-acme"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s51_the_alias_is_brought_up_by_itself_once_people_belong_to_several() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let anna = t.admin(&acme, "anna@acme.example").await;
    let ben = t.member(&acme, "ben@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;
    browser.goto("/admin/acme/branding").await;
    assert!(!browser.has("#shared"));

    t.guest(&globex, &ben).await;

    browser.goto("/admin/acme/branding").await;
    assert!(browser.has("#shared"));
}

#[tokio::test(flavor = "multi_thread")]
async fn l05_a_display_name_cannot_hide_its_direction_or_carry_markup() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;

    for (alias, status) in [("\u{202E}moc.live", 422), ("<b onclick=alert(1)>Acme</b>", 200), (&"x".repeat(5000), 422)] {
        browser.goto("/admin/acme/branding").await;
        let mut form = browser.form("#branding-save");
        form.fields.iter_mut().find(|(name, _)| name == "alias").unwrap().1 = alias.to_owned();
        browser.send(form).await;
        assert_eq!(browser.page().status, status, "{}", &alias[..10]);
        assert!(!browser.has("b[onclick]"));
    }
}
