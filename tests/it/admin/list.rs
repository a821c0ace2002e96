//! The list of people.
use tenantry::model::MembershipState;
use tenantry::policy::presets::Preset;

use super::{names, office, visitor};
use crate::harness::tenantry::Tenantry;

#[tokio::test(flavor = "multi_thread")]
async fn k2_s7_s8_everybody_is_listed_and_the_way_to_a_new_person_is_in_the_toolbar() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    t.member(&acme, "bodo@acme.example").await;
    visitor(&t, &acme, "zoe@elsewhere.example").await;

    browser.goto("/admin/acme").await;
    browser.follow(".rail a[href$='/people']").await;

    assert_eq!(names(&browser), ["Anna Example", "Bodo Example", "Zoe Example"]);
    assert_eq!(browser.page().texts(".list .status").len(), 3, "exactly one status each");
    browser.follow("#person-add").await;
    assert_eq!(browser.path(), "/admin/acme/people/new");
}

#[tokio::test(flavor = "multi_thread")]
async fn k3_s1_without_the_right_there_is_neither_menu_nor_page() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Konfipay).await;
    let clerk = t.member(&acme, "clara@acme.example").await;
    let group = t.group(&acme, "Auditors", &[("tenantry:audit", false)]).await;
    t.put_into(&group, &clerk).await;
    let mut browser = crate::rights::doors::signed_in(&t, &clerk).await;

    browser.goto("/admin/acme").await;
    assert!(!browser.has(".rail a[href$='/people']"));
    for path in ["people", "people/new", "groups", "locations"] {
        browser.goto(format!("/admin/acme/{path}")).await;
        assert_eq!(browser.page().status, 403, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c24_the_list_is_searched_and_filtered() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    t.member(&acme, "cleo@acme.example").await;
    visitor(&t, &acme, "zoe@elsewhere.example").await;
    let group = t.group(&acme, "Payments", &[]).await;
    t.put_into(&group, &bodo).await;

    for (query, expected) in [
        ("q=bodo%40", vec!["Bodo Example"]),
        ("q=%25", vec![]),
        ("guest=yes", vec!["Zoe Example"]),
        ("status=active&guest=no&q=cleo", vec!["Cleo Example"]),
        ("status=deactivated", vec![]),
        (&format!("group={}", group.id), vec!["Bodo Example"]),
    ] {
        browser.goto(format!("/admin/acme/people?{query}")).await;
        assert_eq!(names(&browser), expected, "{query}");
    }
    assert_eq!(browser.page().attr("#group option[selected]", "value"), group.id.to_string(), "what was chosen stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_goes_on_page_by_page() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    for n in 0..52 {
        let person = t.person_with(&format!("p{n:02}@acme.example"), |new| new.password_hash = None).await;
        t.join_with(&person, &acme, tenantry::model::MembershipKind::Home, |new| new.state = MembershipState::Invited).await;
    }

    browser.goto("/admin/acme/people?status=not_invited").await;
    assert_eq!(names(&browser).len(), 50);
    browser.follow("#page-next").await;

    assert_eq!(names(&browser), ["P50 Example", "P51 Example"], "with the same filter");
    browser.follow("#page-first").await;
    assert_eq!(names(&browser).len(), 50);
}
