//! People of all tenants: found, disabled, helped (people.md C16, S58), each with the last administrator in mind.
use std::time::Duration;

use tenantry::model::{FactorKind, Membership, MembershipId, MembershipKind, MfaReset, Person, PersonId, PersonState};
use tenantry::service::Network;
use tenantry::service::everybody::{Operating, standing};

use super::{actions, at_work, olga, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

pub async fn person(t: &Tenantry, id: &PersonId) -> Person {
    t.app.store.read(async |r| r.person(id).await).await.unwrap().expect("the row is there")
}

/// Opens the page of somebody, follows a deed and confirms it.
async fn does(browser: &mut Browser, who: &Someone, deed: &str) {
    browser.goto(format!("/operator/people/{}", who.id)).await;
    browser.follow(&format!("#deed-{deed}")).await;
    assert!(browser.has(".effects"), "it says what will happen");
    browser.submit("#confirm").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c24_operators_find_everybody_of_all_tenants() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let anna = t.member(&acme, "anna@acme.example").await;
    t.guest(&globex, &anna).await;
    t.member(&globex, "ben@globex.example").await;
    t.person("nils@nowhere.example").await;
    let mut browser = at_work(&t).await;

    browser.goto("/operator/people").await;
    assert_eq!(browser.page().texts("tbody th a"), ["Anna Example", "Ben Example", "Nils Example", "Olga Example"]);
    for (query, found) in [
        ("q=ANN", vec!["Anna Example"]),
        ("q=globex.ex", vec!["Ben Example"]),
        ("tenant=N-globex", vec!["Anna Example", "Ben Example"]),
        ("tenant=globex&q=ben", vec!["Ben Example"]),
        ("tenant=unknown", vec![]),
        ("state=deactivated", vec![]),
        ("factor=email&q=nils", vec!["Nils Example"]),
    ] {
        browser.goto(format!("/operator/people?{query}")).await;
        assert_eq!(browser.page().texts("tbody th a"), found, "{query}");
    }
    browser.goto(format!("/operator/people?q={}", anna.id)).await;
    browser.follow("tbody th a").await;
    assert_eq!(browser.text("#person-email"), "anna@acme.example");
    assert_eq!(browser.page().texts("#person-places a").len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_disabling_somebody_everywhere_ends_sessions_and_tokens_and_no_administrator_undoes_it() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let marie = t.admin(&acme, "marie@acme.example").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let party = t.party().await;
    let mut member = t.browser();
    let (_, tokens) = t.log_in(&mut member, &party, &anna, &["openid", "offline_access"]).await;
    let mut browser = at_work(&t).await;

    does(&mut browser, &anna, "disable").await;

    assert!(browser.has("#done") && browser.has("#deed-enable"));
    assert!(party.userinfo(&tokens.access).await.is_err() && party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    member.goto("/account").await;
    assert_eq!(member.path(), "/login");
    let mut admin = signed_in(&t, &marie).await;
    admin.goto(format!("/admin/acme/people/{}", anna.id)).await;
    assert!(!admin.has("#deed-enable"), "the operator's deactivation is not the tenant's");
    does(&mut browser, &anna, "enable").await;
    assert_eq!(person(&t, &anna.id).await.state, PersonState::Active);
    let trail = actions(&t).await;
    assert!(trail.contains(&"person.disable".to_owned()) && trail.contains(&"person.enable".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_no_tenant_loses_its_last_administrator_to_an_operator() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let marie = t.admin(&acme, "marie@acme.example").await;
    t.join_with(&marie, &globex, MembershipKind::Guest, |new| new.admin = true).await;
    t.admin(&acme, "second@acme.example").await;
    let mut browser = at_work(&t).await;

    does(&mut browser, &marie, "disable").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "last_admin"));
    assert!(browser.text("#error").contains("Globex"), "it names the tenant");
    browser.goto(format!("/operator/people/{}/erase", marie.id)).await;
    browser.fill("#typed", &marie.email).submit("#confirm").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "last_admin"));
    assert_eq!(person(&t, &marie.id).await.state, PersonState::Active);

    t.admin(&globex, "third@globex.example").await;
    does(&mut browser, &marie, "disable").await;
    assert_eq!(person(&t, &marie.id).await.state, PersonState::Deactivated);
}

#[tokio::test(flavor = "multi_thread")]
async fn i19_operators_do_none_of_it_to_themselves() {
    let t = Tenantry::start().await;
    let olga = olga(&t).await;
    let mut browser = signed_in(&t, &olga).await;
    browser.goto(format!("/operator/people/{}", olga.id)).await;
    assert!(!browser.has("#deeds"));

    for deed in ["disable", "enable", "unlock", "reset", "factor", "keep"] {
        browser.goto(format!("/operator/people/{}/{deed}", olga.id)).await;
        browser.submit("#confirm").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (403, "oneself"), "{deed}");
    }
    browser.goto(format!("/operator/people/{}/erase", olga.id)).await;
    browser.fill("#typed", &olga.email).submit("#confirm").await;
    assert_eq!(browser.page().status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn c16_an_operator_ends_a_pause_and_sends_a_link_that_the_operator_never_sees() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut guesser = t.browser();
    for _ in 0..10 {
        guesser.goto("/login/start").await;
        guesser.fill("#identifier", &anna.email).fill("#password", "wrong").submit("#login-submit").await;
    }
    let mut browser = at_work(&t).await;

    does(&mut browser, &anna, "unlock").await;
    assert!(browser.has("#done") && !browser.has("#deed-unlock"));
    assert_eq!(person(&t, &anna.id).await.lockout.paused_until, None);

    t.mailbox.take(&anna.email).await;
    does(&mut browser, &anna, "reset").await;
    assert!(browser.has("#done"));
    let link = t.mailbox.link(&anna.email).await;
    assert!(link.path().starts_with("/recovery/"));
    assert!(!browser.page().body.contains(link.path()), "nowhere on the operator's page");
    assert!(actions(&t).await.contains(&"recovery.link".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s58_support_alone_resets_a_second_factor_where_the_tenant_says_so() {
    let t = Tenantry::start().await;
    let strict = t.tenant_with("strict", |policy| policy.mfa_reset_by = [MfaReset::Operator].into()).await;
    let usual = t.tenant("usual").await;
    let (anna, ben) = (t.member(&strict, "anna@strict.example").await, t.member(&usual, "ben@usual.example").await);
    for someone in [&anna, &ben] {
        t.db_authenticator(someone).await;
    }
    let mut browser = at_work(&t).await;

    browser.goto(format!("/operator/people/{}", ben.id)).await;
    assert!(!browser.has("#deed-factor"), "the tenant's administrators do that");
    browser.goto(format!("/operator/people/{}/factor", ben.id)).await;
    browser.submit("#confirm").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (403, "rules"));
    assert_eq!(person(&t, &ben.id).await.second_factor, FactorKind::Totp);

    does(&mut browser, &anna, "factor").await;
    assert!(browser.has("#done"));
    assert_eq!(person(&t, &anna.id).await.second_factor, FactorKind::Email, "codes by e-mail where the tenant begins with them");
    assert!(t.app.store.read(async |r| r.totp_factor(&anna.id).await).await.unwrap().is_none());
    assert!(t.mailbox.letter(&anna.email).await.text.contains("second factor was reset"), "the person is told");
    let mut member = t.browser();
    member.goto("/login/start").await;
    member.fill("#identifier", &anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    assert_eq!(member.path(), "/login/code", "a code by e-mail is asked for now");
    assert!(actions(&t).await.contains(&"factor.reset".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_what_operators_do_to_people_wants_a_recent_sign_in() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/people/{}/disable", anna.id)).await;
    t.later(Duration::from_secs(3600));

    browser.submit("#confirm").await;

    assert_eq!(browser.path(), "/login");
    assert_eq!(person(&t, &anna.id).await.state, PersonState::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn g07_no_operator_takes_the_second_factor_of_another_one() {
    let t = Tenantry::start().await;
    let oskar = t.person_with("oskar@ops.example", |new| (new.operator, new.second_factor) = (true, FactorKind::Totp)).await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/people/{}", oskar.id)).await;
    assert!(!browser.has("#deed-factor"));

    browser.goto(format!("/operator/people/{}/factor", oskar.id)).await;
    browser.submit("#confirm").await;

    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (403, "of_an_operator"));
    assert_eq!(person(&t, &oskar.id).await.second_factor, FactorKind::Totp);
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_nobody_who_becomes_an_administrator_meanwhile_is_disabled_as_the_last_one() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let (anna, boss) = (t.member(&acme, "anna@acme.example").await, t.admin(&globex, "boss@globex.example").await);
    let (olga, network) = (olga(&t).await, Network::local());
    let operating = Operating { app: &t.app, operator: &olga.id, network: &network, now: t.now() };
    let before = t.app.store.read(async |r| r.membership(&boss.id, &globex.id).await).await.unwrap().unwrap();
    let fresh =
        Membership { id: MembershipId::from_text("mem_late"), person: anna.id.clone(), kind: MembershipKind::Guest, ..before.clone() };
    let (made, is_made) = tokio::sync::oneshot::channel();
    let make = t.app.store.write(async |w| {
        w.hold_tenant(&globex.id).await?;
        assert!(w.insert_membership(&fresh).await?);
        assert!(w.has_other_admin(&globex.id, &before.id).await?);
        w.set_admin(&before.id, false).await?;
        made.send(()).unwrap();
        // Long enough for the other one to reach the row.
        for _ in 0..100 {
            w.person(&boss.id).await?;
        }
        Ok(())
    });
    let disable = async {
        is_made.await.unwrap();
        standing::disable(&operating, &anna.id).await.unwrap()
    };

    let (made, disabled) = tokio::join!(make, disable);

    made.unwrap();
    assert!(disabled.is_err(), "{disabled:?}");
    assert_eq!(person(&t, &anna.id).await.state, PersonState::Active);
}
