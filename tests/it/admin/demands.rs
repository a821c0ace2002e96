//! Requirements of people.md that are shown by what the house does already, each under the preset it comes from.
use std::time::Duration;

use tenantry::model::{Location, MembershipKind, MembershipState};
use tenantry::policy::presets::Preset;

use super::{knock, lock, nameless, names, office, place};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};
use crate::rights::doors::signed_in;

const MINUTES: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn k39_the_own_account_is_one_click_away_on_every_page_of_the_consoles() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Konfipay).await;
    for page in
        ["/admin/acme", "/admin/acme/people", "/admin/acme/people/new", "/admin/acme/audit", "/account/security", "/account/details"]
    {
        browser.goto(page).await;
        browser.follow("#my-account").await;
        assert_eq!(browser.path(), "/account", "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_p4_a_new_account_gets_its_letter_by_itself_and_the_link_leads_to_the_choice_of_a_password() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Promio).await;
    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    assert!(browser.has(".status-invited"), "nobody had to be asked");

    let mut his = t.browser();
    his.goto(t.mailbox.link("bo@acme.example").await.as_str()).await;

    assert!(his.has("#password") && his.has("#password-repeat"), "{}", his.page());
    his.fill("#password", PASSWORD).fill("#password-repeat", PASSWORD).submit("#invitation-submit").await;
    browser.goto("/admin/acme/people?q=bo").await;
    assert!(browser.has(".status-active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s2_an_administrator_of_two_sees_the_people_of_the_one_he_is_in() {
    let t = Tenantry::start().await;
    let (acme, anna, mut browser) = office(&t, Preset::Saferpay).await;
    let globex = t.tenant_with("globex", |policy| *policy = Preset::Saferpay.policy()).await;
    t.join_with(&anna, &globex, MembershipKind::Guest, |new| new.admin = true).await;
    t.member(&acme, "bo@acme.example").await;
    t.member(&globex, "gil@globex.example").await;

    browser.goto("/admin/acme/people").await;
    assert_eq!(names(&browser), ["Anna Example", "Bo Example"]);
    browser.goto("/admin/globex/people").await;
    assert_eq!(names(&browser), ["Anna Example", "Gil Example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s5_s49_s50_an_administrator_makes_somebody_of_several_customers_who_switches_by_the_number() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let globex = t.tenant_with("globex", |policy| *policy = Preset::Saferpay.policy()).await;
    let gil = t.person_with("gil@globex.example", |new| new.email_verified = true).await;
    t.join(&gil, &globex, MembershipKind::Home).await;
    browser.goto("/admin/acme/branding").await;
    browser.fill("#alias", "Acme Shop").submit("#branding-save").await;
    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", &gil.email).fill("#first-name", "Gil").fill("#last-name", "G").submit("#person-create").await;
    let membership = t.app.store.read(async |r| r.membership(&gil.id, &acme.id).await).await.unwrap().expect("linked");
    assert_eq!((membership.kind, membership.state), (MembershipKind::Guest, MembershipState::Active), "by the address alone");

    assert_eq!(t.mailbox.letter(&gil.email).await.subject, "You now belong to Acme Shop", "c8: told");
    let mut his = signed_in(&t, &gil).await;
    his.goto("/account/tenants").await;
    let listed = his.text("main");
    assert!(listed.contains("Acme Shop") && listed.contains(&acme.number) && listed.contains(&globex.number), "{listed}");
    browser.goto("/admin/acme").await;
    assert_eq!(browser.text(".bar-door .bar-number"), acme.number);
    browser.follow(".bar-door").await;
    assert_eq!(browser.path(), "/account/tenants", "the number leads to the list");
}

#[tokio::test(flavor = "multi_thread")]
async fn s14_s16_s31_too_many_failures_lock_for_half_an_hour_and_then_everything_works_again() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    browser.goto("/admin/acme/people?q=bo").await;
    assert!(browser.has(".status-active"));

    let mut his = lock(&t, &bo.email).await;
    assert_eq!(knock(&mut his, &bo.email, PASSWORD).await, 429, "the right one is not looked at");
    browser.goto("/admin/acme/people?q=bo&status=locked").await;
    assert!(browser.has(".status-locked"), "{}", browser.page());
    t.later(30 * MINUTES);
    assert_eq!(knock(&mut his, &bo.email, PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn s16_s14_ninety_days_without_a_sign_in_lock_as_well() {
    let t = Tenantry::start().await;
    let (acme, anna, _) = office(&t, Preset::Saferpay).await;
    t.member(&acme, "bo@acme.example").await;
    t.later(Duration::from_secs(89 * 86_400));
    let mut browser = signed_in(&t, &anna).await;
    browser.goto("/admin/acme/people?q=bo").await;
    assert!(browser.has(".status-active"));

    t.later(Duration::from_secs(2 * 86_400));

    let mut browser = signed_in(&t, &anna).await;
    browser.goto("/admin/acme/people?q=bo").await;
    assert!(browser.has(".status-locked"), "{}", browser.page());
}

#[tokio::test(flavor = "multi_thread")]
async fn s32_s34_a_locked_person_without_address_is_sent_to_the_administrator_who_can_help_sooner() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    let (username, page) = nameless(&t, &mut browser).await;

    let mut his = lock(&t, &username).await;
    knock(&mut his, &username, PASSWORD).await;
    assert!(his.text("#error").contains("Your administrator can help"), "{}", his.text("#error"));
    browser.goto(&page).await;
    browser.follow("#deed-unlock").await;
    browser.submit("#confirm").await;
    assert_eq!(knock(&mut his, &username, PASSWORD).await, 200, "before the half hour is over");
}

#[tokio::test(flavor = "multi_thread")]
async fn s24_who_has_an_address_keeps_it() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let (_, page) = nameless(&t, &mut browser).await;

    browser.goto(format!("/admin/acme/people/{}", bo.id)).await;
    assert!(!browser.has("#deed-convert"), "there is nothing to convert to");
    browser.goto(format!("{page}/convert")).await;
    let mut form = browser.fill("#email", "uwe@acme.example").form("#convert");
    form.action = form.action.join(&format!("/admin/acme/people/{}/convert", bo.id)).unwrap();
    browser.send(form).await;

    let kept = t.app.store.read(async |r| r.person(&bo.id).await).await.unwrap().unwrap();
    assert_eq!(kept.email.unwrap().as_str(), "bo@acme.example");
    assert!(kept.username.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn s30_s33_s36_a_new_password_ends_a_lock_and_leaves_the_state_as_it_is() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let mut his = lock(&t, &bo.email).await;
    let state = async || {
        let (person, tenant) = (&bo.id, &acme.id);
        let seat = t.app.store.read(async |r| r.seat(person, tenant).await).await.unwrap().unwrap();
        (seat.person.state, seat.membership.state)
    };
    let before = state().await;

    browser.goto(format!("/admin/acme/people/{}", bo.id)).await;
    browser.follow("#deed-reset").await;
    browser.submit("#confirm").await;
    assert!(browser.has(".status-locked"), "sending a link changes nothing yet");
    his.goto(t.mailbox.link(&bo.email).await.as_str()).await;
    let fresh = "another long enough secret phrase";
    his.fill("#password", fresh).fill("#password-repeat", fresh).submit("#recover-new-submit").await;

    assert_eq!(state().await, before);
    assert_eq!(knock(&mut his, &bo.email, fresh).await, 200, "{}", his.page());
    browser.goto("/admin/acme/people?q=bo").await;
    assert!(browser.has(".status-active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s40_s42_several_locations_stand_in_tokens_by_their_ids_whatever_hangs_below_them() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let (bern, zug) = (place(&t, &acme, "Bern").await, place(&t, &acme, "Zug").await);
    place(&t, &acme, "Thun").await;
    browser.goto(format!("/admin/acme/people/{}/locations", bo.id)).await;
    for id in [&bern.id, &zug.id] {
        browser.submit(&format!("#place-add-{id}")).await;
    }
    let party = t.party().await;
    let told = async |bo: &Someone| {
        let (_, tokens) = t.log_in(&mut t.browser(), &party, bo, &["openid", "locations"]).await;
        let claims = party.userinfo(&tokens.access).await.unwrap();
        assert_ne!(claims["locations_all"], true);
        claims["locations"].clone()
    };
    let mut both = [bern.id.to_string(), zug.id.to_string()];
    both.sort();

    assert_eq!(told(&bo).await, serde_json::json!(both));
    // What hangs below a location is the application's; a new name of the place changes nobody's access either.
    t.app.store.write(async |w| w.change_location(&Location { name: "Biel".to_owned(), ..bern.clone() }).await).await.unwrap();
    assert_eq!(told(&bo).await, serde_json::json!(both));
}

#[tokio::test(flavor = "multi_thread")]
async fn s44_s45_neither_administrators_nor_people_of_several_customers_are_limited_to_locations() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let elsewhere = t.tenant("elsewhere").await;
    let (bo, chief) = (t.member(&acme, "bo@acme.example").await, t.admin(&acme, "chief@acme.example").await);
    t.join(&bo, &elsewhere, MembershipKind::Guest).await;
    let bern = place(&t, &acme, "Bern").await;

    for (person, kind) in [(&bo, "limited_several"), (&chief, "limited_admin")] {
        browser.goto(format!("/admin/acme/people/{}/locations", person.id)).await;
        browser.submit(&format!("#place-add-{}", bern.id)).await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, kind));
    }
}
