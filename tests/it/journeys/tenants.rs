//! Choosing among many tenants.
use serde_json::json;
use tenantry::service::tenants::{self, NewTenant, TenantAdded};

use super::stage::Stage;

const NAMES: [&str; 9] = ["boreal", "cygnus", "delphi", "everest", "fjord", "globex", "horizon", "initech", "juniper"];

impl Stage {
    async fn with_ten_tenants(self) -> Self {
        for name in NAMES {
            let tenant = self.t.tenant(name).await;
            self.t.guest(&tenant, &self.anna).await;
        }
        self
    }

    async fn shown(&self) -> serde_json::Value {
        self.browser.script("return [...document.querySelectorAll('.choice')].filter(e => e.offsetParent).map(e => e.value)").await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_tenants_are_searched() {
    let Some(s) = Stage::set("tenants").await else { return };
    let mut s = s.with_ten_tenants().await;

    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.browser.look("all").await;
    let all = s.shown().await;
    s.browser.fill("#tenant-search", "nothing like it").await;
    s.browser.look("none").await;
    let none = s.shown().await;
    s.browser.fill("#tenant-search", "n-GLO").await;
    let one = s.shown().await;
    s.browser.click("#tenant-globex").await;
    let first = s.arrives(&request).await;
    let request = s.begin(&[]).await;
    let again = s.arrives(&request).await;
    let request = s.begin(&[("prompt", "select_tenant")]).await;
    s.browser.look("again").await;
    s.browser.click("#tenant-acme").await;
    let other = s.arrives(&request).await;

    let mut by_name = vec!["acme"];
    by_name.extend(NAMES);
    assert_eq!(all, json!(by_name));
    assert_eq!((none, one), (json!([]), json!(["globex"])));
    assert_eq!((&first.claims["tenant"], &again.claims["tenant"]), (&json!("globex"), &json!("globex")));
    assert_eq!(other.claims["tenant"], "acme");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_tenants_are_listed_without_scripts() {
    let Some(s) = Stage::set("tenants-no-scripts").await else { return };
    let mut s = s.with_ten_tenants().await;
    s.browser.without_scripts().await;

    let request = s.begin(&[]).await;
    s.sign_in().await;
    s.browser.picture("all").await;
    let all = s.shown().await;
    let search = s.browser.script("return document.querySelector('#tenant-search').offsetParent !== null").await;
    s.browser.click("#tenant-initech").await;
    let tokens = s.arrives(&request).await;

    assert_eq!((all.as_array().unwrap().len(), search), (10, json!(false)));
    assert_eq!(tokens.claims["tenant"], "initech");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_with_colour_and_logo_lends_them_to_the_pages() {
    let Some(mut s) = Stage::set("brand").await else { return };
    let new = NewTenant {
        number: "K-7".to_owned(),
        slug: "kestrel".to_owned(),
        name: "Kestrel Instruments Ltd".to_owned(),
        alias: Some("Kestrel".to_owned()),
        color: Some("#0b7a5b".to_owned()),
        logo: Some("kestrel.svg".to_owned()),
        ..NewTenant::default()
    };
    let TenantAdded::Added(kestrel) = tenants::add(&s.t.change(), new).await.unwrap() else { panic!("no tenant") };
    s.t.app.refresh().await.unwrap();
    s.t.guest(&kestrel, &s.anna).await;

    let hint = kestrel.slug.as_str();
    let request = s.begin(&[("tenant", hint), ("prompt", "consent")]).await;
    s.browser.look("login").await;
    s.sign_in().await;
    s.browser.look("consent").await;
    s.browser.click("#consent-allow").await;

    assert_eq!(s.arrives(&request).await.claims["tenant"], "kestrel");
    s.browser.close().await;
}
