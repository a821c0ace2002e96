//! Proofs of possession (RFC 9449) at the grants beside the code, and from the pushed request on.
use serde_json::json;
use tenantry::model::{AuthMethod, ConsentMode};

use super::{Answer, DEVICE, World, answer, exchange_form};
use crate::harness::net;
use crate::harness::world::CALLBACK;
use crate::tokens::proofs::Key;

impl World {
    /// A public application, whose refresh tokens are bound to its key. It has to ask people.
    async fn public() -> Self {
        Self::with(|metadata| {
            metadata.token_endpoint_auth_method = AuthMethod::None;
            metadata.consent = ConsentMode::Ask;
            metadata.grant_types.retain(|grant| grant.as_str() != "client_credentials");
        })
        .await
    }

    /// Posts a form with a proof of this key, or without any.
    async fn proven(&self, key: Option<&Key>, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut request = net::client().post(self.t.url(path));
        let mut form = form.to_vec();
        if self.client.is_public() {
            form.push(("client_id", self.client.id.as_str()));
        } else {
            request = request.basic_auth(self.client.id.as_str(), Some(&self.secret));
        }
        if let Some(key) = key {
            request = request.header("dpop", key.proof_at(&self.t, path));
        }
        answer(request.form(&form)).await
    }

    async fn userinfo_by(&self, key: &Key, token: &str) -> u16 {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let ath = URL_SAFE_NO_PAD.encode(tenantry::world::sha256(token.as_bytes()));
        let claims = json!({
            "jti": crate::tokens::proofs::fresh(), "htm": "GET", "htu": self.t.url("/userinfo"), "iat": self.t.now().seconds(), "ath": ath,
        });
        let request = net::client().get(self.t.url("/userinfo")).header("authorization", format!("DPoP {token}"));
        answer(request.header("dpop", key.sign(&key.header(), &claims))).await.status.as_u16()
    }

    /// Signs Anna in for acme and consents where asked; gives the form that redeems the code.
    async fn code_for(&self, extra: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut browser = self.t.browser();
        browser.goto(self.authorize_url(&[extra, &[("tenant", "acme")]].concat())).await;
        self.t.sign_in(&mut browser, &self.anna).await;
        if browser.left().is_none() {
            browser.submit("#consent-allow").await;
        }
        let code = self.landed(&browser, "code").unwrap();
        let verifier = self.landed(&browser, "state").unwrap();
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", &verifier)];
        form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    async fn bound(&self, key: &Key) -> Answer {
        let form = self.code_for(&[]).await;
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.proven(Some(key), "/token", &form).await.good()
    }
}

fn jkt(answer: &Answer) -> (&str, serde_json::Value) {
    (answer.text("token_type"), answer.access()["cnf"].clone())
}

#[tokio::test]
async fn a_bound_token_is_exchanged_by_its_key_alone_and_the_new_one_is_bound_to_it_too() {
    let (w, key, other) = (World::new().await, Key::new(), Key::new());
    let tokens = w.bound(&key).await;
    let form = exchange_form(tokens.text("access_token"), &[("tenant", "globex")]);

    let without = w.proven(None, "/token", &form).await;
    let stolen = w.proven(Some(&other), "/token", &form).await;
    let traded = w.proven(Some(&key), "/token", &form).await.good();

    assert_eq!((without.status.as_u16(), stolen.status.as_u16()), (400, 400));
    assert_eq!((without.error().1, stolen.error().1), ("invalid_request", "invalid_request"));
    assert_eq!(jkt(&traded), ("DPoP", json!({ "jkt": key.jkt })));
    assert_eq!(traded.access()["tenant"], "globex");
    let token = traded.text("access_token");
    assert_eq!((w.userinfo_by(&key, token).await, w.userinfo_by(&other, token).await), (200, 401));
    assert_eq!(w.userinfo(token).await.error(), (401, "invalid_token"), "not as a bearer token");
}

#[tokio::test]
async fn a_bearer_token_that_is_exchanged_with_a_proof_becomes_a_bound_one() {
    let (w, key) = (World::new().await, Key::new());
    let tokens = w.tokens(&mut w.t.browser(), &[]).await;

    let traded = w.proven(Some(&key), "/token", &exchange_form(tokens.text("access_token"), &[])).await.good();

    assert_eq!(jkt(&traded), ("DPoP", json!({ "jkt": key.jkt })));
    assert_eq!(w.userinfo_by(&key, traded.text("access_token")).await, 200);
}

#[tokio::test]
async fn a_bound_refresh_token_switches_the_tenant_by_its_key_alone() {
    let (w, key, other) = (World::public().await, Key::new(), Key::new());
    let tokens = w.bound(&key).await;
    // The other tenant's people are asked too.
    w.t.app.store.write(async |s| s.record_consent(&w.anna.id, &w.globex.id, &w.client.id, super::ALL, w.t.now()).await).await.unwrap();
    let form =
        |token: &str| [("grant_type", "refresh_token".to_owned()), ("refresh_token", token.to_owned()), ("tenant", "globex".to_owned())];
    let ask = async |key: Option<&Key>, token: &str| {
        let form = form(token);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        w.proven(key, "/token", &form).await
    };
    let token = tokens.text("refresh_token");

    assert_eq!(ask(None, token).await.error(), (400, "invalid_grant"));
    assert_eq!(ask(Some(&other), token).await.error(), (400, "invalid_grant"));
    let there = ask(Some(&key), token).await.good();
    assert_eq!((jkt(&there), there.access()["tenant"].as_str()), (("DPoP", json!({ "jkt": key.jkt })), Some("globex")));
    // The new family is bound to the same key, for the next switch as well.
    let moved = there.text("refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", moved)];
    assert_eq!(w.proven(Some(&other), "/token", &form).await.error(), (400, "invalid_grant"));
    assert_eq!(jkt(&w.proven(Some(&key), "/token", &form).await.good()).1, json!({ "jkt": key.jkt }));
}

