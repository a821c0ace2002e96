//! Disabling, unlocking, administrators, leaving.
use std::time::Duration;

use tenantry::model::{MembershipKind, MembershipState, PersonState, Removal};
use tenantry::service::people::acting::Refusal;
use tenantry::service::people::admins::set_admin;
use tenantry::service::people::convert::convert;
use tenantry::service::people::create::create;
use tenantry::service::people::inviting::{decline, hand_over, send};
use tenantry::service::people::leaving::{leave, remove};
use tenantry::service::people::standing::{disable, enable, unlock, wake};

use super::desk::{Desk, nameless, verified};
use crate::harness::world::PASSWORD;

const ALL: &[&str] = &["openid", "offline_access"];

#[tokio::test(flavor = "multi_thread")]
async fn s15_the_home_disables_the_person_and_another_tenant_its_guest_alone() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.guest(&desk.globex, &anna).await;
    let mut browser = desk.t.browser();
    let request = desk.party.authorize(ALL, &[("tenant", "acme")]);
    browser.goto(request.url.as_str()).await;
    desk.t.sign_in(&mut browser, &anna).await;
    let code = desk.party.landed(&request, browser.landing()).code();
    let tokens = desk.party.exchange(&request, &code).await.unwrap();
    let (home, away) = (desk.scope(&desk.marie.id, &desk.acme).await, desk.scope(&desk.gil.id, &desk.globex).await);

    disable(&desk.acting(&away), &anna.id).await.unwrap().unwrap();
    assert_eq!(desk.person(&anna.id).await.state, PersonState::Active);
    assert_eq!(desk.membership(&anna.id, &desk.globex).await.state, MembershipState::Disabled);
    enable(&desk.acting(&away), &anna.id).await.unwrap().unwrap();
    assert_eq!(desk.membership(&anna.id, &desk.globex).await.state, MembershipState::Active);

    disable(&desk.acting(&home), &anna.id).await.unwrap().unwrap();
    assert_eq!(disable(&desk.acting(&home), &anna.id).await.unwrap(), Err(Refusal::NotNow));
    assert_eq!(desk.person(&anna.id).await.state, PersonState::Deactivated);
    let refresh = tokens.refresh.expect("a refresh token");
    assert!(desk.party.refresh(&refresh).await.is_err(), "c04: the family ended");
    enable(&desk.acting(&home), &anna.id).await.unwrap().unwrap();
    assert_eq!(desk.person(&anna.id).await.state, PersonState::Active);
    assert!(desk.party.refresh(&refresh).await.is_err(), "what ended stays ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn i01_whoever_was_only_invited_is_not_the_inviters_to_disable() {
    let desk = Desk::set().await;
    let odo = desk.t.person_with("odo@example.com", |new| new.operator = true).await;
    let nils = desk.t.person_with("nils@example.com", |_| {}).await;
    let clerk = desk.clerk("carl", &["tenantry:people"]).await;
    let scope = desk.scope(&clerk.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    for someone in [&odo, &nils] {
        create(&acting, verified(&someone.email)).await.unwrap().unwrap();
        disable(&acting, &someone.id).await.unwrap().unwrap();
        assert_eq!(desk.person(&someone.id).await.state, PersonState::Active, "a home of nobody's choice");
        assert_eq!(unlock(&acting, &someone.id).await.unwrap(), Err(Refusal::OtherHome));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i08_no_link_leads_to_more_than_the_one_who_makes_it_holds() {
    let desk = Desk::set().await;
    let created = desk.create(nameless()).await.unwrap();
    let group = desk.t.group(&desk.acme, "Payers", &[("payments:write", false)]).await;
    desk.t.app.store.write(async |w| w.add_group_member(&group.id, &created.membership).await).await.unwrap();
    let clerk = desk.clerk("carl", &["tenantry:people"]).await;
    let scope = desk.scope(&clerk.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    assert_eq!(convert(&acting, &created.person, "mine@example.com").await.unwrap(), Err(Refusal::NotHeld));
    assert_eq!(hand_over(&acting, &created.person).await.unwrap().err(), Some(Refusal::NotHeld));
    assert_eq!(remove(&acting, &created.person).await.unwrap(), Err(Refusal::NotHeld), "i10");
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_whom_an_operator_disabled_no_tenant_enables() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.app.store.write(async |w| w.disable_person(&anna.id, true, desk.t.now()).await).await.unwrap();
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;

    assert_eq!(enable(&desk.acting(&scope), &anna.id).await.unwrap(), Err(Refusal::ByOperator));
}

#[tokio::test(flavor = "multi_thread")]
async fn s34_the_administrator_at_home_ends_a_pause() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.guest(&desk.globex, &anna).await;
    let mut browser = desk.t.browser();
    browser.goto(desk.party.authorize(&["openid"], &[("tenant", "acme")]).url.as_str()).await;
    for _ in 0..10 {
        browser.fill("#identifier", &anna.email).fill("#password", "wrong").submit("#login-submit").await;
    }
    browser.fill("#identifier", &anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    assert_eq!(browser.page().status, 429);

    let (away, home) = (desk.scope(&desk.gil.id, &desk.globex).await, desk.scope(&desk.marie.id, &desk.acme).await);
    assert_eq!(unlock(&desk.acting(&away), &anna.id).await.unwrap(), Err(Refusal::OtherHome), "c28");
    unlock(&desk.acting(&home), &anna.id).await.unwrap().unwrap();

    browser.fill("#identifier", &anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    assert_eq!(browser.path(), "/login/code");
}

#[tokio::test(flavor = "multi_thread")]
async fn s35_idleness_is_forgiven_in_this_tenant() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.later(Duration::from_secs(91 * 86_400));
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;

    wake(&desk.acting(&scope), &anna.id).await.unwrap().unwrap();

    assert_eq!(desk.membership(&anna.id, &desk.acme).await.idle_since(), desk.t.now());
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_two_administrators_who_unmake_each_other_at_once_leave_one() {
    for _ in 0..4 {
        let desk = Desk::set().await;
        let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
        desk.db_admin(&anna.id, &desk.acme).await;
        let (marie, other) = (desk.scope(&desk.marie.id, &desk.acme).await, desk.scope(&anna.id, &desk.acme).await);
        let (first, second) = (desk.acting(&marie), desk.acting(&other));

        let (one, two) = tokio::join!(set_admin(&first, &anna.id, false), remove(&second, &desk.marie.id));

        let done = [one.unwrap().is_ok(), two.unwrap().is_ok()];
        assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
        let admins = [&desk.marie, &anna].map(|someone| desk.membership(&someone.id, &desk.acme));
        let [marie, anna] = admins;
        assert_eq!([marie.await.admin, anna.await.admin].iter().filter(|admin| **admin).count(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_s4_only_administrators_make_administrators_and_nobody_himself() {
    let desk = Desk::set().await;
    let clerk = desk.clerk("carl", &["tenantry:people"]).await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    let (admin, limited) = (desk.scope(&desk.marie.id, &desk.acme).await, desk.scope(&clerk.id, &desk.acme).await);

    assert_eq!(set_admin(&desk.acting(&limited), &anna.id, true).await.unwrap(), Err(Refusal::NotHeld));
    assert_eq!(set_admin(&desk.acting(&limited), &desk.marie.id, false).await.unwrap(), Err(Refusal::OfAnAdmin));
    assert_eq!(disable(&desk.acting(&limited), &desk.marie.id).await.unwrap(), Err(Refusal::OfAnAdmin));
    assert_eq!(set_admin(&desk.acting(&admin), &desk.marie.id, false).await.unwrap(), Err(Refusal::Oneself));
    assert_eq!(set_admin(&desk.acting(&admin), &desk.gil.id, true).await.unwrap(), Err(Refusal::NotFound), "k4: of another tenant");
    set_admin(&desk.acting(&admin), &anna.id, true).await.unwrap().unwrap();
    assert!(desk.membership(&anna.id, &desk.acme).await.admin);
    assert_eq!(desk.noted("member.make_admin", "done").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn k45_i25_who_left_has_no_access_any_more_and_may_come_back() {
    let desk = Desk::set().await;
    desk.t.guest(&desk.acme, &desk.gil).await;
    let mut browser = desk.t.browser();
    let request = desk.party.authorize(ALL, &[("tenant", "acme")]);
    browser.goto(request.url.as_str()).await;
    desk.t.sign_in(&mut browser, &desk.gil).await;
    let code = desk.party.landed(&request, browser.landing()).code();
    let tokens = desk.party.exchange(&request, &code).await.unwrap();
    let (network, now) = (desk.network(), desk.t.now());

    let home = leave(&desk.t.app, &desk.gil.id, &desk.globex.id, network, now).await.unwrap();
    leave(&desk.t.app, &desk.gil.id, &desk.acme.id, network, now).await.unwrap().unwrap();
    let again = leave(&desk.t.app, &desk.gil.id, &desk.acme.id, network, now).await.unwrap();

    assert_eq!((home, again), (Err(Refusal::Rules), Err(Refusal::NotFound)), "k38: everybody has a home");
    assert!(desk.party.refresh(&tokens.refresh.expect("a refresh token")).await.is_err());
    let back = desk.create(verified(&desk.gil.email)).await.unwrap();
    assert_eq!((back.kind, back.state), (MembershipKind::Guest, MembershipState::Invited));
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_where_people_are_only_disabled_nobody_at_home_is_removed() {
    let desk = Desk::with(|policy| policy.user_removal = Removal::Disable).await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.guest(&desk.acme, &desk.gil).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;

    assert_eq!(remove(&desk.acting(&scope), &anna.id).await.unwrap(), Err(Refusal::Rules));
    remove(&desk.acting(&scope), &desk.gil.id).await.unwrap().unwrap();
    assert_eq!(remove(&desk.acting(&scope), &desk.gil.id).await.unwrap(), Err(Refusal::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn k40_an_invitation_is_declined_by_the_invited_alone() {
    let desk = Desk::set().await;
    desk.create(verified(&desk.gil.email)).await.unwrap();
    let (network, now) = (desk.network(), desk.t.now());
    let open = desk.t.app.store.read(async |r| r.open_invitations(&desk.gil.id, now).await).await.unwrap().pop().unwrap();

    let other = decline(&desk.t.app, &desk.marie.id, &open.id, network, now).await.unwrap();
    decline(&desk.t.app, &desk.gil.id, &open.id, network, now).await.unwrap().unwrap();
    let again = decline(&desk.t.app, &desk.gil.id, &open.id, network, now).await.unwrap();

    assert_eq!((other, again), (Err(Refusal::NotFound), Err(Refusal::NotNow)));
    assert_eq!(desk.membership(&desk.gil.id, &desk.acme).await.state, MembershipState::Left);
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let method = tenantry::model::InvitationMethod::Password;
    assert_eq!(send(&desk.acting(&scope), &desk.gil.id, method).await.unwrap(), Err(Refusal::NotFound));
}
