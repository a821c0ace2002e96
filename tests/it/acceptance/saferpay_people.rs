//! Saferpay: the overview, the kinds of users and how their accounts begin (people.md S7, S8, S13, S15, S18 to S26).
use tenantry::model::MembershipKind;
use tenantry::policy::presets::Preset;

use super::{BO, FIRST, NEW, describe, does, move_in, page_of, someone, status};
use crate::admin::{knock, nameless, names, office, visitor};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

/// Somebody without an address is made; gives the link of the sheet and leaves the office at the page of the person.
async fn makes_nameless(office: &mut Browser) -> String {
    office.goto("/admin/acme/people/new?kind=unverified").await;
    office.fill("#first-name", "Uwe").fill("#last-name", "Uhr").submit("#person-create").await;
    let link = office.text("#link");
    office.follow("#sheet-done").await;
    link
}

#[tokio::test(flavor = "multi_thread")]
async fn s7_the_overview_lists_and_makes_users_and_details_show_status_and_roles() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    for name in ["Cashiers", "Reporting"] {
        let role = t.group(&acme, name, &[]).await;
        t.put_into(&role, &bodo).await;
    }
    browser.goto("/admin/acme/people").await;
    assert_eq!(names(&browser), ["Anna Example", "Bodo Example"]);
    assert!(browser.has(".toolbar #person-add"));

    browser.follow(".list tbody tr:nth-child(2) th a").await;

    assert_eq!(browser.path(), page_of(&bodo));
    assert!(browser.has(".lead .status-active"));
    assert_eq!(browser.page().texts("#person-groups li > bdi"), ["Cashiers", "Reporting"]);
    does(&mut browser, &page_of(&bodo), "disable").await;
    assert!(browser.has(".lead .status-deactivated"), "active or not");
}

