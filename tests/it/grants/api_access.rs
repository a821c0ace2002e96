//! API access (people.md K35–K38): resource servers that are open only to people whose home membership says so.
use serde_json::{Value, json};
use tenantry::model::{ApiSettings, ClaimRule, GrantType, MembershipKind};
use tenantry::policy::presets::Preset;
use tenantry::protocol::Reason;
use tenantry::service::{apis, tenants};

use super::{Answer, World};

/// Needs API access.
pub const LEDGER: &str = "https://ledger.example";
/// Needs nothing.
pub const ORDERS: &str = "https://orders.example";

impl World {
    pub async fn api(&self, identifier: &str, settings: Value) {
        let settings: ApiSettings = serde_json::from_value(settings).unwrap();
        let added = apis::add(&self.t.change(), identifier.to_owned(), settings).await.unwrap();
        assert!(matches!(added, apis::ApiAdded::Added(_)));
        self.t.app.refresh().await.unwrap();
    }

    /// Gives or takes Anna's API access in acme; false where she has none to get.
    pub async fn api_access(&self, wanted: bool) -> bool {
        let found = self.t.app.store.read(async |r| r.membership(&self.anna.id, &self.acme.id).await).await.unwrap();
        tenants::set_api_access(&self.t.change(), &found.unwrap(), wanted).await.unwrap()
    }

    /// The two APIs, in two tenants that behave as konfipay does; the application may use both.
    pub async fn with_apis() -> Self {
        let w = Self::with(|metadata| {
            metadata.audiences = vec![LEDGER.into(), ORDERS.into()];
            metadata.scopes.push("reports".into());
            let rule = json!({ "name": "teams", "source": { "from": "groups" }, "targets": ["access_token"] });
            metadata.claims.push(serde_json::from_value::<ClaimRule>(rule).unwrap());
        })
        .await;
        for tenant in [&w.acme, &w.globex] {
            w.t.app.store.write(async |s| s.set_tenant_policy(&tenant.id, &Preset::Konfipay.policy()).await).await.unwrap();
        }
        w.api(LEDGER, json!({ "name": "Ledger", "requires_api_access": true })).await;
        w.api(ORDERS, json!({ "name": "Orders" })).await;
        let staff = w.t.group(&w.acme, "Staff", &[("ledger:read", false)]).await;
        w.t.put_into(&staff, &w.anna).await;
        w
    }

    /// Where the authorization endpoint leads when the ledger is asked for.
    async fn refusal(&self, tenant: &str) -> String {
        let mut browser = self.t.browser();
        browser.goto(self.authorize_url(&[("tenant", tenant), ("resource", LEDGER)])).await;
        self.t.sign_in(&mut browser, &self.anna).await;
        self.landed(&browser, "error").unwrap_or_default()
    }

    async fn for_the_ledger(&self) -> Answer {
        self.tokens(&mut self.t.browser(), &[("resource", LEDGER)]).await
    }
}

#[tokio::test]
async fn k35_without_api_access_a_token_for_such_an_api_is_refused() {
    let w = World::with_apis().await;

    assert_eq!(w.refusal("acme").await, "access_denied");
    assert!(!w.t.log.lines_with(&format!("{:?}", Reason::ApiAccessMissing)).is_empty());

    let elsewhere = w.tokens(&mut w.t.browser(), &[]).await;
    assert_eq!(elsewhere.access()["aud"], json!([ORDERS, w.t.origin]), "a token that names nothing is not for it");
    let named = w.refresh(elsewhere.text("refresh_token"), &[("resource", LEDGER)]).await;
    assert_eq!(named.error(), (400, "invalid_grant"));
    let other = w.refresh(elsewhere.text("refresh_token"), &[("resource", ORDERS)]).await.good();
    assert_eq!((&other.access()["aud"], other.access().get("api_access")), (&json!(ORDERS), None));
}

#[tokio::test]
async fn k35_api_access_that_is_taken_away_ends_its_tokens() {
    let w = World::with_apis().await;
    assert!(w.api_access(true).await);
    let tokens = w.for_the_ledger().await;
    assert!(w.is_active(tokens.text("access_token")).await);

    w.api_access(false).await;

    assert!(!w.is_active(tokens.text("access_token")).await);
    assert_eq!(w.exchange(tokens.text("access_token"), &[]).await.error(), (400, "invalid_request"));
    assert_eq!(w.refresh(tokens.text("refresh_token"), &[]).await.error(), (400, "invalid_grant"));
    w.api_access(true).await;
    w.refresh(tokens.text("refresh_token"), &[]).await.good();
}

#[tokio::test]
async fn k36_with_api_access_the_token_says_full_instead_of_groups() {
    let w = World::with_apis().await;
    w.api_access(true).await;

    let tokens = w.for_the_ledger().await;
    let orders = w.refresh(tokens.text("refresh_token"), &[("resource", &w.t.origin)]).await.good().access();
    let full = tokens.access();
    let exchanged = w.exchange(tokens.text("access_token"), &[("resource", LEDGER)]).await.good().access();

    assert_eq!((&full["api_access"], &full["aud"]), (&json!("full"), &json!([LEDGER, w.t.origin])));
    assert_eq!((full["tenant"].as_str(), full["guest"].as_bool()), (Some("acme"), Some(false)));
    for absent in ["groups", "permissions", "teams"] {
        assert_eq!((full.get(absent), exchanged.get(absent)), (None, None), "{absent}");
    }
    assert_eq!((&exchanged["api_access"], &exchanged["aud"]), (&json!("full"), &json!(LEDGER)));
    assert_eq!((orders.get("api_access"), &orders["groups"], &orders["teams"]), (None, &json!(["Staff"]), &json!(["Staff"])));
}

