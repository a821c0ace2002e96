//! Making people and inviting them.
use tenantry::policy::presets::Preset;

use super::{names, office, tamper};
use crate::harness::tenantry::Tenantry;

#[tokio::test(flavor = "multi_thread")]
async fn k1_the_form_is_reached_by_a_deep_link_that_survives_the_sign_in() {
    let t = Tenantry::start().await;
    let (_, anna, _) = office(&t, Preset::Konfipay).await;
    let mut browser = t.browser();

    browser.goto("/admin/acme/people/new").await;
    t.sign_in(&mut browser, &anna).await;

    assert_eq!((browser.path(), browser.page().status), ("/admin/acme/people/new", 200));
    assert!(browser.has("#person-form"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k6_k7_k15_what_was_typed_stays_and_nothing_is_stored_until_it_is_right() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let group = t.group(&acme, "Payments", &[]).await;
    browser.goto("/admin/acme/people/new").await;
    for (email, first, chosen, wrong) in [
        ("bo@@acme.example", "Bo", group.id.as_str(), "#email-error"),
        ("", "Bo", group.id.as_str(), "#email-error"),
        ("bo@acme.example", "", group.id.as_str(), "#first-name-error"),
        ("bo@acme.example", "B\u{202e}o", group.id.as_str(), "#first-name-error"),
        ("bo@acme.example", "Bo", "", "#group-error"),
    ] {
        browser.fill("#email", email).fill("#first-name", first).fill("#last-name", "Berg");
        browser.fill("#group", chosen).submit("#person-create").await;

        assert_eq!(browser.page().status, 422, "{wrong}");
        assert!(browser.has(wrong), "{wrong}");
        assert_eq!(browser.page().attr("#last-name", "value"), "Berg", "kept");
    }
    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo");
    tamper(&mut browser, "#person-create", "group", "grp_of_somebody_else").await;
    assert!(browser.has("#group-error"), "exactly one of those that are there");
    browser.goto("/admin/acme/people").await;
    assert_eq!(names(&browser), ["Anna Example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn k5_the_form_says_where_and_refuses_another_tenants() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Konfipay).await;
    let globex = t.tenant("globex").await;
    browser.goto("/admin/acme/people/new").await;
    assert!(browser.text("#person-tenant").contains("Acme"));

    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg");
    tamper(&mut browser, "#person-create", "tenant", globex.id.as_str()).await;

    assert_eq!(browser.page().status, 422);
    assert!(browser.has("#error[data-kind=other_tenant]"));
    browser.goto("/admin/acme/people").await;
    assert_eq!(names(&browser), ["Anna Example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn k31_k32_k33_k34_the_invitation_is_suggested_may_wait_and_is_sent_from_the_list() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let group = t.group(&acme, "Payments", &[]).await;
    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg");
    browser.fill("#group", group.id.as_str()).submit("#person-create").await;
    assert!(browser.path().ends_with("/invite"), "suggested");

    browser.follow("#invite-later").await;
    assert!(t.mailbox.take("bo@acme.example").await.is_empty(), "nobody was told");
    browser.goto("/admin/acme/people?q=bo").await;
    assert!(browser.has(".list .pending") && browser.has(".status-not_invited"));
    browser.follow(".list .buttons a").await;
    browser.submit("#invite-send").await;
    let link = t.mailbox.link("bo@acme.example").await;
    assert!(browser.has("#done") && browser.has(".status-invited"));

    let mut bo = t.browser();
    bo.goto(link.as_str()).await;
    bo.fill("#password", "a long enough secret phrase").fill("#password-repeat", "a long enough secret phrase");
    bo.submit("#invitation-submit").await;
    browser.goto("/admin/acme/people?q=bo").await;
    assert!(!browser.has(".list .pending") && browser.has(".status-active"), "{}", browser.page().text("main"));
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_the_letter_leaves_by_itself_under_promio() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.invitation_delivery = tenantry::model::Delivery::Auto).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = crate::rights::doors::signed_in(&t, &anna).await;
    browser.goto("/admin/acme/people/new").await;

    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;

    assert!(t.mailbox.link("bo@acme.example").await.path().starts_with("/invitation/"));
    assert!(browser.has(".status-invited"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_s19_s20_s21_people_without_email_get_a_sheet_and_the_form_recommends_an_address() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    browser.goto("/admin/acme/people/new?kind=unverified").await;
    assert!(browser.text("label[for=kind-verified]").contains("recommended"));
    assert!(browser.text("#kind-verified-hint").contains("personal mailbox"));
    assert!(browser.text("#kind-unverified-hint").contains("no e-mail address"));

    browser.fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;

    let link = browser.text("#link");
    assert!(link.starts_with(&t.url("/invitation/")), "{link}");
    assert!(browser.has(".qr svg"), "to be printed and scanned");
    browser.follow("#sheet-done").await;
    assert!(!browser.has("#link"), "shown once");
    assert_eq!(browser.text("#person-username").len(), 11, "made up by the system");
}

#[tokio::test(flavor = "multi_thread")]
async fn l01_a_name_with_markup_is_text() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    browser.goto("/admin/acme/people/new").await;

    browser.fill("#email", "bo@acme.example").fill("#first-name", "<b id=evil>Bo</b>").fill("#last-name", "Berg");
    browser.submit("#person-create").await;
    browser.goto("/admin/acme/people?q=bo").await;

    assert_eq!(names(&browser), ["<b id=evil>Bo</b> Berg"]);
    assert!(!browser.has("#evil"));
}
