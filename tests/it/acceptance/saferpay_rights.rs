//! Saferpay: who administers, and what roles permit (people.md S1, S3, S6, S10 to S12).
use std::collections::BTreeSet;

use serde_json::json;
use tenantry::policy::permission::Right;
use tenantry::policy::presets::Preset;

use super::{BO, FIRST, describe, does, move_in, page_of, post, someone, status, told};
use crate::admin::office;
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::rights::doors::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn s1_menu_and_address_are_there_only_with_the_permission() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Saferpay).await;
    for (name, right, administers, manages) in
        [("rita", "tx:read", false, false), ("paul", "tenantry:audit", true, false), ("clara", "tenantry:people", true, true)]
    {
        let clerk = t.member(&acme, &format!("{name}@acme.example")).await;
        let group = t.group(&acme, name, &[(right, false)]).await;
        t.put_into(&group, &clerk).await;
        let mut browser = signed_in(&t, &clerk).await;

        browser.goto("/account").await;
        assert_eq!(browser.has(".bar-nav a[href='/admin']"), administers, "{right}: the way there");
        browser.goto("/admin/acme").await;
        assert_eq!(browser.has(".rail a[href='/admin/acme/people']"), manages, "{right}: menu");
        browser.goto("/admin/acme/people").await;
        assert_eq!(browser.page().status, if manages { 200 } else { 403 }, "{right}: address");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_an_administrator_makes_another_one_in_the_form_of_a_new_person() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;

    describe(&mut browser, BO).await.tick("#admin").submit("#person-create").await;

    assert_eq!(browser.text(".lead .badge.badge-brand"), "Administrator");
    move_in(&t, &t.mailbox.link(BO).await, FIRST).await;
    let mut his = signed_in(&t, &someone(&t, BO).await).await;
    his.goto("/admin/acme/people/new").await;
    assert_eq!((his.page().status, his.has("#admin")), (200, true), "and may do the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn s6_afterwards_permissions_and_status_are_edited_and_data_by_the_user_alone() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let role = t.group(&acme, "Cashiers", &[("tx:read", false)]).await;
    browser.goto(page_of(&bodo)).await;
    assert!(!browser.has("#first-name") && !browser.has("#last-name") && !browser.has("#language"));

    let names = [("first_name", "Evil"), ("last_name", "Example")];
    assert_eq!(post(&mut browser, &page_of(&bodo), &names).await, 403, "no data");
    assert_eq!(browser.page().attr("#error", "data-kind"), "rules");
    browser.goto(page_of(&bodo)).await;
    browser.fill("#group", role.id.as_str()).submit("#group-add").await;
    assert_eq!(browser.page().texts("#person-groups li > bdi"), ["Cashiers"], "permissions");
    does(&mut browser, &page_of(&bodo), "disable").await;
    assert_eq!(status(&mut browser, "bodo").await, "deactivated");
    does(&mut browser, &page_of(&bodo), "enable").await;
    assert_eq!(status(&mut browser, "bodo").await, "active");

    let mut his = signed_in(&t, &bodo).await;
    his.goto("/account/details").await;
    assert_eq!(his.page().attr("#first-name", "value"), "Bodo", "nobody had changed it");
    his.fill("#first-name", "Bodo Maria").submit("#details-save").await;
    browser.goto(page_of(&bodo)).await;
    assert_eq!(browser.text("h1"), "Bodo Maria Example");
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_all_roles_and_permissions_stand_in_a_matrix_at_an_address_of_its_own() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    t.group(&acme, "Cashiers", &[("tx:credit", true), ("tx:read", false)]).await;
    t.group(&acme, "Idle", &[]).await;
    t.group(&acme, "Reporting", &[("tx:read", false)]).await;
    browser.goto("/admin/acme").await;

    browser.follow(".rail a[href$='/permissions']").await;

    assert_eq!(browser.path(), "/admin/acme/permissions");
    assert_eq!(browser.page().texts("thead th"), ["Permission", "Administrators", "Cashiers", "Idle", "Reporting"]);
    let rows = browser.page().texts("tbody tr");
    let (ours, of_applications): (Vec<&String>, Vec<&String>) = rows.iter().partition(|row| row.starts_with("tenantry:"));
    assert_eq!(of_applications, ["tx:credit 2FA ·No Yes ·No ·No", "tx:read ·No Yes ·No Yes"]);
    let by_the_flag = Right::ALL.iter().map(|right| format!("{right} Yes ·No ·No ·No"));
    assert_eq!(ours.into_iter().cloned().collect::<BTreeSet<_>>(), by_the_flag.collect(), "the Merchant Administrator's role");
    assert!(!browser.has("main form, main input, main button"), "to be read only");
    let sent = net::client().post(t.url("/admin/acme/permissions")).send().await.unwrap();
    assert_eq!(sent.status(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn s11_several_roles_of_one_user_decide_together_what_he_may() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let cashiers = t.group(&acme, "Cashiers", &[("tx:read", false), ("tx:refund", false)]).await;
    let reporting = t.group(&acme, "Reporting", &[("report:read", false), ("tx:read", false)]).await;
    let party = t.party().await;
    let scopes = ["openid", "groups", "permissions"];
    for role in [&cashiers, &reporting] {
        browser.goto(page_of(&bodo)).await;
        browser.fill("#group", role.id.as_str()).submit("#group-add").await;
    }

    let both = told(&t, &party, &bodo, &scopes).await;
    browser.submit(&format!("#group-remove-{}", cashiers.id)).await;
    let one = told(&t, &party, &bodo, &scopes).await;

    assert_eq!(
        (&both["groups"], &both["permissions"]),
        (&json!(["Cashiers", "Reporting"]), &json!(["report:read", "tx:read", "tx:refund"]))
    );
    assert_eq!((&one["groups"], &one["permissions"]), (&json!(["Reporting"]), &json!(["report:read", "tx:read"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn s12_the_administrators_view_of_a_user_is_another_than_the_users_own() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let mut his = signed_in(&t, &bodo).await;

    browser.goto(page_of(&bodo)).await;
    his.goto("/account/details").await;

    let of_admins = ["#standing", "#deeds", "#groups", "#person-activity"];
    let of_users = ["#details-save", "#first-name", "#locale", "#picture-save"];
    assert!(of_admins.iter().all(|part| browser.has(part)) && !of_users.iter().any(|part| browser.has(part)), "{}", browser.page());
    assert!(of_users.iter().all(|part| his.has(part)) && !of_admins.iter().any(|part| his.has(part)), "{}", his.page());
    his.goto(page_of(&bodo)).await;
    assert_eq!(his.page().status, 403, "not even one's own");
}
