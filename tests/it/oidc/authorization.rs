//! The authorization endpoint, line by line (protocol.md §4): what relying applications of every kind rely on.
use std::time::Duration;

use serde_json::{Value, json};
use tenantry::model::ConsentMode;
use tenantry::service::clients::Preset;
use url::Url;

use super::arena::{Scene, another, answer, assert_page, changed, page, parameters, told};
use crate::harness::browser::Browser;
use crate::harness::html::Form;
use crate::harness::net;
use crate::harness::relying_party::{Landed, RelyingParty, Request, Tokens};
use crate::harness::world::CALLBACK;

async fn tokens(browser: &mut Browser, party: &RelyingParty, request: &Request) -> Tokens {
    let code = party.landed(request, browser.landing()).code();
    party.exchange(request, &code).await.unwrap()
}

async fn error(browser: &mut Browser, party: &RelyingParty, extra: &[(&str, &str)]) -> String {
    let request = party.authorize(&["openid"], extra);
    browser.goto(request.url.as_str()).await;
    party.landed(&request, browser.landing()).error()
}

#[tokio::test]
async fn a_post_from_another_site_without_our_cookie_finds_the_session_all_the_same() {
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;
    let request = s.party.authorize(&["openid"], &[]);
    let form = Form { action: Url::parse(&s.t.url("/authorize")).unwrap(), is_post: true, fields: parameters(&request) };

    browser.send_from("https://app.example", form).await;

    assert!(matches!(s.party.landed(&request, browser.landing()), Landed::Code(_)));
}

#[tokio::test]
async fn client_and_redirect_uri_are_judged_first_and_on_our_own_page() {
    let s = Scene::new().await;
    let mut browser = s.t.browser().speaking("de");
    let url = s.party.authorize(&["openid"], &[]).url;
    let faults = [
        ("client_id", None),
        ("client_id", Some("cli_nobody")),
        ("redirect_uri", None),
        ("redirect_uri", Some("https://app.example/callback/")),
        ("redirect_uri", Some("https://app.example/callback?x=1")),
        ("redirect_uri", Some("https://evil.example/callback")),
    ];

    for (name, value) in faults {
        // A fault beside it changes nothing: what is not proven is never redirected to.
        let url = changed(&changed(&url, name, value), "response_type", Some("nonsense"));
        let refused = page(&mut browser, url.as_str()).await;
        assert_page(&refused, "invalid_request");
        assert_eq!(refused.attr("html", "lang"), "de", "the text is translated, the code is not");
    }
}

#[tokio::test]
async fn a_native_application_listens_on_any_loopback_port_and_a_registered_query_is_kept() {
    let s = Scene::new().await;
    let native =
        s.t.party_of(Preset::Spa, |new| {
            new.metadata.redirect_uris = vec!["http://127.0.0.1/cb".to_owned(), "http://[::1]/cb".to_owned()];
        })
        .await;
    let queried = another(&s.t, |m| m.redirect_uris = vec!["https://app.example/callback?app=1&x=%2F".to_owned()]).await;
    let mut browser = s.signed_in().await;

    for uri in ["http://127.0.0.1:49152/cb", "http://127.0.0.1/cb", "http://[::1]:8080/cb"] {
        browser.goto(changed(&native.authorize(&["openid"], &[]).url, "redirect_uri", Some(uri)).as_str()).await;
        if browser.left().is_none() {
            browser.submit("#consent-allow").await;
        }
        assert!(browser.landing().as_str().starts_with(&format!("{uri}?code=")), "{}", browser.landing());
    }
    for uri in ["http://127.0.0.1:0/cb", "http://127.0.0.2:80/cb", "http://localhost:80/cb", "http://127.0.0.1:80/cb2"] {
        let url = changed(&native.authorize(&["openid"], &[]).url, "redirect_uri", Some(uri));
        assert_page(&page(&mut browser, url.as_str()).await, "invalid_request");
    }
    let request = queried.authorize(&["openid"], &[]);
    browser.goto(request.url.as_str()).await;
    assert!(browser.landing().as_str().starts_with("https://app.example/callback?app=1&x=%2F&code="), "{}", browser.landing());
}

