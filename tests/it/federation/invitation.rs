//! Invitations that are accepted with a password or by somebody who has an account (people.md S22, K33, K34).
use std::time::Duration;

use tenantry::model::{InvitationMethod, MembershipKind, MembershipState, PersonState, TenantState};
use url::Url;

use super::{Stage, member, refusal};
use crate::harness::browser::Browser;
use crate::harness::par::par;
use crate::harness::world::PASSWORD;

const ANNA: &str = "anna@contoso.example";

async fn choose(browser: &mut Browser, password: &str, again: &str) {
    browser.fill("#password", password).fill("#password-repeat", again).submit("#invitation-submit").await;
}

/// A stage with Anna's invitation, and its link.
async fn with_link(method: InvitationMethod) -> (Stage, crate::harness::world::Someone, Url) {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, method).await;
    let link = stage.t.mailbox.link(ANNA).await;
    (stage, anna, link)
}

fn over() -> (u16, String) {
    (410, "invitation_over".to_owned())
}

#[tokio::test]
async fn s22_the_link_leads_to_a_password_and_then_to_the_login() {
    let (stage, anna, link) = with_link(InvitationMethod::Password).await;
    let mut browser = stage.t.browser();

    browser.goto(&link).await;
    assert!(browser.text("h1").contains("Contoso"));
    choose(&mut browser, PASSWORD, PASSWORD).await;

    assert!(browser.has("#done-continue"));
    let person = stage.person(&anna).await;
    assert_eq!((person.state, person.has_password, person.email_verified), (PersonState::Active, true, true));
    assert_eq!(stage.membership(&anna, &stage.contoso).await, MembershipState::Active, "k34: nothing is pending any more");
    browser.follow("#done-continue").await;
    assert_eq!(browser.path(), "/login", "p9: signed in nowhere yet");
    stage.t.log_in(&mut browser, &stage.party, &anna, &["openid"]).await;
}

#[tokio::test]
async fn h07_looking_changes_nothing_and_leaves_the_token_nowhere() {
    let (stage, anna, link) = with_link(InvitationMethod::Any).await;
    let token = link.path_segments().unwrap().next_back().unwrap().to_owned();
    for _ in 0..3 {
        stage.t.browser().goto(&link).await;
    }
    let mut browser = stage.t.browser();

    browser.goto(&link).await;

    let page = browser.page();
    assert_eq!((page.url.path(), page.url.query()), ("/invitation", None));
    assert!(!page.body.contains(&token) && !page.body.contains(ANNA));
    assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
    let foreign = page.body.split(['"', '\'']).filter(|part| part.starts_with("http") || part.starts_with("//"));
    // The name of the language that the picture of the app's secret is drawn in.
    let foreign = foreign.filter(|part| *part != "http://www.w3.org/2000/svg");
    assert_eq!(foreign.count(), 0, "nothing is loaded from elsewhere");
    let cookie = browser.jar.cookies().iter().find(|cookie| cookie.value == token).unwrap();
    assert_eq!((cookie.name.as_str(), cookie.same_site.as_str()), ("tenantry-invitation", "lax"));
    assert!(!stage.t.log.text().contains(&token));
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn h04_a_link_used_by_many_at_once_has_one_winner() {
    let (stage, anna, link) = with_link(InvitationMethod::Password).await;
    let mut browsers = Vec::new();
    for _ in 0..8 {
        let mut browser = stage.t.browser();
        browser.goto(&link).await;
        browsers.push(browser);
    }

    let outcomes = par(8, |index| {
        let mut browser = browsers[index].clone();
        async move {
            let password = format!("a password of number {index}");
            choose(&mut browser, &password, &password).await;
            (browser.page().status, password)
        }
    })
    .await;

    let won: Vec<&String> = outcomes.iter().filter(|(status, _)| *status == 200).map(|(_, password)| password).collect();
    assert_eq!(won.len(), 1, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|(status, _)| *status == 410).count(), 7, "{outcomes:?}");
    let mut browser = stage.t.browser();
    browser.goto("/login/start").await;
    browser.fill("#identifier", &anna.email).fill("#password", won[0]).submit("#login-submit").await;
    assert_eq!(browser.path(), "/login/code");
}

