//! B: codes, PKCE, grants, and answers that name their issuer.
use serde_json::json;
use tenantry::model::{ClientId, ConsentMode, ResponseMode};
use tenantry::service::change::Change;
use tenantry::service::clients::{self, ClientAdded, NewClient, Preset};

use super::{ALL, Scene, answered, at_login, call, changed, error, post, session, token};
use crate::harness::html::Form;
use crate::harness::net;
use crate::harness::relying_party::{Landed, RelyingParty, Request};
use crate::harness::world::{CALLBACK, PASSWORD};

async fn redeem(party: &RelyingParty, code: &str, verifier: Option<&str>) -> (u16, serde_json::Value) {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK)];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    token(party, &form).await
}

fn challenge(request: &Request) -> String {
    request.url.query_pairs().find(|(name, _)| name == "code_challenge").unwrap().1.into_owned()
}

#[tokio::test]
async fn b05_no_code_without_a_challenge_and_no_token_without_its_verifier() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let good = s.party.authorize(ALL, &[]);
    let without = changed(&good.url, "code_challenge", None);

    let weak = [
        changed(&without, "code_challenge_method", None),
        without.clone(),
        changed(&good.url, "code_challenge", Some("")),
        changed(&good.url, "code_challenge", Some("tooshort")),
        changed(&good.url, "code_challenge_method", None),
        changed(&good.url, "code_challenge_method", Some("plain")),
        changed(&good.url, "code_challenge_method", Some("s256")),
    ];
    for url in weak {
        browser.goto(url.as_str()).await;
        assert_eq!(s.party.landed(&good, browser.landing()).error(), "invalid_request", "{url}");
    }

    let (request, code) = s.code(&mut browser, &s.party).await;
    let wrong = ["x".repeat(43), request.verifier.to_uppercase(), challenge(&request), String::new()];
    assert_eq!(error(&redeem(&s.party, &code, None).await), (400, "invalid_grant"));
    for verifier in &wrong {
        assert_eq!(error(&redeem(&s.party, &code, Some(verifier)).await), (400, "invalid_grant"), "{verifier}");
    }
    assert_eq!(error(&redeem(&s.party, &code, Some("short")).await), (400, "invalid_request"));
    assert_eq!(redeem(&s.party, &code, Some(&request.verifier)).await.0, 200, "no wrong try used the code up");
}

#[tokio::test]
async fn b05_a_client_that_need_not_use_pkce_cannot_be_talked_out_of_it() {
    let s = Scene::set().await;
    let legacy = s.t.party_with(|m| (m.require_pkce, m.consent) = (false, ConsentMode::Implicit)).await;
    let (mut browser, _) = s.signed_in().await;

    let (request, code) = s.code(&mut browser, &legacy).await;
    assert_eq!(error(&redeem(&legacy, &code, None).await), (400, "invalid_grant"), "a challenge that was sent is enforced");
    assert_eq!(redeem(&legacy, &code, Some(&request.verifier)).await.0, 200);

    let plain = legacy.authorize(ALL, &[]);
    browser.goto(changed(&changed(&plain.url, "code_challenge", None), "code_challenge_method", None).as_str()).await;
    let code = legacy.landed(&plain, browser.landing()).code();
    assert_eq!(error(&redeem(&legacy, &code, Some(&plain.verifier)).await), (400, "invalid_grant"), "RFC 9700 2.1.1");
    assert_eq!(redeem(&legacy, &code, None).await.0, 200);
}

