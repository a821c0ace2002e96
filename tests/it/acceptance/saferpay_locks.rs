//! Saferpay: locks, expired passwords, resets (people.md S17, S29, S31 to S36).
use std::time::Duration;

use tenantry::policy::presets::Preset;

use super::{NEW, describe, does, forget, page_of, post, renew, status};
use crate::admin::{knock, lock, nameless, office};
use crate::harness::relying_party::Landed;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};
use crate::rights::doors::signed_in;

const MINUTES: Duration = Duration::from_secs(60);
const DAYS: Duration = Duration::from_secs(86_400);
const NEWER: &str = "pebble harbour violin 7";

/// The link in the letter to somebody.
async fn letter(t: &Tenantry, who: &Someone) -> String {
    t.mailbox.link(&who.email).await.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_the_list_says_that_a_password_expired_and_nothing_opens_before_it_is_renewed() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let party = t.party().await;
    for _ in 0..2 {
        t.later(85 * DAYS);
        t.log_in(&mut t.browser(), &party, &bo, &["openid"]).await;
    }
    t.later(11 * DAYS);
    let late = t.admin(&acme, "late@acme.example").await;
    let mut office = signed_in(&t, &late).await;

    assert_eq!(status(&mut office, "bo@acme.example").await, "password_expired");

    let mut his = t.browser();
    his.goto("/login/start").await;
    t.sign_in(&mut his, &bo).await;
    assert_eq!(his.path(), "/login/password");
    his.fill("#password", NEW).fill("#password-repeat", NEW).submit("#renewal-submit").await;
    assert_eq!(status(&mut office, "bo@acme.example").await, "active");
}

#[tokio::test(flavor = "multi_thread")]
async fn s29_people_without_address_reset_nothing_themselves_and_get_the_administrators_link() {
    let t = Tenantry::start().await;
    let (_, _, mut office) = office(&t, Preset::Saferpay).await;
    let (name, page) = nameless(&t, &mut office).await;
    forget(&t, &name).await;
    forget(&t, &format!("{name}@acme.example")).await;
    assert!(t.mailbox.everything().await.is_empty(), "no self reset");

    does(&mut office, &page, "reset").await;

    let link = office.text("#link");
    assert!(link.starts_with(&t.url("/recovery/")), "{link}");
    assert!(t.mailbox.everything().await.is_empty(), "it is handed over");
    assert!(renew(&t, &link, NEW).await.has("#done-continue"));
    assert_eq!(knock(&mut t.browser(), &name, PASSWORD).await, 401);
    assert_eq!(knock(&mut t.browser(), &name, NEW).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn s31_too_many_wrong_passwords_block_for_thirty_minutes_and_not_longer() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Saferpay).await;
    let (bo, clara) = (t.member(&acme, "bo@acme.example").await, t.member(&acme, "clara@acme.example").await);

    let mut his = lock(&t, &bo.email).await;

    assert_eq!(knock(&mut his, &bo.email, PASSWORD).await, 429);
    assert_eq!(knock(&mut t.browser(), &clara.email, PASSWORD).await, 200, "nobody else");
    t.later(29 * MINUTES);
    assert_eq!(knock(&mut his, &bo.email, PASSWORD).await, 429);
    t.later(MINUTES);
    assert_eq!(knock(&mut his, &bo.email, PASSWORD).await, 200, "without anybody's help");
}