#[tokio::test]
async fn h05_k33_a_newer_invitation_makes_the_older_link_worthless() {
    let (stage, anna, first) = with_link(InvitationMethod::Password).await;
    let mut opened_before = stage.t.browser();
    opened_before.goto(&first).await;
    let membership = stage.t.app.store.read(async |r| r.membership(&anna.id, &stage.contoso.id).await).await.unwrap().unwrap();
    stage.send(&membership, InvitationMethod::Password).await;
    let second = stage.t.mailbox.link(ANNA).await;

    choose(&mut opened_before, PASSWORD, PASSWORD).await;
    assert_eq!(refusal(&opened_before), over());

    let mut browser = stage.t.browser();
    browser.goto(&second).await;
    choose(&mut browser, PASSWORD, PASSWORD).await;
    assert!(browser.has("#done-continue"));
    assert_eq!(refusal(stage.t.browser().goto(&second).await), over(), "and the second one is used");
}

#[tokio::test]
async fn i02_forged_expired_and_revoked_links_look_alike() {
    let (stage, anna, link) = with_link(InvitationMethod::Password).await;
    let token = link.path_segments().unwrap().next_back().unwrap().to_owned();
    let other_kind = token.replacen("tni_", "tno_", 1);
    let texts = [format!("{token}x"), token[..20].to_owned(), other_kind, "%20".to_owned(), "a".repeat(300), "x.y.z".to_owned()];
    let mut pages = Vec::new();
    for text in &texts {
        let mut browser = stage.t.browser();
        browser.goto(format!("/invitation/{text}")).await;
        pages.push((text.clone(), refusal(&browser)));
    }
    let mut without_link = stage.t.browser();
    without_link.goto("/invitation").await;
    pages.push(("no cookie".to_owned(), refusal(&without_link)));
    stage.t.later(Duration::from_secs(7 * 24 * 60 * 60));
    let mut late = stage.t.browser();
    late.goto(&link).await;
    pages.push(("expired".to_owned(), refusal(&late)));

    for (what, shown) in pages {
        assert_eq!(shown, over(), "{what}");
    }
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn an_invitation_into_a_tenant_that_was_disabled_is_over() {
    let (stage, _, link) = with_link(InvitationMethod::Password).await;
    stage.t.app.store.write(async |w| w.set_tenant_state(&stage.contoso.id, TenantState::Disabled).await).await.unwrap();
    stage.t.app.refresh().await.unwrap();

    assert_eq!(refusal(stage.t.browser().goto(&link).await), over());
}

#[tokio::test]
async fn a_membership_that_was_ended_meanwhile_is_not_woken() {
    let (stage, anna, link) = with_link(InvitationMethod::Password).await;
    let mut browser = stage.t.browser();
    browser.goto(&link).await;
    let membership = stage.t.app.store.read(async |r| r.membership(&anna.id, &stage.contoso.id).await).await.unwrap().unwrap();
    stage.t.app.store.write(async |w| w.set_membership_state(&membership.id, MembershipState::Disabled).await).await.unwrap();

    choose(&mut browser, PASSWORD, PASSWORD).await;

    assert_eq!(refusal(&browser), over());
    assert_eq!(stage.person(&anna).await.state, PersonState::Invited);
}

#[tokio::test]
async fn a_password_that_cannot_be_used_is_explained_and_uses_nothing_up() {
    let (stage, _, link) = with_link(InvitationMethod::Password).await;
    let mut browser = stage.t.browser();
    browser.goto(&link).await;

    let kind = |browser: &Browser| browser.page().attr("#error", "data-kind");
    let long = "long enough but too long ".repeat(42);
    let cases = [
        ("something else entirely", "another thing", "mismatch"),
        ("sh0rt", "sh0rt", "too_short"),
        (long.as_str(), long.as_str(), "too_long"),
        ("passwordpassword", "passwordpassword", "too_common"),
        ("annaexample1", "annaexample1", "context"),
    ];
    for (password, again, expected) in cases {
        choose(&mut browser, password, again).await;
        assert_eq!((browser.page().status, kind(&browser).as_str()), (422, expected));
        assert!(!browser.page().body.contains(password));
    }
    choose(&mut browser, PASSWORD, PASSWORD).await;
    assert!(browser.has("#done-continue"));
}

#[tokio::test]
async fn an_invitation_for_microsoft_takes_no_password() {
    let (stage, anna, link) = with_link(InvitationMethod::Any).await;
    let mut browser = stage.t.browser();
    browser.goto(&link).await;
    let form = browser.fill("#password", PASSWORD).fill("#password-repeat", PASSWORD).form("#invitation-submit");
    let membership = stage.t.app.store.read(async |r| r.membership(&anna.id, &stage.contoso.id).await).await.unwrap().unwrap();
    stage.send(&membership, InvitationMethod::Microsoft).await;
    let link = stage.t.mailbox.link(ANNA).await;

    browser.goto(&link).await;
    assert!(!browser.has("#password") && browser.has(&format!("#upstream-{}", stage.connection.id)));
    browser.send(form).await;

    assert_eq!(refusal(&browser), over());
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn i01_an_account_joins_by_its_own_sign_in_and_not_by_the_link_alone() {
    let stage = Stage::set().await;
    let (home, other) = (stage.t.tenant("home").await, stage.t.member(&stage.contoso, "other@contoso.example").await);
    let vera = stage.t.member(&home, "vera@home.example").await;
    let membership = member(&stage.t, &vera, &stage.contoso, MembershipKind::Guest).await;
    stage.send(&membership, InvitationMethod::Any).await;
    let link = stage.t.mailbox.link(&vera.email).await;
    let mut browser = stage.t.browser();
    stage.t.log_in(&mut browser, &stage.party, &other, &["openid"]).await;
    stage.t.later(Duration::from_secs(1));

    browser.goto(&link).await;
    assert!(!browser.has("#password"), "the link sets no password for somebody who has one");
    browser.submit("#invitation-accept").await;
    assert_eq!(browser.path(), "/login", "somebody else is signed in: that one joins nothing");
    assert_eq!(stage.membership(&vera, &stage.contoso).await, MembershipState::Invited);
    stage.t.sign_in(&mut browser, &vera).await;
    assert_eq!(browser.path(), "/invitation");
    browser.submit("#invitation-accept").await;

    assert!(browser.has("#done-continue"));
    assert_eq!(stage.membership(&vera, &stage.contoso).await, MembershipState::Active);
    assert_eq!(refusal(browser.goto(&link).await), over());
}

#[tokio::test]
async fn i01_a_newcomers_form_sent_for_an_account_changes_no_password() {
    let (stage, anna, link) = with_link(InvitationMethod::Password).await;
    let mut browser = stage.t.browser();
    browser.goto(&link).await;
    let form =
        browser.fill("#password", "an attackers password").fill("#password-repeat", "an attackers password").form("#invitation-submit");
    stage.db_person_state(&anna, PersonState::Active).await;
    let before = stage.t.app.store.read(async |r| r.password_hash(&anna.id).await).await.unwrap();

    browser.send(form).await;

    assert_eq!(browser.path(), "/login");
    let after = stage.t.app.store.read(async |r| r.password_hash(&anna.id).await).await.unwrap();
    assert_eq!(before.map(|hash| hash.expose().clone()), after.map(|hash| hash.expose().clone()));
}

#[tokio::test]
async fn e10_another_site_cannot_accept_an_invitation() {
    let (stage, anna, link) = with_link(InvitationMethod::Password).await;
    let mut browser = stage.t.browser();
    browser.goto(&link).await;
    let form = browser.fill("#password", PASSWORD).fill("#password-repeat", PASSWORD).form("#invitation-submit");

    browser.send_from("https://evil.example", form).await;

    assert_eq!(refusal(&browser), (400, "expired".to_owned()));
    stage.assert_still_invited(&anna).await;
}
