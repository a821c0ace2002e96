//! Invitations that are accepted with a Microsoft account (microsoft.md 2.3 A and I).
use serde_json::json;
use tenantry::model::{BoundVia, InvitationMethod, MembershipState, PersonState};

use super::{Stage, connect, refusal};
use crate::harness::browser::Browser;
use crate::harness::issuer::{Account, OTHER_DIRECTORY};
use crate::harness::world::Someone;

const ANNA: &str = "anna@contoso.example";

/// A stage with Anna's invitation opened in a browser.
async fn opened(method: InvitationMethod) -> (Stage, Someone, Browser) {
    let stage = Stage::set().await;
    let anna = stage.invited(ANNA, method).await;
    let mut browser = stage.t.browser();
    browser.goto(stage.t.mailbox.link(ANNA).await).await;
    (stage, anna, browser)
}

#[tokio::test]
async fn k28_an_invitation_is_accepted_with_microsoft_and_the_account_signs_in_from_then_on() {
    let (stage, anna, mut browser) = opened(InvitationMethod::Microsoft).await;
    let account = Account::member(1, ANNA);

    stage.through(&mut browser, &account).await;

    assert!(browser.has("#done-continue"), "{}", browser.page());
    let bound = stage.identities(&anna).await;
    assert_eq!((bound.len(), bound[0].bound_via), (1, BoundVia::Invite));
    let person = stage.person(&anna).await;
    assert_eq!((person.state, person.has_password), (PersonState::Active, false));
    assert_eq!(stage.membership(&anna, &stage.contoso).await, MembershipState::Active);
    assert_eq!(refusal(browser.goto("/invitation").await).1, "invitation_over");
    assert_eq!(stage.tokens(&account, ANNA).await.claims["sub"], json!(anna.id));
}

#[tokio::test]
async fn another_address_is_asked_about_and_bound_when_that_was_meant() {
    let (stage, anna, mut browser) = opened(InvitationMethod::Any).await;
    let account = Account::member(1, "a.berg@fabrikam.example").with("email", "private@fabrikam.example");

    stage.through(&mut browser, &account).await;
    assert_eq!((browser.path(), browser.page().url.query()), ("/invitation/confirm", None));
    let shown = browser.text("main");
    assert!(shown.contains("a.berg@fabrikam.example") && shown.contains("a…@contoso.example") && !shown.contains(ANNA), "{shown}");
    stage.assert_still_invited(&anna).await;
    let form = browser.form("#mismatch-confirm");
    browser.submit("#mismatch-confirm").await;

    assert!(browser.has("#done-continue"), "{}", browser.page());
    assert_eq!(stage.identities(&anna).await[0].oid, account.oid);
    let tokens = stage.tokens(&account, ANNA).await;
    let email = &stage.party.userinfo(&tokens.access).await.unwrap()["email"];
    assert_eq!(email, ANNA, "the address here stays the invited one");
    browser.goto("/").await.send(form).await;
    assert_eq!(refusal(&browser).1, "invitation_over");
    let events = stage.audit().await;
    for outcome in ["asked", "confirmed"] {
        assert!(events.contains(&("invitation.mismatch".to_owned(), outcome.to_owned())), "{outcome}: {events:?}");
    }
}

#[tokio::test]
async fn another_address_that_was_not_meant_is_forgotten() {
    let (stage, anna, mut browser) = opened(InvitationMethod::Any).await;

    stage.through(&mut browser, &Account::member(2, "mallory@fabrikam.example")).await;
    let confirm = browser.form("#mismatch-confirm");
    browser.submit("#mismatch-deny").await;
    browser.follow("#done-continue").await;
    assert_eq!((browser.path(), browser.page().status), ("/invitation", 200));
    browser.goto("/").await.send(confirm).await;

    assert_eq!(refusal(&browser).1, "invitation_over", "the answer was given");
    stage.assert_still_invited(&anna).await;
    browser.goto("/invitation").await;
    stage.through(&mut browser, &Account::member(1, ANNA)).await;
    assert_eq!(stage.identities(&anna).await[0].oid, Account::member(1, ANNA).oid);
}