#[tokio::test(flavor = "multi_thread")]
async fn s32_whoever_has_no_address_hears_of_the_administrator_and_waiting_is_enough() {
    let t = Tenantry::start().await;
    let (_, _, mut office) = office(&t, Preset::Saferpay).await;
    let (name, _) = nameless(&t, &mut office).await;

    let mut his = lock(&t, &name).await;

    assert_eq!(knock(&mut his, &name, PASSWORD).await, 429);
    let said = his.text("#error");
    assert!(said.contains("paused for 30 minutes") && said.contains("Your administrator can help"), "{said}");
    t.later(30 * MINUTES);
    assert_eq!(knock(&mut his, &name, PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_the_administrator_unlocks_somebody_without_address_before_the_time() {
    let t = Tenantry::start().await;
    let (_, _, mut office) = office(&t, Preset::Saferpay).await;
    let (name, page) = nameless(&t, &mut office).await;
    let mut his = lock(&t, &name).await;
    t.later(5 * MINUTES);
    assert_eq!((status(&mut office, "uwe").await.as_str(), knock(&mut his, &name, PASSWORD).await), ("locked", 429));

    does(&mut office, &page, "unlock").await;

    assert_eq!(status(&mut office, "uwe").await, "active");
    assert_eq!(knock(&mut his, &name, PASSWORD).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn s35_after_ninety_days_no_link_but_the_administrators_opens_the_account() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let party = t.party().await;
    t.log_in(&mut t.browser(), &party, &bo, &["openid"]).await;
    t.later(91 * DAYS);
    let late = t.admin(&acme, "late@acme.example").await;
    let mut office = signed_in(&t, &late).await;
    let enters = async |password: &str| {
        let request = party.authorize(&["openid"], &[]);
        let mut browser = t.browser();
        browser.goto(request.url.as_str()).await;
        browser.fill("#identifier", &bo.email).fill("#password", password).submit("#login-submit").await;
        if browser.left().is_none() && browser.path() == "/login/code" {
            let code = t.mailbox.code(&bo.email).await;
            browser.fill("#code", &code).submit("#code-submit").await;
        }
        if browser.left().is_some() {
            return (party.landed(&request, browser.landing()), String::new());
        }
        assert_eq!(browser.page().status, 403);
        (party.landed(&request, &browser.page().link("#locked-back")), browser.text("#locked"))
    };

    let (Landed::Denied { error, description }, said) = enters(PASSWORD).await else { panic!("the next attempt is let in") };
    assert_eq!(error, "access_denied");
    for told in [&description, &said] {
        assert!(told.contains("locked") && told.contains("administrator"), "{told}");
    }
    let mut stranger = t.browser();
    stranger.goto(party.authorize(&["openid"], &[]).url.as_str()).await;
    stranger.fill("#identifier", &bo.email).fill("#password", "a guess").submit("#login-submit").await;
    assert_eq!((stranger.page().status, stranger.has("#locked")), (401, false), "without the right password nothing is told");
    assert_eq!(status(&mut office, "bo@acme.example").await, "locked");
    forget(&t, &bo.email).await;
    renew(&t, &letter(&t, &bo).await, NEW).await;
    t.mailbox.take(&bo.email).await;
    assert!(matches!(enters(NEW).await.0, Landed::Denied { .. }), "one's own link does not unlock");

    does(&mut office, &page_of(&bo), "reset").await;
    assert_eq!(status(&mut office, "bo@acme.example").await, "locked", "the link has to be used");
    renew(&t, &letter(&t, &bo).await, NEWER).await;
    t.mailbox.take(&bo.email).await;

    assert_eq!(status(&mut office, "bo@acme.example").await, "active");
    assert!(matches!(enters(NEWER).await.0, Landed::Code(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn s35_the_page_of_the_lock_hands_the_answer_on_in_the_mode_that_was_asked_for() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let party = t.party().await;
    t.log_in(&mut t.browser(), &party, &bo, &["openid"]).await;
    t.later(91 * DAYS);

    let request = party.authorize(&["openid"], &[("response_mode", "form_post")]);
    let mut browser = t.browser();
    browser.goto(request.url.as_str()).await;
    browser.fill("#identifier", &bo.email).fill("#password", PASSWORD).submit("#login-submit").await;
    if browser.path() == "/login/code" {
        let code = t.mailbox.code(&bo.email).await;
        browser.fill("#code", &code).submit("#code-submit").await;
    }

    let page = browser.page();
    assert_eq!((page.status, page.header("cache-control")), (403, "no-store"));
    assert_eq!(page.attr("form.stack", "method"), "post");
    let names = page.attrs("form.stack input", "name");
    let form = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(names.iter().zip(page.attrs("form.stack input", "value")))
        .finish();
    assert!(page.attr("form.stack", "action").starts_with("http") && !names.iter().any(|name| name == "csrf"), "{names:?}");
    assert!(matches!(party.landed_with(&request, &form), Landed::Denied { error, .. } if error == "access_denied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s36_a_reset_ends_locks_and_leaves_whoever_is_deactivated_or_invited_as_he_is() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let (bo, dora) = (t.member(&acme, "bo@acme.example").await, t.member(&acme, "dora@acme.example").await);
    forget(&t, &dora.email).await;
    let before = letter(&t, &dora).await;
    does(&mut office, &page_of(&dora), "disable").await;
    describe(&mut office, "nina@acme.example").await.submit("#person-create").await;
    let nina = super::someone(&t, "nina@acme.example").await;
    t.mailbox.everything().await;
    lock(&t, &bo.email).await;
    assert_eq!(status(&mut office, "bo@acme.example").await, "locked");

    forget(&t, &bo.email).await;
    renew(&t, &letter(&t, &bo).await, NEW).await;

    assert_eq!(status(&mut office, "bo@acme.example").await, "active", "a lock is lifted");
    for (who, stays) in [(&dora, "deactivated"), (&nina, "invited")] {
        forget(&t, &who.email).await;
        office.goto(page_of(who)).await;
        assert!(!office.has("#deed-reset"), "{stays}");
        assert_eq!(post(&mut office, &format!("{}/reset", page_of(who)), &[]).await, 422, "{stays}");
        assert!(t.mailbox.take(&who.email).await.is_empty(), "{stays}: no link");
        assert_eq!(status(&mut office, &who.email).await, stays);
    }
    assert_eq!(t.browser().goto(&before).await.page().status, 410, "nor does a link of before activate");
}
