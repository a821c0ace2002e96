//! konfipay: making people and inviting them, what their account begins with (people.md K2 to K34).
use std::time::Duration;

use tenantry::policy::presets::Preset;

use super::{BO, NEW, describe, forget, is_inside, move_in, page_of, post, someone, status, told};
use crate::admin::{knock, names, office, tamper};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

const MINUTES: Duration = Duration::from_secs(60);

/// Bo is made and nobody was told.
async fn makes_bo(t: &Tenantry) -> Browser {
    let (_, _, mut office) = office(t, Preset::Konfipay).await;
    describe(&mut office, BO).await.submit("#person-create").await;
    office
}

/// The invitation is sent from the list.
async fn invites_bo(office: &mut Browser) {
    office.goto("/admin/acme/people?q=bo").await;
    office.follow(".list .buttons a").await;
    office.submit("#invite-send").await;
    assert!(office.has("#done"), "{}", office.page());
}

#[tokio::test(flavor = "multi_thread")]
async fn k2_the_cogwheel_leads_to_the_list_and_its_toolbar_to_the_form() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Konfipay).await;
    browser.goto("/account").await;

    browser.follow(".bar-nav a[href='/admin']").await;
    browser.follow(".rail a[href$='/people']").await;
    browser.follow(".toolbar #person-add").await;

    assert_eq!((browser.path(), browser.has("#person-form")), ("/admin/acme/people/new", true));
}