#[tokio::test]
async fn b14_every_grant_type_for_every_kind_of_client() {
    let s = Scene::set().await;
    let spa = s.t.party_of(Preset::Spa, |_| {}).await;
    let machine = s.t.party_of(Preset::Machine, |new| new.metadata.scopes = vec!["orders".to_owned()]).await;
    let unknown = [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "AUTHORIZATION_CODE",
    ];
    let further = [
        ("username", s.anna.email.as_str()),
        ("password", PASSWORD),
        ("code", "tnc_x"),
        ("refresh_token", "tnr_x"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", &"x".repeat(43)),
    ];
    let ask = async |party: &RelyingParty, grant: &str| {
        let answer = token(party, &[&further[..], &[("grant_type", grant)]].concat()).await;
        error(&answer).1.to_owned()
    };

    let unregistered = ["urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange"];

    for party in [&s.party, &spa, &machine] {
        for grant in unknown {
            assert_eq!(ask(party, grant).await, "unsupported_grant_type", "{grant}");
        }
        for grant in unregistered {
            assert_eq!(ask(party, grant).await, "unauthorized_client", "{grant}");
        }
    }
    for party in [&s.party, &spa] {
        assert_eq!(ask(party, "authorization_code").await, "invalid_grant");
        assert_eq!(ask(party, "refresh_token").await, "invalid_grant");
        assert_eq!(ask(party, "client_credentials").await, "unauthorized_client");
    }
    assert_eq!(ask(&machine, "client_credentials").await, "", "what it is registered for");
    assert_eq!(ask(&machine, "authorization_code").await, "unauthorized_client");
    assert_eq!(ask(&machine, "refresh_token").await, "unauthorized_client");
}

#[tokio::test]
async fn b20_a_giant_scope_is_refused_before_it_is_looked_at() {
    let s = Scene::set().await;
    let mut browser = s.t.browser();
    let good = s.party.authorize(ALL, &[]);
    let (words, giant) = ("a ".repeat(100_000), "x".repeat(1_000_000));

    for scope in [&words, &giant] {
        let form = Form { action: s.t.url("/authorize").parse().unwrap(), is_post: true, fields: vec![("scope".into(), scope.clone())] };
        assert_eq!(post(&mut browser, &form).await.status, 413);
        assert_eq!(error(&token(&s.party, &[("grant_type", "client_credentials"), ("scope", scope)]).await), (413, "invalid_request"));
    }
    assert_eq!(super::get(&mut browser, changed(&good.url, "scope", Some(&"x".repeat(20_000))).as_str()).await.status, 414);
    browser.goto(changed(&good.url, "scope", Some(&"a ".repeat(1_000))).as_str()).await;
    assert_eq!(s.party.landed(&good, browser.landing()).error(), "invalid_request");
    assert_eq!(
        error(&token(&s.party, &[("grant_type", "client_credentials"), ("scope", &words[..2_000])]).await),
        (400, "invalid_request")
    );
}

#[tokio::test]
async fn b25_success_and_error_name_the_issuer_of_the_metadata() {
    let s = Scene::set().await;
    let modes = vec![ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost];
    let party = s.t.party_with(|metadata| metadata.response_modes = modes).await;
    let metadata = answered(net::client().get(s.t.url("/.well-known/openid-configuration"))).await.body;
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["issuer"], party.issuer.as_str());

    // `landed` refuses an answer whose `iss` is missing or another.
    for (mode, bad) in [("query", None), ("fragment", None), ("query", Some(("prompt", "none"))), ("fragment", Some(("scope", "x")))] {
        let mut browser = s.t.browser();
        let request = party.authorize(ALL, &[("response_mode", mode)]);
        let url = bad.map_or(request.url.clone(), |(name, value)| changed(&request.url, name, Some(value)));
        browser.goto(url.as_str()).await;
        if bad.is_none() {
            s.t.sign_in(&mut browser, &s.anna).await;
            browser.submit(if mode == "query" { "#consent-deny" } else { "#consent-allow" }).await;
        }
        assert_eq!(browser.landing().fragment().is_some(), mode == "fragment");
        let landed = party.landed(&request, browser.landing());
        assert_eq!(matches!(landed, Landed::Code(_)), bad.is_none() && mode == "fragment", "{landed:?}");
    }
    let request = party.authorize(ALL, &[("response_mode", "form_post"), ("prompt", "none")]);
    let page = super::get(&mut s.t.browser(), request.url.as_str()).await;
    assert_eq!(page.attr("input[name=iss]", "value"), party.issuer);
    assert_eq!(page.attr("input[name=error]", "value"), "login_required");
}