#[tokio::test]
async fn j04_the_question_is_answered_in_the_browser_that_was_asked_for_the_account_that_came_back() {
    let (stage, anna, mut browser) = opened(InvitationMethod::Any).await;
    stage.through(&mut browser, &Account::member(1, "a.berg@fabrikam.example")).await;
    let pending = browser.jar.cookies().iter().find(|cookie| cookie.name == "tenantry-pending").unwrap().value.clone();
    let form = browser.form("#mismatch-confirm");

    let mut foreign = stage.t.browser();
    foreign.goto("/login/start").await;
    foreign.extra = vec![(
        "cookie",
        format!(
            "{}; tenantry-pending={pending}",
            foreign.jar.header(&form.action, crate::harness::cookies::Site::SameOrigin, true).unwrap()
        ),
    )];
    foreign.goto("/invitation/confirm").await;
    assert_eq!(refusal(&foreign).1, "invitation_over", "another browser is not asked");

    // Back from Microsoft with a second account meanwhile: the first question is about the first account only.
    let mut second = browser.clone();
    second.goto("/invitation").await;
    stage.through(&mut second, &Account::member(2, "b.cook@fabrikam.example")).await;
    browser.send(form).await;
    assert!(browser.has("#done-continue"));
    let bound = stage.identities(&anna).await;
    assert_eq!((bound.len(), bound[0].oid.clone()), (1, Account::member(1, "").oid));
    second.submit("#mismatch-confirm").await;
    assert_eq!(refusal(&second).1, "invitation_over");
    assert_eq!(stage.identities(&anna).await.len(), 1);
}

#[tokio::test]
async fn i_the_account_of_another_person_accepts_nothing() {
    let (stage, anna, mut browser) = opened(InvitationMethod::Any).await;
    let bert = stage.invited("bert@contoso.example", InvitationMethod::Microsoft).await;
    stage.t.mailbox.everything().await;
    let account = Account::member(7, "bert@contoso.example");
    stage.tokens(&account, "bert@contoso.example").await;

    stage.through(&mut browser, &account).await;

    assert_eq!(refusal(&browser), (403, "upstream_other_account".to_owned()));
    stage.assert_still_invited(&anna).await;
    assert_eq!(stage.identities(&bert).await.len(), 1);
    browser.follow("#problem-retry").await;
    assert_eq!(browser.path(), "/invitation");
}

#[tokio::test]
async fn a_tenant_with_a_directory_of_its_own_takes_no_other() {
    let stage = Stage::set().await;
    let other = connect(&stage.t, &stage.issuer, OTHER_DIRECTORY, None, false).await;
    let anna = stage.invited(ANNA, InvitationMethod::Any).await;
    let mut browser = stage.t.browser();
    browser.goto(stage.t.mailbox.link(ANNA).await).await;
    assert!(!browser.has(&format!("#upstream-{}", other.id)));
    let mut form = browser.form(&format!("#upstream-{}", stage.connection.id));
    for (_, value) in form.fields.iter_mut().filter(|(name, _)| name == "connection") {
        *value = other.id.to_string();
    }

    browser.send(form).await;

    assert_eq!(browser.page().status, 400);
    stage.assert_still_invited(&anna).await;
}

#[tokio::test]
async fn an_invitation_that_is_accepted_meanwhile_is_not_accepted_twice() {
    let (stage, anna, mut browser) = opened(InvitationMethod::Any).await;
    let mut elsewhere = browser.clone();
    let away = stage.depart(&mut browser, &stage.connection).await;
    let back = stage.issuer.sign_in(&away, &Account::member(1, ANNA));
    let password = crate::harness::world::PASSWORD;
    elsewhere.fill("#password", password).fill("#password-repeat", password).submit("#invitation-submit").await;

    browser.goto(back).await;

    assert_eq!(refusal(&browser), (410, "invitation_over".to_owned()));
    assert!(stage.identities(&anna).await.is_empty());
}

#[tokio::test]
async fn turning_back_at_microsoft_leaves_the_invitation_open() {
    let (stage, anna, mut browser) = opened(InvitationMethod::Any).await;
    let away = stage.depart(&mut browser, &stage.connection).await;

    browser.goto(stage.issuer.refuse(&away, &[("error", "access_denied"), ("error_subcode", "cancel")])).await;
    assert_eq!(refusal(&browser).1, "upstream_cancelled");
    browser.follow("#problem-retry").await;

    assert_eq!((browser.path(), browser.page().status), ("/invitation", 200));
    stage.assert_still_invited(&anna).await;
}