#[tokio::test(flavor = "multi_thread")]
async fn k7_address_and_both_names_are_mandatory_and_nothing_is_stored_before() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Konfipay).await;
    for (email, first, last, wrong) in [
        ("", "Bo", "Berg", "#email-error"),
        ("bo", "Bo", "Berg", "#email-error"),
        ("bo@@acme.example", "Bo", "Berg", "#email-error"),
        ("bo@acme.example, eve@acme.example", "Bo", "Berg", "#email-error"),
        (BO, "", "Berg", "#first-name-error"),
        (BO, " ", "Berg", "#first-name-error"),
        (BO, "Bo", "", "#last-name-error"),
    ] {
        browser.goto("/admin/acme/people/new").await;
        browser.fill("#email", email).fill("#first-name", first).fill("#last-name", last).submit("#person-create").await;
        assert_eq!((browser.page().status, browser.has(wrong)), (422, true), "{email:?} {first:?} {last:?}");
    }

    browser.goto("/admin/acme/people").await;
    assert_eq!(names(&browser), ["Anna Example"]);
    assert!(t.mailbox.everything().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn k8_the_account_is_not_usable_before_the_link_in_the_mailbox_was_opened() {
    let t = Tenantry::start().await;
    let mut office = makes_bo(&t).await;
    invites_bo(&mut office).await;
    let link = t.mailbox.link(BO).await;

    assert_eq!(knock(&mut t.browser(), BO, PASSWORD).await, 401);
    forget(&t, BO).await;
    assert!(t.mailbox.take(BO).await.is_empty(), "no other way leads in");
    assert_eq!(status(&mut office, "bo").await, "invited");

    move_in(&t, &link, PASSWORD).await;

    assert_eq!(knock(&mut t.browser(), BO, PASSWORD).await, 200);
    assert_eq!(status(&mut office, "bo").await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn k15_exactly_one_group_is_chosen_and_decides_what_the_person_may() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let payers = t.group(&acme, "Payers", &[("pay:write", false)]).await;
    let readers = t.group(&acme, "Readers", &[("pay:read", false)]).await;
    describe(&mut browser, BO).await.submit("#person-create").await;
    assert_eq!((browser.page().status, browser.has("#group-error")), (422, true), "none");
    describe(&mut browser, BO).await;
    tamper(&mut browser, "#person-create", "group", "grp_of_somebody_else").await;
    assert_eq!((browser.page().status, browser.has("#group-error")), (422, true), "one that is not there");
    let mut both = describe(&mut browser, BO).await.fill("#group", payers.id.as_str()).form("#person-create");
    both.fields.push(("group".to_owned(), readers.id.to_string()));
    assert_eq!(browser.clone().send(both).await.page().status, 400, "two");

    browser.submit("#person-create").await;

    browser.submit("#invite-send").await;
    move_in(&t, &t.mailbox.link(BO).await, PASSWORD).await;
    let bo = someone(&t, BO).await;
    let claims = told(&t, &t.party().await, &bo, &["openid", "groups", "permissions"]).await;
    assert_eq!((&claims["groups"], &claims["permissions"]), (&serde_json::json!(["Payers"]), &serde_json::json!(["pay:write"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_whoever_holds_the_right_changes_both_names_of_another() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Konfipay).await;
    let (clara, bodo) = (t.member(&acme, "clara@acme.example").await, t.member(&acme, "bodo@acme.example").await);
    let clerks = t.group(&acme, "Clerks", &[("tenantry:people", false)]).await;
    t.put_into(&clerks, &clara).await;
    let mut browser = crate::rights::doors::signed_in(&t, &clara).await;

    browser.goto(page_of(&bodo)).await;
    browser.fill("#first-name", "Bodo Maria").fill("#last-name", "Borg").submit("#names-save").await;

    assert!(browser.has("#done"), "{}", browser.page());
    let mut his = crate::rights::doors::signed_in(&t, &bodo).await;
    his.goto("/account/details").await;
    assert_eq!(his.page().attr("#first-name", "value"), "Bodo Maria");
    assert_eq!(his.page().attr("#last-name", "value"), "Borg");
}

#[tokio::test(flavor = "multi_thread")]
async fn k10_nothing_that_an_administrator_sends_changes_an_address() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    browser.goto(page_of(&bodo)).await;

    let along = [("first_name", "Bodo"), ("last_name", "Example"), ("email", "mine@acme.example")];
    let status = post(&mut browser, &page_of(&bodo), &along).await;
    assert_eq!(status, 403, "the address is its owner's alone");
    browser.goto(page_of(&bodo)).await;
    let status = post(&mut browser, &format!("{}/convert", page_of(&bodo)), &[("email", "mine@acme.example")]).await;
    assert!(status >= 400, "{status}: that is for people without an address");

    assert_eq!(someone(&t, "bodo@acme.example").await.id, bodo.id);
    assert!(t.mailbox.everything().await.iter().all(|(to, _)| to != "mine@acme.example"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k19_every_new_user_starts_with_codes_by_email() {
    let t = Tenantry::start().await;
    let mut office = makes_bo(&t).await;
    invites_bo(&mut office).await;
    move_in(&t, &t.mailbox.link(BO).await, PASSWORD).await;
    let mut browser = t.browser();

    knock(&mut browser, BO, PASSWORD).await;

    assert_eq!(browser.path(), "/login/code", "nobody had to turn it on");
    let code = t.mailbox.code(BO).await;
    browser.fill("#code", &code).submit("#code-submit").await;
    browser.goto("/account/security").await;
    assert!(browser.text("li.active h3").contains("Codes by e-mail"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k20_each_sign_in_wants_a_code_of_its_own_from_the_mailbox() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Konfipay).await;
    t.member(&acme, BO).await;
    let mut browser = t.browser();
    knock(&mut browser, BO, "not the password").await;
    assert!(t.mailbox.take(BO).await.is_empty(), "only after the right password");
    knock(&mut browser, BO, PASSWORD).await;
    let used = t.mailbox.code(BO).await;
    let wrong = if used == "000000" { "111111" } else { "000000" };
    browser.fill("#code", wrong).submit("#code-submit").await;
    assert_eq!((browser.page().status, is_inside(&mut browser.clone()).await), (401, false), "a wrong one");
    browser.fill("#code", &used).submit("#code-submit").await;
    assert!(is_inside(&mut browser).await);

    t.later(MINUTES);
    let mut second = t.browser();
    knock(&mut second, BO, PASSWORD).await;
    let late = t.mailbox.code(BO).await;
    if late != used {
        second.fill("#code", &used).submit("#code-submit").await;
        assert_eq!((second.page().status, is_inside(&mut second.clone()).await), (401, false), "a used one");
    }
    t.later(11 * MINUTES);
    second.fill("#code", &late).submit("#code-submit").await;
    assert!(!is_inside(&mut second).await, "an expired one");
}

#[tokio::test(flavor = "multi_thread")]
async fn k32_later_leaves_the_user_made_and_untold() {
    let t = Tenantry::start().await;
    let mut office = makes_bo(&t).await;
    assert!(office.path().ends_with("/invite"), "suggested");

    office.follow("#invite-later").await;

    assert_eq!(office.page().status, 200);
    assert_eq!(status(&mut office, "bo").await, "not_invited");
    assert!(t.mailbox.everything().await.is_empty(), "no letter leaves");
}

#[tokio::test(flavor = "multi_thread")]
async fn k33_invite_in_the_list_sends_the_letter_and_sends_it_again() {
    let t = Tenantry::start().await;
    let mut office = makes_bo(&t).await;

    invites_bo(&mut office).await;
    let first = t.mailbox.link(BO).await;
    invites_bo(&mut office).await;
    let second = t.mailbox.link(BO).await;

    assert_ne!(first, second);
    assert_eq!(t.browser().goto(&first).await.page().status, 410, "the last link counts");
    assert!(move_in(&t, &second, NEW).await.has("#done-continue"));
    office.goto("/admin/acme/people?q=bo").await;
    assert!(!office.has(".list .buttons a"), "there is nothing left to invite to");
}

#[tokio::test(flavor = "multi_thread")]
async fn k34_a_symbol_beside_the_name_says_that_the_invitation_is_open() {
    let t = Tenantry::start().await;
    let mut office = makes_bo(&t).await;
    let marked = async |office: &mut Browser| {
        office.goto("/admin/acme/people").await;
        office.page().texts(".list tbody tr:has(th .pending) th a")
    };

    assert_eq!(marked(&mut office).await, ["Bo Berg"], "nobody else");
    invites_bo(&mut office).await;
    assert_eq!(marked(&mut office).await, ["Bo Berg"]);
    let link = t.mailbox.link(BO).await;
    t.browser().goto(&link).await;
    assert_eq!(marked(&mut office).await, ["Bo Berg"], "looking accepts nothing");
    move_in(&t, &link, NEW).await;
    assert_eq!(marked(&mut office).await, Vec::<String>::new());
}