#[tokio::test(flavor = "multi_thread")]
async fn s8_everybody_is_listed_whoever_made_the_account() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    describe(&mut browser, BO).await.submit("#person-create").await;
    let by_command = t.member(&acme, "clara@acme.example").await;
    let gone = t.member(&acme, "dora@acme.example").await;
    does(&mut browser, &page_of(&gone), "disable").await;
    let guest = visitor(&t, &acme, "zoe@elsewhere.example").await;
    let chief = t.admin(&acme, "chief@acme.example").await;
    let mut hers = crate::rights::doors::signed_in(&t, &chief).await;
    makes_nameless(&mut hers).await;

    for office in [&mut browser, &mut hers] {
        office.goto("/admin/acme/people").await;
        let all = ["Anna Example", "Bo Berg", "Chief Example", "Clara Example", "Dora Example", "Uwe Uhr", "Zoe Example"];
        let mut listed = names(office);
        listed.sort();
        assert_eq!(listed, all);
    }
    for one in [&by_command, &guest] {
        browser.goto(page_of(one)).await;
        assert_eq!(browser.page().status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_activation_link_was_sent_until_it_is_opened_and_used() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    describe(&mut browser, BO).await.submit("#person-create").await;
    assert_eq!(browser.text("#reason"), "The invitation was sent, but not accepted yet.");
    assert_eq!(status(&mut browser, "bo").await, "invited");
    assert_eq!(knock(&mut t.browser(), BO, FIRST).await, 401);

    move_in(&t, &t.mailbox.link(BO).await, FIRST).await;

    assert_eq!(status(&mut browser, "bo").await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s15_whom_the_administrator_deactivated_does_not_sign_in() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;

    does(&mut browser, &page_of(&bodo), "disable").await;

    assert_eq!(status(&mut browser, "bodo").await, "deactivated");
    assert_eq!(knock(&mut t.browser(), &bodo.email, PASSWORD).await, 401);
    does(&mut browser, &page_of(&bodo), "enable").await;
    assert_eq!(knock(&mut t.browser(), &bodo.email, PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn s18_verified_users_have_an_address_of_their_own_and_are_written_to_at_once() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    browser.goto("/admin/acme/people/new").await;
    assert!(browser.has("#kind-verified[checked]"), "the usual kind");

    describe(&mut browser, BO).await.submit("#person-create").await;

    assert!(t.mailbox.link(BO).await.path().starts_with("/invitation/"));
    assert!(!browser.has("#link"), "the link is the person's alone");
    for same in [BO, "BO@Acme.example"] {
        describe(&mut browser, same).await.submit("#person-create").await;
        assert_eq!((browser.page().status, browser.has("#email-error")), (422, true), "{same} is taken");
    }
    assert!(t.mailbox.everything().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_unverified_users_get_a_name_from_the_system_and_a_link_that_is_handed_over() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;

    let first = makes_nameless(&mut browser).await;
    let one = browser.text("#person-username");
    let second = makes_nameless(&mut browser).await;
    let other = browser.text("#person-username");

    assert_ne!((&first, &one), (&second, &other));
    assert!(one.len() == 11 && !one.contains("uwe") && !one.contains("uhr"), "{one}");
    assert!(t.mailbox.everything().await.is_empty(), "nobody is written to");
    let mut his = t.browser();
    his.goto(&first).await;
    assert_eq!((his.path(), his.has("#password")), ("/invitation", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_the_form_recommends_verified_users_and_warns_of_the_others() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;

    browser.goto("/admin/acme/people/new").await;

    assert!(browser.text("label[for=kind-verified]").contains("(recommended)"));
    assert!(!browser.text("label[for=kind-unverified]").contains("recommended"));
    let warning = browser.text("#kind-unverified-hint");
    assert!(warning.starts_with("Only for people who have no e-mail address."), "{warning}");
    for lacking in ["cannot reset a password", "no codes by e-mail"] {
        assert!(warning.contains(lacking), "{warning}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s21_the_form_wants_a_personal_mailbox_and_no_shared_one() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;

    browser.goto("/admin/acme/people/new").await;

    assert!(browser.text("#kind-verified-hint").contains("A personal mailbox, not one that several people read."));
    assert_eq!(browser.page().attr("#email", "aria-describedby"), "email-hint", "beside the field");
    assert_eq!(browser.text("#email-hint"), "One that only this person reads.");
}

#[tokio::test(flavor = "multi_thread")]
async fn s22_the_link_of_either_kind_activates_and_demands_a_password_of_ones_own() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    describe(&mut browser, BO).await.submit("#person-create").await;
    let sent = t.mailbox.link(BO).await;
    let handed = makes_nameless(&mut browser).await.parse().unwrap();

    for (link, search) in [(sent, "berg"), (handed, "uhr")] {
        for (password, again) in [("", ""), (NEW, ""), ("short", "short"), (NEW, FIRST)] {
            let mut his = t.browser();
            his.goto(&link).await;
            his.fill("#password", password).fill("#password-repeat", again).submit("#invitation-submit").await;
            assert_eq!(his.page().status, 422, "{search}: {password:?} {again:?}");
        }
        assert_eq!(status(&mut browser, search).await, "invited", "{search}");
        assert!(move_in(&t, &link, NEW).await.has("#done-continue"), "{search}");
        assert_eq!(status(&mut browser, search).await, "active", "{search}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s23_people_sign_in_by_address_or_by_the_systems_name_with_their_own_password() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let link = makes_nameless(&mut browser).await.parse().unwrap();
    let name = browser.text("#person-username");
    move_in(&t, &link, NEW).await;

    for (identifier, own, others) in [(bodo.email.as_str(), PASSWORD, NEW), (name.as_str(), NEW, PASSWORD)] {
        assert_eq!(knock(&mut t.browser(), identifier, others).await, 401, "{identifier}");
        assert_eq!(knock(&mut t.browser(), identifier, own).await, 200, "{identifier}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s25_an_address_takes_the_place_of_the_name_and_its_link_activates_the_account() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    let (name, page) = nameless(&t, &mut browser).await;
    assert_eq!(knock(&mut t.browser(), &name, PASSWORD).await, 200);
    browser.goto(&page).await;
    browser.follow("#deed-convert").await;

    browser.fill("#email", "uwe@acme.example").submit("#convert").await;

    assert_eq!((browser.text("#person-email").as_str(), browser.has("#person-username")), ("uwe@acme.example", false));
    assert_eq!(knock(&mut t.browser(), &name, PASSWORD).await, 401, "the name works no longer");
    assert_eq!(knock(&mut t.browser(), "uwe@acme.example", PASSWORD).await, 401, "not before the link");
    assert_eq!(status(&mut browser, "uwe").await, "invited");
    move_in(&t, &t.mailbox.link("uwe@acme.example").await, NEW).await;
    assert_eq!(knock(&mut t.browser(), "uwe@acme.example", NEW).await, 200);
    assert_eq!(knock(&mut t.browser(), &name, NEW).await, 401);
    assert_eq!(status(&mut browser, "uwe").await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s26_whoever_gets_an_address_does_not_choose_a_password_of_before() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    let (_, page) = nameless(&t, &mut browser).await;
    does(&mut browser, &page, "reset").await;
    super::renew(&t, &browser.text("#link"), NEW).await;
    browser.goto(format!("{page}/convert")).await;
    browser.fill("#email", "uwe@acme.example").submit("#convert").await;
    let link = t.mailbox.link("uwe@acme.example").await;

    for former in [PASSWORD, NEW] {
        let his = move_in(&t, &link, former).await;
        assert_eq!((his.page().status, his.page().attr("#error", "data-kind").as_str()), (422, "used"), "{former}");
    }
    assert!(move_in(&t, &link, "pebble harbour violin 7").await.has("#done-continue"));
    let uwe = someone(&t, "uwe@acme.example").await;
    let seats = t.app.store.read(async |r| r.memberships_of(&uwe.id).await).await.unwrap();
    assert_eq!(seats.iter().map(|seat| seat.kind).collect::<Vec<_>>(), [MembershipKind::Home]);
}
