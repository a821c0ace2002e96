//! What people see and end in their own account; a tenant's log and its matrix of permissions.
use std::time::Duration;

use tenantry::model::MembershipKind;

use super::doors::{at, signed_in};
use crate::harness::tenantry::Tenantry;

#[tokio::test(flavor = "multi_thread")]
async fn e05_a_session_that_is_ended_elsewhere_is_over_at_once() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut office = signed_in(&t, &anna).await;
    t.later(Duration::from_secs(60));
    let mut home = signed_in(&t, &anna).await;
    t.later(Duration::from_secs(60));
    let mut phone = signed_in(&t, &anna).await;

    home.goto("/account/sessions").await;
    assert_eq!(home.page().texts("tbody tr").len(), 3);
    home.submit("tbody tr:nth-child(2) button").await;
    assert_eq!((home.path(), home.has("#done")), ("/account/sessions", true));
    assert_eq!(home.page().texts("tbody tr").len(), 2);
    home.submit("#end-others").await;

    assert_eq!(home.page().texts("tbody tr").len(), 1);
    for gone in [&mut office, &mut phone] {
        assert_eq!(at(gone, "/account").await.1, "/login");
    }
    assert_eq!(at(&mut home, "/account").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn e04_nobody_sees_or_ends_the_sessions_of_others() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let (anna, ben) = (t.member(&acme, "anna@acme.example").await, t.member(&acme, "ben@acme.example").await);
    let (mut hers, mut his) = (signed_in(&t, &anna).await, signed_in(&t, &ben).await);
    let now = t.now();
    let session = t.app.store.read(async |r| r.sessions_of(&ben.id, now).await).await.unwrap().remove(0);

    hers.goto("/account/sessions").await;
    assert_eq!(hers.page().texts("tbody tr").len(), 1);
    let mut second = signed_in(&t, &anna).await;
    second.goto("/account/sessions").await;
    let mut form = second.form("tbody tr:nth-child(2) button");
    form.action = t.url(&format!("/account/sessions/{}", session.id)).parse().unwrap();
    second.send(form).await;

    assert_eq!(second.page().status, 404);
    assert_eq!(at(&mut his, "/account").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn k43_k44_own_tenants_are_listed_and_one_is_opened_without_a_question() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let strangers = t.tenant("strangers").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    t.join(&anna, &globex, MembershipKind::Guest).await;
    let party = t.party().await;
    let mut browser = signed_in(&t, &anna).await;

    browser.goto("/account/tenants").await;
    assert_eq!(browser.page().texts("tbody th").len(), 2);
    let mut foreign = browser.form(&format!("#enter-{}", globex.id));
    foreign.action = t.url(&format!("/account/tenants/{}", strangers.id)).parse().unwrap();
    assert_eq!(browser.send(foreign).await.page().status, 404, "i05: no tenant of one's own");
    browser.goto("/account/tenants").await;
    browser.submit(&format!("#enter-{}", globex.id)).await;
    assert!(browser.has("#done"));
    let (_, tokens) = t.log_in(&mut browser, &party, &anna, &["openid", "tenant"]).await;
    assert_eq!(tokens.claims["tenant"], globex.slug);

    browser.goto("/account/tenants").await;
    browser.submit(&format!("#enter-{}", acme.id)).await;
    let (_, tokens) = t.log_in(&mut browser, &party, &anna, &["openid", "tenant"]).await;
    assert_eq!(tokens.claims["tenant"], acme.slug, "also where the application had been used for the other one");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_that_is_revoked_can_refresh_no_more_and_asks_again() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let mut browser = t.browser();
    let (_, tokens) = t.log_in(&mut browser, &party, &anna, &["openid", "offline_access"]).await;

    t.later(Duration::from_secs(1));
    browser.goto("/account/applications").await;
    assert_eq!(browser.page().texts("tbody th"), ["Planner"]);
    browser.submit("tbody button").await;

    assert!(browser.has("#done") && browser.has(".empty"));
    assert!(party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    browser.goto("/account/activity").await;
    let lines = browser.page().texts("tbody th");
    assert_eq!(lines[0], "Access revoked");
    assert!(lines.contains(&"Application opened".to_owned()) && lines.contains(&"Signed in".to_owned()), "{lines:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_a_tenants_log_shows_its_own_lines_alone_page_by_page() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let anna = t.admin(&acme, "anna@acme.example").await;
    for n in 0..60 {
        t.later(Duration::from_millis(1));
        t.group(if n % 6 == 0 { &globex } else { &acme }, &format!("Group {n}"), &[]).await;
    }
    let ben = t.member(&acme, "ben@acme.example").await;
    t.member(&globex, "gustav@globex.example").await;
    let mut browser = signed_in(&t, &anna).await;

    browser.goto("/admin/acme/audit").await;
    let first = browser.page().texts("tbody tr");
    browser.follow("#page-next").await;
    let rest = browser.page().texts("tbody tr");
    assert!(browser.has("#page-first") && !browser.has("#page-next"));
    assert_eq!((first.len(), rest.len()), (50, 3), "fifty groups, two memberships, the tenant itself");
    assert!(first.iter().chain(&rest).all(|line| !line.contains("Gustav")));

    browser.goto("/admin/acme/audit?who=ben%40acme.example").await;
    assert_eq!(browser.page().texts("tbody tr").len(), 1);
    assert!(browser.page().texts("tbody tr")[0].contains("Ben Example"));
    let cases =
        [("kind=group", 50), ("kind=member", 2), ("kind=nonsense", 50), ("until=1999-01-01", 0), ("who=gustav%40globex.example", 0)];
    for (filter, lines) in cases {
        browser.goto(&format!("/admin/acme/audit?{filter}")).await;
        assert_eq!(browser.page().texts("tbody tr").len(), lines, "{filter}");
    }
    assert_eq!(ben.email, "ben@acme.example");
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_the_matrix_shows_every_group_and_permission_of_the_tenant() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let anna = t.admin(&acme, "anna@acme.example").await;
    t.group(&acme, "Cashiers", &[("tx:credit", true), ("tx:read", false)]).await;
    t.group(&acme, "Auditors", &[("tx:read", false)]).await;
    t.group(&globex, "Foreign", &[("secret:thing", false)]).await;
    let mut browser = signed_in(&t, &anna).await;

    browser.goto("/admin/acme/permissions").await;

    assert_eq!(browser.page().texts("thead th"), ["Permission", "Administrators", "Auditors", "Cashiers"]);
    let rows = browser.page().texts("tbody tr");
    assert_eq!(&rows[rows.len() - 2..], ["tx:credit 2FA ·No ·No Yes", "tx:read ·No Yes Yes"]);
    assert!(!rows.iter().any(|row| row.contains("secret:thing")), "of another tenant");
    assert!(!browser.has("main form"), "it is to be read only");
}
