//! OpenID Connect Back-Channel Logout 1.0: who is told, what the token says, what happens when nobody answers.
use tenantry::keys::Typ;
use tenantry::model::{MembershipState, SigningAlg, TenantState};
use tenantry::service::housekeeping::expire;
use tenantry::service::{session, tenants};

use super::*;

async fn sign_out(browser: &mut Browser) {
    browser.goto("/end-session").await;
    browser.submit("#logout-confirm").await;
    assert!(browser.left().is_none());
}

#[tokio::test]
async fn n05_a_logout_tells_the_application_by_a_token_of_the_right_shape() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.party(|new| {
        new.metadata.backchannel_logout_uri = Some(receiver.uri.clone());
        new.metadata.backchannel_logout_session_required = true;
        new.metadata.id_token_signed_response_alg = SigningAlg::Ps256;
    });
    let party = party.await;
    let (mut browser, tokens) = s.signed_in(&party).await;

    sign_out(&mut browser).await;
    s.deliver().await;

    let heard = receiver.tokens();
    assert_eq!(heard.len(), 1);
    let (header, claims) = (part(&heard[0], 0), part(&heard[0], 1));
    assert_eq!((&header["typ"], &header["alg"]), (&"logout+jwt".into(), &"PS256".into()));
    assert_eq!((&claims["iss"], &claims["aud"]), (&s.t.origin.clone().into(), &party.client_id.clone().into()));
    assert_eq!((&claims["sub"], &claims["sid"]), (&tokens.claims["sub"], &part(&tokens.id_token, 1)["sid"]));
    assert_eq!(claims["events"], serde_json::json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert_eq!(claims["iat"], s.t.now().seconds());
    assert!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap() <= 120);
    assert!(claims["jti"].is_string() && claims.get("nonce").is_none());
    assert_eq!(s.record(&party).await, [("delivered".to_owned(), 1, None)]);
}

#[tokio::test]
async fn n05_logout_tokens_and_id_tokens_do_not_pass_for_each_other() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let (mut browser, tokens) = s.signed_in(&party).await;
    sign_out(&mut browser).await;
    s.deliver().await;
    let logout_token = receiver.tokens().remove(0);

    let keys = &s.t.app.registered().keys;
    let read = |token: &str, typ| keys.verify::<Value>(token, typ, &s.t.origin, s.t.now()).is_ok();

    assert!(read(&logout_token, Typ::LogoutToken) && read(&tokens.id_token, Typ::IdToken));
    assert!(!read(&logout_token, Typ::IdToken) && !read(&logout_token, Typ::AccessToken) && !read(&tokens.id_token, Typ::LogoutToken));
    let (mut again, _) = s.signed_in(&party).await;
    again.goto(format!("/end-session?id_token_hint={logout_token}")).await;
    assert!(again.has("#logout-confirm"), "a logout token is no hint");
}

#[tokio::test]
async fn every_application_of_the_session_is_told_once_and_no_other() {
    let s = Scene::set().await;
    let (first, second, third) = (Receiver::start().await, Receiver::start().await, Receiver::start().await);
    let (one, two, _) = (s.listener(&first).await, s.listener(&second).await, s.listener(&third).await);
    let (mut browser, _) = s.signed_in(&one).await;
    s.t.log_in(&mut browser, &one, &s.anna, &["openid"]).await;
    s.t.log_in(&mut browser, &two, &s.anna, &["openid"]).await;

    sign_out(&mut browser).await;
    s.deliver().await;
    s.deliver().await;

    assert_eq!((first.tokens().len(), second.tokens().len(), third.tokens().len()), (1, 1, 0));
}

#[tokio::test]
async fn a_refusal_is_tried_again_later_with_a_new_identifier_and_given_up_after_a_day() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let (mut browser, _) = s.signed_in(&party).await;
    receiver.says(400);
    sign_out(&mut browser).await;

    s.deliver().await;
    s.deliver().await;
    assert_eq!(receiver.tokens().len(), 1, "not before its time");
    s.t.later(seconds(5));
    s.deliver().await;

    let heard = receiver.tokens();
    assert_eq!(heard.len(), 2);
    assert_ne!(part(&heard[0], 1)["jti"], part(&heard[1], 1)["jti"]);
    assert_eq!(part(&heard[1], 1)["iat"], s.t.now().seconds(), "made anew for each attempt");
    assert_eq!(s.record(&party).await, [("queued".to_owned(), 2, Some("answered with status 400".to_owned()))]);

    for _ in 0..30 {
        s.t.later(seconds(3600));
        s.deliver().await;
    }
    let (state, attempts, _) = s.record(&party).await.remove(0);
    assert_eq!(state, "dead");
    assert!((20..=30).contains(&attempts), "{attempts}");
    assert_eq!(receiver.tokens().len(), usize::try_from(attempts).unwrap());
}