#[tokio::test]
async fn a_missing_response_type_is_told_in_the_asked_mode() {
    let s = Scene::with(|m| m.response_modes = tenantry::model::ResponseMode::ALL.to_vec()).await;
    let mut browser = s.t.browser();
    let without = |mode: &str| changed(&s.party.authorize(&["openid"], &[("response_mode", mode)]).url, "response_type", None);

    browser.goto(without("query").as_str()).await;
    assert!(browser.landing().fragment().is_none());
    assert_eq!(told(browser.landing())["error"], "invalid_request");
    browser.goto(without("fragment").as_str()).await;
    assert!(browser.landing().query().is_none());
    assert_eq!(told(browser.landing())["error"], "invalid_request");
    let posted = page(&mut browser, without("form_post").as_str()).await;
    assert_eq!((posted.attr("input[name=error]", "value").as_str(), posted.status), ("invalid_request", 200));
}

#[tokio::test]
async fn what_is_unknown_is_ignored_and_never_fails() {
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;
    let harmless = [
        ("display", "popup"),
        ("display", "hologram"),
        ("ui_locales", "tlh x-unknown"),
        ("claims_locales", "se xx-YY"),
        ("login_hint", "nobody@nowhere.example"),
        ("acr_values", "urn:unknown urn:mace:incommon:iap:silver"),
        ("claims", r#"{"userinfo":{"unknown":{"essential":true}},"elsewhere":{}}"#),
        ("x_extra", "1"),
        ("audience", "https://api.example"),
        ("scope", "openid unknown:scope another"),
    ];

    for (name, value) in harmless {
        let request = s.party.authorize(&["openid"], &[]);
        let request = Request { url: changed(&request.url, name, Some(value)), ..request };
        browser.goto(request.url.as_str()).await;
        let tokens = tokens(&mut browser, &s.party, &request).await;
        assert_eq!(tokens.scope, ["openid"], "{name}={value}");
    }
    let request = s.party.authorize(&["openid"], &[]);
    let mut turned = parameters(&request);
    turned.reverse();
    s.visit(&mut browser, &super::arena::borrowed(&turned)).await;
    assert!(matches!(s.party.landed(&request, browser.landing()), Landed::Code(_)), "any order will do");
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused_at_the_client() {
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;

    for name in ["scope", "nonce", "state", "response_type", "display", "claims_locales", "dpop_jkt", "code_challenge", "prompt"] {
        let mut url = s.party.authorize(&["openid"], &[]).url;
        url.query_pairs_mut().append_pair(name, "x").append_pair(name, "x");
        browser.goto(url.as_str()).await;
        assert_eq!(told(browser.landing())["error"], "invalid_request", "{name}");
    }
}

#[tokio::test]
async fn state_and_nonce_come_back_byte_for_byte() {
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;
    let long = "a1-._~".repeat(64);
    let ending = format!("{}-._~", "x".repeat(124));

    for text in [long.as_str(), &ending, " leading and trailing ", "a+b%20c&d=e#f", "\u{e4}\u{20ac}\u{1f511}", "\"><script>"] {
        let request = s.party.authorize(&["openid"], &[]);
        let url = changed(&changed(&request.url, "state", Some(text)), "nonce", Some(text));
        let request = Request { url, state: text.to_owned(), nonce: text.to_owned(), ..request };
        browser.goto(request.url.as_str()).await;
        let tokens = tokens(&mut browser, &s.party, &request).await;
        assert_eq!(tokens.claims["nonce"], text);
    }
    assert_eq!(long.len(), 384);
}

#[tokio::test]
async fn prompt_none_says_which_question_is_open() {
    let s = Scene::new().await;
    let asking = another(&s.t, |m| m.consent = ConsentMode::Ask).await;
    let globex = s.t.tenant("globex").await;
    let strict = s.t.tenant_with("strict", |policy| {
        (policy.mfa_mode, policy.mfa_email_satisfies) = (tenantry::model::MfaMode::Required, tenantry::model::EmailSatisfies::Nothing);
    });
    let strict = strict.await;
    let silent = [("prompt", "none")];

    assert_eq!(error(&mut s.t.browser(), &s.party, &silent).await, "login_required");
    let mut browser = s.signed_in().await;
    assert_eq!(error(&mut browser, &asking, &silent).await, "consent_required");
    s.t.guest(&globex, &s.anna).await;
    let fresh = another(&s.t, |_| {}).await;
    let mut elsewhere = s.t.browser();
    elsewhere.goto("/login/start").await;
    s.t.sign_in(&mut elsewhere, &s.anna).await;
    assert_eq!(error(&mut elsewhere, &fresh, &silent).await, "account_selection_required");
    s.t.guest(&strict, &s.anna).await;
    assert_eq!(error(&mut browser, &s.party, &[("prompt", "none"), ("tenant", "strict")]).await, "interaction_required");
    for mixed in ["none login", "none consent", "none none", "login none"] {
        assert_eq!(error(&mut browser, &s.party, &[("prompt", mixed)]).await, "invalid_request", "{mixed}");
    }
}

#[tokio::test]
async fn a_session_that_is_too_old_for_max_age_is_proved_again_and_auth_time_moves() {
    let s = Scene::new().await;
    let mut browser = s.t.browser();
    let (_, first) = s.t.log_in(&mut browser, &s.party, &s.anna, &["openid", "offline_access"]).await;
    s.t.later(Duration::from_secs(600));

    let young = s.party.authorize(&["openid"], &[("max_age", "10000")]);
    browser.goto(young.url.as_str()).await;
    let silent = tokens(&mut browser, &s.party, &young).await;
    assert_eq!(silent.claims["auth_time"], first.claims["auth_time"], "a silent request moves nothing");
    assert_eq!(error(&mut browser, &s.party, &[("max_age", "60"), ("prompt", "none")]).await, "login_required");

    let old = s.party.authorize(&["openid"], &[("max_age", "60")]);
    browser.goto(old.url.as_str()).await;
    assert_eq!(browser.path(), "/login");
    s.t.sign_in(&mut browser, &s.anna).await;
    let again = tokens(&mut browser, &s.party, &old).await;
    assert_eq!(again.claims["auth_time"], json!(s.t.now().seconds()));
    assert_eq!(again.claims["sub"], first.claims["sub"]);

    s.t.later(Duration::from_secs(60));
    let refreshed = s.party.refresh(first.refresh.as_deref().unwrap()).await.unwrap();
    assert_eq!(refreshed.claims["auth_time"], first.claims["auth_time"], "a refresh keeps the original");
}

#[tokio::test]
async fn prompt_login_shows_the_form_and_another_person_there_starts_another_session() {
    let s = Scene::new().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let mut browser = s.t.browser();
    let (_, first) = s.t.log_in(&mut browser, &s.party, &s.anna, &["openid"]).await;
    s.t.later(Duration::from_secs(60));

    let request = s.party.authorize(&["openid"], &[("prompt", "login")]);
    browser.goto(request.url.as_str()).await;
    assert_eq!(browser.path(), "/login");
    s.t.sign_in(&mut browser, &ben).await;
    let second = tokens(&mut browser, &s.party, &request).await;

    assert_eq!(second.claims["sub"], json!(ben.id));
    assert_ne!(second.claims["sid"], first.claims["sid"]);
    assert_ne!(second.claims["auth_time"], first.claims["auth_time"]);
}

#[tokio::test]
async fn choosing_a_tenant_and_consenting_do_not_move_auth_time() {
    let s = Scene::with(|m| m.consent = ConsentMode::Ask).await;
    let globex = s.t.tenant("globex").await;
    let mut browser = s.signed_in().await;
    let signed_in_at = s.t.now().seconds();
    s.t.guest(&globex, &s.anna).await;
    s.t.later(Duration::from_secs(120));

    let request = s.party.authorize(&["openid", "tenant"], &[("prompt", "select_tenant consent")]);
    browser.goto(request.url.as_str()).await.submit("#tenant-globex").await.submit("#consent-allow").await;
    let tokens = tokens(&mut browser, &s.party, &request).await;

    assert_eq!((&tokens.claims["auth_time"], &tokens.claims["tenant"]), (&json!(signed_in_at), &json!("globex")));
}

#[tokio::test]
async fn prompt_consent_shows_the_page_again_and_select_account_offers_another_account() {
    let s = Scene::with(|m| m.consent = ConsentMode::Ask).await;
    let mut browser = s.signed_in().await;
    let plain = s.party.authorize(&["openid"], &[]);
    browser.goto(plain.url.as_str()).await.submit("#consent-allow").await;
    browser.goto(s.party.authorize(&["openid"], &[]).url.as_str()).await;
    assert!(browser.left().is_some(), "given consent is remembered");

    browser.goto(s.party.authorize(&["openid"], &[("prompt", "consent")]).url.as_str()).await;
    assert_eq!(browser.path(), "/consent");
    browser.goto(s.party.authorize(&["openid"], &[("prompt", "select_account")]).url.as_str()).await;
    assert_eq!(browser.path(), "/select-account");
}

#[tokio::test]
async fn a_hint_of_another_person_is_answered_with_login_required() {
    let s = Scene::new().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let (_, of_ben) = s.t.log_in(&mut s.t.browser(), &s.party, &ben, &["openid"]).await;
    let mut browser = s.t.browser();
    let (_, of_anna) = s.t.log_in(&mut browser, &s.party, &s.anna, &["openid"]).await;
    s.t.later(Duration::from_secs(3600));
    let silent = |hint| [("prompt", "none"), ("id_token_hint", hint)];

    assert_eq!(error(&mut browser, &s.party, &silent(&of_ben.id_token)).await, "login_required");
    assert_eq!(error(&mut browser, &s.party, &silent("nonsense")).await, "login_required");
    let request = s.party.authorize(&["openid"], &silent(&of_anna.id_token));
    browser.goto(request.url.as_str()).await;
    let tokens = tokens(&mut browser, &s.party, &request).await;
    assert_eq!(tokens.claims["sub"], of_anna.claims["sub"], "an expired hint is as good");
}

#[tokio::test]
async fn a_voluntary_acr_is_a_wish_and_an_essential_one_is_a_condition() {
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;
    let phr = "urn:tenantry:acr:phr";

    let wish = s.party.authorize(&["openid"], &[("acr_values", phr)]);
    browser.goto(wish.url.as_str()).await;
    assert_eq!(tokens(&mut browser, &s.party, &wish).await.claims["acr"], "urn:tenantry:acr:email");
    let claims = json!({ "id_token": { "acr": { "essential": true, "values": [phr] } } }).to_string();
    assert_eq!(error(&mut browser, &s.party, &[("claims", &claims)]).await, "unmet_authentication_requirements");
    let voluntary = json!({ "id_token": { "acr": { "values": [phr] } } }).to_string();
    let request = s.party.authorize(&["openid"], &[("claims", &voluntary)]);
    browser.goto(request.url.as_str()).await;
    assert!(matches!(s.party.landed(&request, browser.landing()), Landed::Code(_)));
}

#[tokio::test]
async fn the_registration_speaks_where_the_request_is_silent() {
    let s = Scene::with(|m| {
        m.default_max_age = Some(60);
        m.require_auth_time = true;
        m.default_acr_values = vec!["urn:tenantry:acr:mfa".to_owned()];
    })
    .await;
    let app = s.t.db_authenticator(&s.anna).await;
    let plain = s.t.party().await;
    let mut browser = s.t.browser();
    s.t.later(Duration::from_secs(60));
    browser.goto(plain.authorize(&["openid"], &[]).url.as_str()).await;
    browser.fill("#identifier", &s.anna.email).fill("#password", crate::harness::world::PASSWORD).submit("#login-submit").await;
    browser.fill("#code", &app.code(s.t.now())).submit("#code-submit").await;
    assert!(browser.left().is_some());

    let request = s.party.authorize(&["openid"], &[]);
    browser.goto(request.url.as_str()).await;
    let tokens = tokens(&mut browser, &s.party, &request).await;
    assert_eq!(tokens.claims["acr"], "urn:tenantry:acr:mfa");
    assert!(tokens.claims["auth_time"].is_i64());
    s.t.later(Duration::from_secs(61));
    assert_eq!(error(&mut browser, &s.party, &[("prompt", "none")]).await, "login_required", "default_max_age has passed");
    let own = s.party.authorize(&["openid"], &[("prompt", "none"), ("max_age", "600")]);
    browser.goto(own.url.as_str()).await;
    assert!(matches!(s.party.landed(&own, browser.landing()), Landed::Code(_)), "the request's own max_age counts");
}

#[tokio::test]
async fn k01_no_request_uri_of_a_stranger_is_ever_fetched() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let canary = listener.local_addr().unwrap();
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;

    for scheme in ["http", "https"] {
        let uri = format!("{scheme}://{canary}/request.jwt");
        let url = changed(&s.party.authorize(&["openid"], &[]).url, "request_uri", Some(&uri));
        assert_page(&page(&mut browser, url.as_str()).await, "invalid_request_uri");
    }

    let visited = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(visited.is_err(), "somebody connected to the canary");
}

#[tokio::test]
async fn form_post_needs_no_script_and_carries_errors() {
    let s = Scene::new().await;
    let mut browser = s.signed_in().await;
    let request = s.party.authorize(&["openid"], &[("response_mode", "form_post")]);

    let good = page(&mut browser, request.url.as_str()).await;
    let bad = page(&mut browser, changed(&request.url, "max_age", Some("x")).as_str()).await;

    for (page, field) in [(&good, "code"), (&bad, "error")] {
        assert_eq!((page.status, page.attr("form", "action").as_str()), (200, CALLBACK));
        assert_eq!(page.attr("form", "method").to_ascii_lowercase(), "post");
        assert!(page.has(&format!("input[name={field}]")) && page.has("form button"), "whoever has no scripts presses the button: {page}");
        assert_eq!(page.attr("input[name=state]", "value"), request.state);
        assert_eq!(page.attr("input[name=iss]", "value"), s.t.origin);
        assert_eq!(page.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn every_error_description_is_printable_and_echoes_nothing() {
    let s = Scene::new().await;
    let mut browser = s.t.browser();
    let hostile = "\"\\<evil>";

    for name in ["scope", "prompt", "max_age", "response_type", "response_mode", "claims", "code_challenge", "dpop_jkt"] {
        browser.goto(changed(&s.party.authorize(&["openid"], &[]).url, name, Some(hostile)).as_str()).await;
        let told = told(browser.landing());
        let text = told["error_description"].as_str().unwrap();
        assert!(text.bytes().all(|b| (0x20..0x7f).contains(&b) && b != b'"' && b != b'\\') && !text.contains("evil"), "{name}: {text}");
    }
}

#[tokio::test]
async fn the_metadata_says_what_the_authorization_endpoint_does() {
    let s = Scene::new().await;
    let openid = answer(net::client().get(s.t.url("/.well-known/openid-configuration"))).await.body;
    let oauth = answer(net::client().get(s.t.url("/.well-known/oauth-authorization-server"))).await.body;

    for document in [&openid, &oauth] {
        assert_eq!(document["pushed_authorization_request_endpoint"], s.t.url("/par"));
        assert_eq!(document["require_pushed_authorization_requests"], false);
        assert_eq!(document["request_parameter_supported"], true);
        assert_eq!(document["request_uri_parameter_supported"], true);
        assert_eq!(document["require_request_uri_registration"], true);
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
        let lists = |name: &str, value: &str| document[name].as_array().is_some_and(|list| list.contains(&Value::from(value)));
        for kind in ["code", "id_token", "id_token token", "code id_token", "code token", "code id_token token"] {
            assert!(lists("response_types_supported", kind), "{kind}");
        }
        for mode in ["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
            assert!(lists("response_modes_supported", mode), "{mode}");
        }
        for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
            assert!(lists("request_object_signing_alg_values_supported", alg), "{alg}");
            assert!(lists("authorization_signing_alg_values_supported", alg), "{alg}");
        }
        assert!(!lists("request_object_signing_alg_values_supported", "none"));
    }
}
