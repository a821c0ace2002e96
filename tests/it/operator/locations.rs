//! Locations that operators arrange, where the rules of a tenant leave them to them (people.md S43).
use tenantry::policy::presets::Preset;
use tenantry::store::AuditFilter;

use super::{olga, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;

/// Names in the list.
fn names(browser: &Browser) -> Vec<String> {
    browser.page().texts(".list tbody th")
}

#[tokio::test(flavor = "multi_thread")]
async fn s43_operators_make_change_and_delete_the_locations_of_a_merchant() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| *policy = Preset::Saferpay.policy()).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let operator = olga(&t).await;
    let mut browser = signed_in(&t, &operator).await;
    browser.goto(format!("/operator/tenants/{}", acme.id)).await;
    browser.follow("#tenant-locations").await;
    assert!(names(&browser).is_empty());

    browser.follow("#location-new").await;
    browser.fill("#name", "B\u{202e}ern").fill("#website", "bern.example").submit("#location-save").await;
    assert_eq!((browser.page().status, browser.page().attr("#website", "value").as_str()), (422, "bern.example"), "typed stays");
    browser.fill("#name", "Bern").submit("#location-save").await;
    assert!(browser.has("#done"), "{}", browser.page());
    assert_eq!(names(&browser), ["Bern"]);
    let mut merchant = signed_in(&t, &anna).await;
    merchant.goto("/admin/acme/locations").await;
    assert_eq!(names(&merchant), ["Bern"]);
    assert!(!merchant.has("#location-new"), "the merchant sees them alone");

    browser.follow(".list tbody th a").await;
    browser.fill("#name", "Bern West").submit("#location-save").await;
    assert_eq!(names(&browser), ["Bern West"]);
    browser.follow(".list tbody th a").await;
    browser.follow("#location-delete").await;
    browser.submit("#confirm").await;
    assert!(names(&browser).is_empty(), "{}", browser.page());

    let filter = AuditFilter { tenant: acme.id.clone(), who: String::new(), kind: String::new(), until: None };
    let log = t.app.store.read(async |r| r.audit_of_tenant(&filter, None, 100).await).await.unwrap();
    let mut told: Vec<_> = log.iter().map(|row| row.action.as_str()).filter(|action| action.starts_with("location.")).collect();
    told.sort_unstable();
    assert_eq!(told, ["location.change", "location.create", "location.delete"], "each stands in the tenant's log");
}

#[tokio::test(flavor = "multi_thread")]
async fn s43_where_the_tenant_arranges_them_itself_operators_only_look_and_nowhere_else_is_there_a_page() {
    let t = Tenantry::start().await;
    let own = t.tenant_with("own", |policy| policy.locations_enabled = true).await;
    let none = t.tenant_with("none", |policy| policy.locations_enabled = false).await;
    let merchant = t.tenant_with("merchant", |policy| *policy = Preset::Saferpay.policy()).await;
    let operator = olga(&t).await;
    let mut browser = signed_in(&t, &operator).await;
    browser.goto(format!("/operator/tenants/{}/locations/new", merchant.id)).await;
    let mut form = browser.form("#location-save");
    form.fields.iter_mut().find(|(name, _)| name == "name").unwrap().1 = "Bern".to_owned();

    browser.goto(format!("/operator/tenants/{}/locations", own.id)).await;
    assert_eq!(browser.page().status, 200);
    assert!(!browser.has("#location-new"));
    for (tenant, status) in [(&own, 403), (&none, 404)] {
        browser.goto(format!("/operator/tenants/{}/locations/new", tenant.id)).await;
        assert_eq!(browser.page().status, status, "{}", tenant.slug);
        let mut forged = form.clone();
        forged.action = form.action.join(&format!("/operator/tenants/{}/locations/new", tenant.id)).unwrap();
        browser.send(forged).await;
        assert_eq!(browser.page().status, status, "{}", tenant.slug);
        let found = t.app.store.read(async |r| r.locations_of(&tenant.id).await).await.unwrap();
        assert!(found.is_empty());
    }
    browser.goto(format!("/operator/tenants/{}", none.id)).await;
    assert!(!browser.has("#tenant-locations"));
}