#[tokio::test]
async fn a_device_that_proves_a_key_gets_tokens_bound_to_it() {
    let (w, key, other) = (World::public().await, Key::new(), Key::new());
    let device = w.proven(None, "/device_authorization", &[("scope", super::ALL)]).await.good();
    w.approve(&device).await;
    let form = [("grant_type", DEVICE), ("device_code", device.text("device_code"))];

    let tokens = w.proven(Some(&key), "/token", &form).await.good();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.text("refresh_token"))];

    assert_eq!(jkt(&tokens), ("DPoP", json!({ "jkt": key.jkt })));
    assert_eq!(w.userinfo_by(&key, tokens.text("access_token")).await, 200);
    assert_eq!(w.proven(None, "/token", &refresh).await.error(), (400, "invalid_grant"));
    assert_eq!(w.proven(Some(&other), "/token", &refresh).await.error(), (400, "invalid_grant"));
    assert_eq!(jkt(&w.proven(Some(&key), "/token", &refresh).await.good()).0, "DPoP");
}

#[tokio::test]
async fn a_device_that_registered_so_gets_nothing_without_a_proof() {
    let (w, key) = (World::with(|metadata| metadata.dpop_bound_access_tokens = true).await, Key::new());
    let device = w.begin_device(&[]).await;
    w.approve(&device).await;
    let form = [("grant_type", DEVICE), ("device_code", device.text("device_code"))];

    assert_eq!(w.poll(&device).await.error(), (400, "invalid_request"));
    assert_eq!(jkt(&w.proven(Some(&key), "/token", &form).await.good()), ("DPoP", json!({ "jkt": key.jkt })));
}

#[tokio::test]
async fn a_request_that_was_pushed_with_a_proof_binds_its_code_to_that_key() {
    let (w, key, other) = (World::new().await, Key::new(), Key::new());
    let (challenge, verifier) = openidconnect::PkceCodeChallenge::new_random_sha256();
    let pushed = [
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", super::ALL),
        ("tenant", "acme"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let reference = w.proven(Some(&key), "/par", &[&pushed[..], &[("client_id", w.client.id.as_str())]].concat()).await;
    assert_eq!(reference.status, 201, "{}", reference.body);
    let mut url = url::Url::parse(&w.t.url("/authorize")).unwrap();
    url.query_pairs_mut().extend_pairs([("client_id", w.client.id.as_str()), ("request_uri", reference.text("request_uri"))]);
    let mut browser = w.t.browser();
    browser.goto(url.as_str()).await;
    w.t.sign_in(&mut browser, &w.anna).await;
    let code = browser.landing().query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK), ("code_verifier", verifier.secret())];

    assert_eq!(w.proven(Some(&other), "/token", &form).await.error(), (400, "invalid_grant"));
    assert_eq!(w.proven(None, "/token", &form).await.error(), (400, "invalid_grant"));
    assert_eq!(jkt(&w.proven(Some(&key), "/token", &form).await.good()), ("DPoP", json!({ "jkt": key.jkt })));
}
