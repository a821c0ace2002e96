//! Who gets into the operator's pages: nobody but operators, whatever they are elsewhere.
use reqwest::StatusCode;

use super::{at_work, signed_in};
use crate::harness::tenantry::Tenantry;

const PAGES: &[&str] = &[
    "/operator/tenants",
    "/operator/tenants/new",
    "/operator/tenants/{tenant}",
    "/operator/tenants/{tenant}/edit",
    "/operator/tenants/{tenant}/disable",
    "/operator/tenants/{tenant}/enable",
    "/operator/tenants/{tenant}/administrators",
    "/operator/clients",
    "/operator/clients/new",
    "/operator/clients/{client}",
    "/operator/clients/{client}/edit",
    "/operator/clients/{client}/disable",
    "/operator/clients/{client}/enable",
    "/operator/clients/{client}/claims",
    "/operator/apis",
    "/operator/apis/new",
    "/operator/keys",
    "/operator/keys/rotate",
    "/operator/keys/replace",
    "/operator/mail",
    "/operator/registration",
    "/operator/announcements",
    "/operator/announcements/new",
    "/operator/people",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_operators_page_opens_to_operators_alone() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let mut operator = at_work(&t).await;
    let mut admin = signed_in(&t, &anna).await;
    let mut nobody = t.browser();

    for page in PAGES {
        let path = page.replace("{tenant}", acme.id.as_str()).replace("{client}", &party.client_id);
        operator.goto(&path).await;
        assert_eq!((operator.page().status, operator.path()), (StatusCode::OK.as_u16(), path.as_str()), "{page}");
        admin.goto(&path).await;
        assert_eq!(admin.page().status, 403, "{page}");
        nobody.goto(&path).await;
        assert_eq!(nobody.path(), "/login", "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_not_there() {
    let t = Tenantry::start().await;
    let mut operator = at_work(&t).await;

    for path in [
        "/operator/tenants/ten_nobody",
        "/operator/tenants/ten_nobody/edit",
        "/operator/tenants/ten_nobody/disable",
        "/operator/clients/cli_nobody",
        "/operator/clients/cli_nobody/claims",
        "/operator/apis/api_nobody",
        "/operator/registration/x/end",
        "/operator/announcements/ann_nobody",
        "/operator/announcements/ann_nobody/end",
        "/operator/announcements/ann_nobody/remove",
    ] {
        operator.goto(path).await;
        assert_eq!(operator.page().status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_what_destroys_asks_to_sign_in_again() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut operator = at_work(&t).await;
    operator.goto(format!("/operator/tenants/{}/disable", acme.id)).await;
    t.later(std::time::Duration::from_secs(3600));

    operator.submit("#confirm").await;

    assert_eq!(operator.path(), "/login");
    let tenant = t.app.store.read(async |r| r.tenant(&acme.id).await).await.unwrap().unwrap();
    assert_eq!(tenant.state.as_str(), "active");
}