#[tokio::test]
async fn a_receiver_that_comes_back_is_told_then() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let (mut browser, _) = s.signed_in(&party).await;
    receiver.says(503);
    sign_out(&mut browser).await;
    s.deliver().await;

    receiver.says(204);
    s.t.later(seconds(3600));
    s.deliver().await;

    assert_eq!(s.record(&party).await, [("delivered".to_owned(), 2, None)]);
}

#[tokio::test]
async fn a_hanging_receiver_delays_nobody() {
    let s = Scene::set().await;
    let (hanging, awake) = (Receiver::start().await, Receiver::start().await);
    hanging.says(0);
    let (stuck, quick) = (s.listener(&hanging).await, s.listener(&awake).await);
    let (mut browser, _) = s.signed_in(&stuck).await;
    s.t.log_in(&mut browser, &quick, &s.anna, &["openid"]).await;
    sign_out(&mut browser).await;

    let tasks = deliver_due(&s.t.app, s.t.now()).await.unwrap();
    let told = tokio::time::timeout(seconds(3), async {
        while s.record(&quick).await.first().is_none_or(|row| row.0 != "delivered") {
            tokio::task::yield_now().await;
        }
    });
    told.await.expect("the other application was told meanwhile");

    assert_eq!(awake.tokens().len(), 1);
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(s.record(&stuck).await, [("queued".to_owned(), 1, Some("no complete answer in time".to_owned()))]);
}

#[tokio::test]
async fn what_waits_survives_a_restart_and_goes_out_from_another_node_once() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let (mut browser, _) = s.signed_in(&party).await;
    sign_out(&mut browser).await;
    let second = s.t.beside().await;

    let (ours, theirs) = tokio::join!(deliver_due(&s.t.app, s.t.now()), deliver_due(&second.app, s.t.now()));
    for task in ours.unwrap().into_iter().chain(theirs.unwrap()) {
        task.await.unwrap();
    }

    assert_eq!(receiver.tokens().len(), 1);
}

#[tokio::test]
async fn ending_a_persons_sessions_or_a_membership_reaches_the_applications() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let now = s.t.now();

    s.signed_in(&party).await;
    s.t.app.store.write(async |w| w.end_sessions_of(&s.anna.id, now).await).await.unwrap();
    s.deliver().await;
    assert_eq!(receiver.tokens().len(), 1, "an operator ended all sessions");

    s.t.app.store.write(async |w| w.end_grants_of_person(&s.anna.id, now).await).await.unwrap();
    s.deliver().await;
    let told_before = receiver.tokens().len();

    let (_, tokens) = s.signed_in(&party).await;
    let membership = s.t.app.store.read(async |r| r.membership(&s.anna.id, &s.acme.id).await).await.unwrap().unwrap();
    let leave = s.t.app.store.write(async |w| {
        w.set_membership_state(&membership.id, MembershipState::Left).await?;
        w.end_grants_of_membership(&s.anna.id, &s.acme.id, now).await
    });
    leave.await.unwrap();
    s.deliver().await;
    let heard = receiver.tokens();
    assert_eq!(heard.len(), told_before + 1, "the person left the tenant");
    assert_eq!(part(heard.last().unwrap(), 1)["sid"], part(&tokens.id_token, 1)["sid"]);
}

#[tokio::test]
async fn another_person_in_the_same_browser_signs_the_first_one_out_everywhere() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let (mut browser, annas) = s.signed_in(&party).await;

    let request = party.authorize(&["openid"], &[("prompt", "login")]);
    browser.goto(request.url.as_str()).await;
    s.t.sign_in(&mut browser, &ben).await;
    s.deliver().await;

    let heard = receiver.tokens();
    assert_eq!(heard.len(), 1);
    assert_eq!(part(&heard[0], 1)["sub"], annas.claims["sub"]);
}

#[tokio::test]
async fn k02_an_inner_logout_address_is_never_called() {
    let receiver = Receiver::start().await;
    let t = Tenantry::start_with(|config| config.upstream.allow_plain_http_loopback = false).await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let s = Scene { t, acme, anna };
    let inner = receiver.uri.replace("http://", "https://");
    let party = s.party(|new| new.metadata.backchannel_logout_uri = Some(inner)).await;
    let (mut browser, _) = s.signed_in(&party).await;

    sign_out(&mut browser).await;
    s.deliver().await;

    let (state, _, error) = s.record(&party).await.remove(0);
    assert_eq!(state, "queued");
    assert!(error.unwrap().contains("outbound.allowed_networks"));
    assert!(receiver.tokens().is_empty());
}