#[tokio::test]
async fn b26_other_response_types_and_modes_are_refused_at_the_registered_address() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let good = s.party.authorize(ALL, &[]);

    for kind in ["token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE", "code code"] {
        browser.goto(changed(&good.url, "response_type", Some(kind)).as_str()).await;
        assert!(browser.landing().as_str().starts_with(CALLBACK) && browser.landing().fragment().is_none());
        assert_eq!(s.party.landed(&good, browser.landing()).error(), "unsupported_response_type", "{kind}");
    }
    for mode in ["fragment", "query.jwt", "jwt", "web_message", "unknown"] {
        browser.goto(changed(&good.url, "response_mode", Some(mode)).as_str()).await;
        assert!(browser.landing().fragment().is_none(), "{mode}");
        assert_eq!(s.party.landed(&good, browser.landing()).error(), "invalid_request", "{mode}");
    }
}

#[tokio::test]
async fn b31_no_client_can_pass_for_a_person() {
    let s = Scene::set().await;
    let (store, entropy) = (&s.t.app.store, &*s.t.app.entropy);
    let change = Change { store, entropy, now: s.t.now(), actor: "test", network: "local" };
    let mut new = NewClient { id: Some(ClientId::from_text(s.anna.id.as_str())), ..NewClient::preset(Preset::Machine, "Evil") };
    new.metadata.scopes = vec!["openid".to_owned(), "orders".to_owned()];

    assert!(matches!(clients::add(&change, new).await.unwrap(), ClientAdded::Invalid("client_id", _)));

    let machine = s.t.party_of(Preset::Machine, |new| new.metadata.scopes = vec!["openid".to_owned(), "orders".to_owned()]).await;
    let answer = token(&machine, &[("grant_type", "client_credentials")]).await;
    let access = answer.1["access_token"].as_str().unwrap();
    let told = call(&machine, &s.t.url("/introspect"), &[("token", access)]).await.1;
    assert_eq!((&told["sub"], &told["client_id"]), (&json!(machine.client_id), &json!(machine.client_id)));
    assert_ne!(machine.client_id.split('_').next(), s.anna.id.as_str().split('_').next(), "ids of the two kinds never look alike");
    let userinfo = answered(net::client().get(s.t.url("/userinfo")).bearer_auth(access)).await;
    assert!([401, 403].contains(&userinfo.status), "{userinfo}");
}

#[tokio::test]
async fn b11_a_failing_database_is_503_everywhere_and_the_retry_succeeds() {
    let s = Scene::set().await;
    let (mut browser, tokens) = s.signed_in().await;
    let cookie = session(&browser).unwrap();
    let refresh = tokens.refresh.unwrap();
    let second = s.t.beside().await;
    [&s.t, &second].iter().for_each(|t| t.expect_errors());
    browser.goto("/end-session").await;
    let logout = browser.form("#logout-confirm");
    let (mut stranger, _) = at_login(&s.t, &s.party).await;
    let login = stranger.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");

    s.t.app.store.close().await;

    for path in ["/revoke", "/introspect"] {
        assert_eq!(error(&call(&s.party, &s.t.url(path), &[("token", &refresh)]).await), (503, "temporarily_unavailable"), "{path}");
    }
    let rotation = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    assert_eq!(error(&token(&s.party, &rotation).await), (503, "temporarily_unavailable"));
    assert_eq!(answered(net::client().get(s.t.url("/userinfo")).bearer_auth(&tokens.access)).await.status, 503);
    for page in [post(&mut browser, &logout).await, post(&mut stranger, &login).await] {
        assert_eq!((page.status, page.text("#error-code").as_str()), (503, "temporarily_unavailable"), "{page}");
        assert!(!page.header("retry-after").is_empty());
        assert!(!page.body.to_lowercase().contains("sql") && !page.body.contains("pool"), "{page}");
    }
    assert_eq!(answered(net::client().get(s.t.url("/jwks"))).await.status, 200, "keys are read from memory");

    let other = format!("http://{}", second.address);
    assert!(super::is_alive(&second, &cookie).await, "the logout was not pretended");
    assert_eq!(call(&s.party, &format!("{other}/revoke"), &[("token", &refresh)]).await.0, 200);
    assert_eq!(call(&s.party, &format!("{other}/introspect"), &[("token", &refresh)]).await.1, json!({ "active": false }));
}