#[tokio::test]
async fn k37_i17_a_guest_has_no_api_access_whatever_the_home_says() {
    let w = World::with_apis().await;
    w.api_access(true).await;
    let tokens = w.for_the_ledger().await;

    assert_eq!(w.refresh(tokens.text("refresh_token"), &[("tenant", "globex")]).await.error(), (400, "access_denied"));
    let traded = w.exchange(tokens.text("access_token"), &[("tenant", "globex"), ("resource", LEDGER)]).await;
    assert_eq!(traded.error(), (400, "access_denied"));
    assert_eq!(w.refusal("globex").await, "access_denied");
    let guest = w.t.app.store.read(async |r| r.membership(&w.anna.id, &w.globex.id).await).await.unwrap().unwrap();
    assert_eq!(guest.kind, MembershipKind::Guest);
    assert!(!tenants::set_api_access(&w.t.change(), &guest, true).await.unwrap(), "a guest cannot be given any");
}

#[tokio::test]
async fn i17_no_credential_of_a_guest_opens_the_other_tenants_data() {
    let w = World::with_apis().await;
    w.api_access(true).await;
    let gil = w.t.admin(&w.globex, "gil@globex.example").await;
    let mut office = crate::rights::doors::signed_in(&w.t, &gil).await;
    let at_home = w.for_the_ledger().await;
    let as_guest = w.tokens(&mut w.t.browser(), &[("tenant", "globex")]).await;

    assert_eq!((at_home.access()["tenant"].as_str(), at_home.access()["api_access"].as_str()), (Some("acme"), Some("full")));
    assert_eq!((as_guest.access()["tenant"].as_str(), as_guest.access().get("api_access")), (Some("globex"), None));
    assert_eq!(as_guest.access()["aud"], json!([ORDERS, w.t.origin]), "what is open to guests, and never the ledger");
    assert_eq!(w.refresh(as_guest.text("refresh_token"), &[("resource", LEDGER)]).await.error().0, 400);
    assert_eq!(w.exchange(as_guest.text("access_token"), &[("resource", LEDGER)]).await.error().0, 400);
    for tenant in ["globex", w.globex.id.as_str()] {
        for extra in [&[("tenant", tenant)][..], &[("tenant", tenant), ("resource", LEDGER)]] {
            assert_eq!(w.exchange(at_home.text("access_token"), extra).await.error(), (400, "access_denied"), "{extra:?}");
        }
    }
    office.goto(format!("/admin/globex/people/{}", w.anna.id)).await;
    assert!(!office.has("#deed-api-on"));
    office.goto(format!("/admin/globex/people/{}/api-on", w.anna.id)).await;
    office.submit("#confirm").await;
    assert_eq!(office.page().status, 403, "nor does the other tenant give it");
    assert_eq!(w.refusal("globex").await, "access_denied");
}

#[tokio::test]
async fn k38_of_all_tenants_only_the_home_is_offered_for_such_an_api() {
    let w = World::with_apis().await;
    w.api_access(true).await;
    let mut browser = w.t.browser();

    browser.goto(w.authorize_url(&[("resource", LEDGER), ("prompt", "select_tenant")])).await;
    w.t.sign_in(&mut browser, &w.anna).await;

    let tokens = w.redeem(&w.landed(&browser, "code").expect("one tenant is possible: no page asks")).await.good();
    assert_eq!((tokens.access()["tenant"].as_str(), tokens.access()["api_access"].as_str()), (Some("acme"), Some("full")));
}

#[tokio::test]
async fn k35_a_device_gets_api_access_from_its_person_alone() {
    let w = World::with_apis().await;
    w.api_access(true).await;
    let device = w.begin_device(&[("tenant", "acme"), ("resource", LEDGER)]).await;
    let late = w.begin_device(&[("tenant", "acme"), ("resource", LEDGER)]).await;
    w.approve(&device).await;
    w.approve(&late).await;

    let tokens = w.poll(&device).await.good();
    w.api_access(false).await;

    assert_eq!((tokens.access()["api_access"].as_str(), &tokens.access()["aud"]), (Some("full"), &json!([LEDGER, w.t.origin])));
    assert_eq!(w.poll(&late).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn k35_an_application_has_no_api_access_of_its_own() {
    let w = World::with_apis().await;
    let form = [("grant_type", GrantType::ClientCredentials.as_str()), ("scope", "reports")];

    let own = w.post("/token", &form).await.good();
    let named = w.post("/token", &[&form[..], &[("resource", LEDGER)]].concat()).await;

    assert_eq!(own.access()["aud"], ORDERS);
    assert_eq!(named.error(), (400, "invalid_target"));
}

#[tokio::test]
async fn k35_a_refresh_token_is_worth_what_its_redemption_would_yield() {
    let w = World::with_apis().await;
    w.api_access(true).await;
    let named = w.for_the_ledger().await;
    let unnamed = w.tokens(&mut w.t.browser(), &[]).await;
    let (ledger, any) = (named.text("refresh_token"), unnamed.text("refresh_token"));
    assert!(w.is_active(ledger).await && w.is_active(any).await);

    w.api_access(false).await;
    let without = (w.is_active(named.text("access_token")).await, w.is_active(ledger).await, w.is_active(any).await);
    let redeemed = (w.refresh(ledger, &[]).await, w.refresh(any, &[]).await);
    w.api_access(true).await;

    assert_eq!(without, (false, false, true), "as the access token; one that named nothing is good for the rest");
    assert_eq!(redeemed.0.error(), (400, "invalid_grant"));
    assert_eq!(redeemed.1.good().access()["aud"], json!([ORDERS, w.t.origin]));
    assert!(w.is_active(ledger).await, "refused, not ended");
}