#[tokio::test]
async fn disabling_a_tenant_tells_every_application_of_its_people_and_no_other() {
    let s = Scene::set().await;
    let (first, second) = (Receiver::start().await, Receiver::start().await);
    let (one, two) = (s.listener(&first).await, s.listener(&second).await);
    let globex = s.t.tenant("globex").await;
    let (ben, carl) = (s.t.member(&s.acme, "ben@acme.example").await, s.t.member(&globex, "carl@globex.example").await);
    let (_, annas) = s.signed_in(&one).await;
    let mut browser = s.t.browser();
    s.t.log_in(&mut browser, &one, &ben, &["openid"]).await;
    let (_, bens) = s.t.log_in(&mut browser, &two, &ben, &["openid"]).await;
    let (_, carls) = s.t.log_in(&mut s.t.browser(), &two, &carl, &["openid", "offline_access"]).await;

    let ended = tenants::set_state(&s.t.change(), &s.acme.id, TenantState::Disabled).await.unwrap();
    s.t.app.refresh().await.unwrap();
    s.deliver().await;

    let subjects = |receiver: &Receiver| {
        let mut all: Vec<String> = receiver.tokens().iter().map(|token| part(token, 1)["sub"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    let mut acmes = vec![annas.claims["sub"].as_str().unwrap().to_owned(), bens.claims["sub"].as_str().unwrap().to_owned()];
    acmes.sort();
    assert_eq!((ended, subjects(&first)), (3, acmes), "each session once");
    assert_eq!(subjects(&second), [bens.claims["sub"].as_str().unwrap()], "nobody of another tenant");
    assert!(two.refresh(carls.refresh.as_deref().unwrap()).await.is_ok());
    assert_eq!(tenants::set_state(&s.t.change(), &s.acme.id, TenantState::Disabled).await.unwrap(), 0);
    s.deliver().await;
    assert_eq!(first.tokens().len(), 2, "told once");
}

#[tokio::test]
async fn enabling_a_tenant_again_brings_no_token_back() {
    let s = Scene::set().await;
    let party = s.party(|_| {}).await;
    let (_, tokens) = s.t.log_in(&mut s.t.browser(), &party, &s.anna, &["openid", "offline_access"]).await;

    for state in [TenantState::Disabled, TenantState::Active] {
        tenants::set_state(&s.t.change(), &s.acme.id, state).await.unwrap();
        s.t.app.refresh().await.unwrap();
    }

    assert!(party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    s.signed_in(&party).await;
}

#[tokio::test]
async fn a_session_that_runs_out_is_told_once_and_one_that_rests_is_not() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let (_, tokens) = s.signed_in(&party).await;

    // The tenant's idle limit is eight hours, the absolute one a day.
    s.t.later(seconds(9 * 3600));
    assert_eq!(session::end_overdue(&s.t.app, s.t.now()).await.unwrap(), 0);
    s.t.later(seconds(15 * 3600));
    expire(&s.t.app).await.unwrap();
    assert_eq!(session::end_overdue(&s.t.app, s.t.now()).await.unwrap(), 0);
    s.deliver().await;

    let heard = receiver.tokens();
    assert_eq!(heard.len(), 1);
    assert_eq!(part(&heard[0], 1)["sid"], part(&tokens.id_token, 1)["sid"]);
    assert_eq!(s.record(&party).await, [("delivered".to_owned(), 1, None)]);
}

#[tokio::test]
async fn e07_a_session_runs_out_by_the_limit_of_the_strictest_tenant() {
    let (s, receiver) = (Scene::set().await, Receiver::start().await);
    let party = s.listener(&receiver).await;
    let globex = s.t.tenant("globex").await;
    let carl = s.t.member(&globex, "carl@globex.example").await;
    s.signed_in(&party).await;
    let (_, carls) = s.t.log_in(&mut s.t.browser(), &party, &carl, &["openid"]).await;
    let mut policy = globex.policy.clone();
    policy.session_absolute_hours = 2;
    s.t.app.store.write(async |w| w.set_tenant_policy(&globex.id, &policy).await).await.unwrap();
    s.t.app.refresh().await.unwrap();

    s.t.later(seconds(2 * 3600));
    assert_eq!(session::end_overdue(&s.t.app, s.t.now()).await.unwrap(), 1);
    s.deliver().await;

    let heard = receiver.tokens();
    assert_eq!(heard.len(), 1);
    assert_eq!(part(&heard[0], 1)["sub"], carls.claims["sub"]);
}
