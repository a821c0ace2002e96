//! Proofs of possession (RFC 9449): at the token endpoint, in tokens, at userinfo, and that none counts twice.
use std::sync::Arc;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tenantry::model::{AuthMethod, GrantType, SigningAlg};
use tenantry::protocol::Reason;
use tenantry::service::bearer::{PresentedToken, Scheme};
use tenantry::service::possession::Possession;
use tenantry::service::userinfo::userinfo;

use super::proofs::{Key, fresh};
use super::{ALL, Answer, Arena, answer, claims, redemption};
use crate::harness::net;
use crate::harness::par::par;

impl Arena {
    /// Posts to the token endpoint with a proof; a public client by its name.
    pub(super) async fn proven(&self, proof: &str, form: &[(&str, &str)]) -> Answer {
        let mut request = net::client().post(self.t.url("/token")).header("dpop", proof);
        let mut form = form.to_vec();
        if self.client.is_public() {
            form.push(("client_id", self.client.id.as_str()));
        } else {
            request = request.basic_auth(self.client.id.as_str(), Some(&self.secret));
        }
        answer(request.form(&form)).await
    }

    async fn bound_tokens(&self, key: &Key) -> Answer {
        let code = self.db_code(ALL).await;
        self.proven(&key.proof(self), &redemption(&code)).await.good()
    }

    async fn userinfo_with(&self, scheme: &str, token: &str, proof: &str) -> Answer {
        let request = net::client().get(self.t.url("/userinfo")).header("authorization", format!("{scheme} {token}"));
        answer(request.header("dpop", proof)).await
    }
}

async fn public() -> Arena {
    Arena::with(|m| m.token_endpoint_auth_method = AuthMethod::None).await
}

#[tokio::test]
async fn a_proven_key_is_in_the_token_and_userinfo_asks_for_it() {
    for alg in [SigningAlg::Es256, SigningAlg::Ps256, SigningAlg::EdDsa] {
        let (a, key) = (Arena::new().await, Key::of(alg));

        let tokens = a.bound_tokens(&key).await;
        let token = tokens.text("access_token");
        let got = a.userinfo_with("DPoP", token, &key.proof_for(&a, "GET", token, json!({}))).await;
        let posted = net::client().post(a.t.url("/userinfo")).header("authorization", format!("dpop {token}"));
        let posted = answer(posted.header("dpop", key.proof_for(&a, "POST", token, json!({})))).await;
        let told = a.post("/introspect", &[("token", token)]).await.good();

        assert_eq!(tokens.text("token_type"), "DPoP", "{alg}");
        assert_eq!(claims(token)["cnf"], json!({ "jkt": key.jkt }));
        for good in [&got, &posted] {
            assert_eq!((good.status.as_u16(), good.text("sub")), (200, a.person.id.as_str()), "{}", good.body);
        }
        assert_eq!((&told.body["cnf"]["jkt"], &told.body["token_type"]), (&json!(key.jkt), &json!("DPoP")));
    }
}

#[tokio::test]
async fn a_bound_token_is_worth_nothing_without_its_key() {
    let (a, key, other) = (Arena::new().await, Key::new(), Key::new());
    let tokens = a.bound_tokens(&key).await;
    let token = tokens.text("access_token");
    let plain = a.tokens(ALL).await;
    let proof = |changes| key.proof_for(&a, "GET", token, changes);

    let bearer = a.userinfo(token).await;
    let bearer_with_proof = a.userinfo_with("Bearer", token, &proof(json!({}))).await;
    let in_form = net::client().post(a.t.url("/userinfo")).form(&[("access_token", token)]);
    let in_form = answer(in_form.header("dpop", key.proof_for(&a, "POST", token, json!({})))).await;
    let without = answer(net::client().get(a.t.url("/userinfo")).header("authorization", format!("DPoP {token}"))).await;
    let other_key = a.userinfo_with("DPoP", token, &other.proof_for(&a, "GET", token, json!({}))).await;
    let unbound =
        a.userinfo_with("DPoP", plain.text("access_token"), &key.proof_for(&a, "GET", plain.text("access_token"), json!({}))).await;

    for refused in [&bearer, &bearer_with_proof, &in_form, &other_key, &unbound] {
        assert_eq!(refused.error(), (401, "invalid_token"));
    }
    assert_eq!(without.error(), (401, "invalid_dpop_proof"));
    assert_eq!(
        bearer.headers["www-authenticate"].to_str().unwrap(),
        "DPoP realm=\"userinfo\", error=\"invalid_token\", error_description=\"The access token is invalid, expired or revoked\", \
         algs=\"ES256 PS256 EdDSA\""
    );
    let bad = [
        json!({ "ath": null }),
        json!({ "ath": "x" }),
        json!({ "htm": "POST" }),
        json!({ "htu": a.t.url("/token") }),
        json!({ "iat": a.now().seconds() - 3600 }),
        json!({ "jti": null }),
    ];
    for changes in bad {
        assert_eq!(a.userinfo_with("DPoP", token, &proof(changes.clone())).await.error(), (401, "invalid_dpop_proof"), "{changes}");
    }
}

#[tokio::test]
async fn each_refusal_of_a_bound_token_has_its_reason() {
    let (a, key, other) = (Arena::new().await, Key::new(), Key::new());
    let tokens = a.bound_tokens(&key).await;
    let plain = a.tokens(ALL).await;
    let asked = async |token: &str, scheme, proof: Option<String>| {
        let network = tenantry::service::Network::of(std::net::IpAddr::from([127, 0, 0, 1]));
        let possession = Possession { proof, ..Possession::default() };
        let sent = PresentedToken { token: token.to_owned(), scheme, method: "GET", possession, network };
        super::reasons::reason(userinfo(&a.t.app, &sent, a.now()).await)
    };
    let (bound, plain) = (tokens.text("access_token"), plain.text("access_token"));
    let proof = || Some(key.proof_for(&a, "GET", bound, json!({})));
    let good = proof();

    assert_eq!(asked(bound, Scheme::Bearer, proof()).await, Some(Reason::TokenBound));
    assert_eq!(asked(plain, Scheme::Dpop, proof()).await, Some(Reason::TokenUnbound));
    assert_eq!(asked(bound, Scheme::Dpop, None).await, Some(Reason::ProofMissing));
    assert_eq!(asked(bound, Scheme::Dpop, Some("x".into())).await, Some(Reason::ProofMalformed));
    let foreign = other.proof_for(&a, "GET", bound, json!({}));
    assert_eq!(asked(bound, Scheme::Dpop, Some(foreign)).await, Some(Reason::BindingOfAnotherKey));
    assert_eq!(asked(bound, Scheme::Dpop, good.clone()).await, None);
    assert_eq!(asked(bound, Scheme::Dpop, good).await, Some(Reason::ProofReplayed));
}

#[tokio::test]
async fn a_proof_that_breaks_a_rule_is_refused_and_uses_nothing_up() {
    let (a, key) = (Arena::new().await, Key::new());
    let code = a.db_code(ALL).await;
    let now = a.now().seconds();
    let changes = [
        json!({ "htm": "GET" }),
        json!({ "htm": null }),
        json!({ "htu": a.t.url("/userinfo") }),
        json!({ "htu": "https://evil.example/token" }),
        json!({ "htu": null }),
        json!({ "iat": now - 3600 }),
        json!({ "iat": now + 3600 }),
        json!({ "iat": null }),
        json!({ "jti": null }),
        json!({ "jti": "" }),
        json!({ "jti": 7 }),
        json!({ "jti": "x".repeat(257) }),
    ];

    for changed in changes {
        let refused = a.proven(&key.proof_with(&a, changed.clone()), &redemption(&code)).await;
        assert_eq!(refused.error(), (400, "invalid_dpop_proof"), "{changed}");
    }
    for iat in [json!(1e30), json!(i64::MAX), json!(u64::MAX), json!("1"), json!([]), json!(-1)] {
        let refused = a.proven(&key.proof_with(&a, json!({ "iat": iat })), &redemption(&code)).await;
        assert_eq!(refused.error(), (400, "invalid_dpop_proof"), "d07: iat = {iat}");
    }
    for iat in [now - 10, now + 10, now - 120, now + 120] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
        assert_eq!(a.proven(&key.proof_with(&a, json!({ "iat": iat })), &form).await.error(), (400, "invalid_grant"), "{iat}");
    }
    let query = json!({ "htu": format!("{}?x=1#y", a.t.url("/token")) });
    assert_eq!(a.proven(&key.proof_with(&a, query), &redemption(&code)).await.status, 200);
}

#[tokio::test]
async fn d01_d02_d04_d08_forged_proofs_are_refused() {
    let (a, key, other) = (Arena::new().await, Key::new(), Key::new());
    let rs256 = Key::of(SigningAlg::Rs256);
    let code = a.db_code(ALL).await;
    let good = json!({ "jti": fresh(), "htm": "POST", "htu": a.t.url("/token"), "iat": a.now().seconds() });
    let with = |name: &str, value: Value| {
        let mut header = key.header();
        header[name] = value;
        header.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        key.sign(&header, &good)
    };
    let mut private = key.jwk.clone();
    private["d"] = "AAAA".into();
    let genuine = key.proof(&a);
    let (signed, _) = genuine.rsplit_once('.').unwrap();
    let forged = [
        with("typ", json!("JWT")),
        with("typ", Value::Null),
        with("alg", json!("none")),
        with("alg", json!("HS256")),
        with("alg", json!("ES384")),
        with("jwk", Value::Null),
        with("jwk", json!("key")),
        with("jwk", private),
        with("jwk", json!({ "kty": "oct", "k": "AAAA" })),
        with("jwk", other.jwk.clone()),
        with("crit", json!(["exp"])),
        with("jku", json!("https://evil.example/jwks")),
        with("x5c", json!([])),
        rs256.sign(&rs256.header(), &good),
        format!("{signed}."),
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 64])),
        genuine[1..].to_owned(),
        "x".to_owned(),
        ".".repeat(5000),
    ];

    for proof in forged {
        assert_eq!(a.proven(&proof, &redemption(&code)).await.error(), (400, "invalid_dpop_proof"), "{proof}");
    }
    let twice = net::client().post(a.t.url("/token")).basic_auth(a.client.id.as_str(), Some(&a.secret));
    let twice = answer(twice.header("dpop", key.proof(&a)).header("dpop", key.proof(&a)).form(&redemption(&code))).await;
    assert_eq!(twice.error(), (400, "invalid_dpop_proof"));
    assert_eq!(a.proven(&genuine, &redemption(&code)).await.status, 200);
}

#[tokio::test]
async fn a_proof_counts_once_on_every_node_and_a_replay_ends_nothing() {
    let (a, key) = (Arena::new().await, Key::new());
    let beside = a.t.beside().await;
    let code = a.db_code(ALL).await;
    let proof = key.proof(&a);
    let tokens = a.proven(&proof, &redemption(&code)).await.good();
    let token = tokens.text("access_token");
    let shown = key.proof_for(&a, "GET", token, json!({}));

    let elsewhere = net::client().post(format!("http://{}/token", beside.address)).basic_auth(a.client.id.as_str(), Some(&a.secret));
    let replayed = answer(elsewhere.header("dpop", &proof).form(&redemption(&code))).await;
    let first = a.userinfo_with("DPoP", token, &shown).await;
    let request = net::client().get(format!("http://{}/userinfo", beside.address)).header("authorization", format!("DPoP {token}"));
    let second = answer(request.header("dpop", &shown)).await;

    assert_eq!(replayed.error(), (400, "invalid_dpop_proof"));
    assert_eq!(first.status, 200, "the replay of code and proof ended nothing");
    assert_eq!(second.error(), (401, "invalid_dpop_proof"));
    // The same code with a fresh proof of the same key is a replay of the code.
    assert_eq!(a.proven(&key.proof(&a), &redemption(&code)).await.error(), (400, "invalid_grant"));
    assert!(!a.is_active(token).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn b10_parallel_uses_of_one_proof_have_one_winner() {
    let a = Arc::new(
        Arena::with(|m| {
            m.grant_types = vec![GrantType::AuthorizationCode, GrantType::ClientCredentials];
            m.scopes.push("orders".to_owned());
        })
        .await,
    );
    let proof = Key::new().proof(&a);

    let answers = par(64, |_| {
        let (a, proof) = (Arc::clone(&a), proof.clone());
        async move {
            let answer = a.proven(&proof, &[("grant_type", "client_credentials"), ("scope", "orders")]).await;
            (answer.status.as_u16(), answer.body["error"].as_str().unwrap_or("").to_owned())
        }
    })
    .await;

    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|(_, error)| error == "invalid_dpop_proof").count(), 63, "{answers:?}");
}

#[tokio::test]
async fn a_code_that_was_asked_for_with_a_key_is_redeemed_with_that_key() {
    let (a, key, other) = (Arena::new().await, Key::new(), Key::new());
    let code = a.db_code_bound(&a.client, ALL, a.proof(), Some(&key.jkt)).await;

    assert_eq!(a.redeem(&code).await.error(), (400, "invalid_grant"));
    assert_eq!(a.proven(&other.proof(&a), &redemption(&code)).await.error(), (400, "invalid_grant"));
    let tokens = a.proven(&key.proof(&a), &redemption(&code)).await.good();
    // A replay without the key ends nothing.
    assert_eq!(a.proven(&other.proof(&a), &redemption(&code)).await.error(), (400, "invalid_grant"));
    assert!(a.is_active(tokens.text("access_token")).await);
}

#[tokio::test]
async fn a_proof_at_the_pushed_request_counts_once_and_agrees_with_dpop_jkt() {
    let (a, key, other) = (Arena::new().await, Key::new(), Key::new());
    let form = [
        ("client_id", a.client.id.as_str()),
        ("response_type", "code"),
        ("redirect_uri", crate::harness::world::CALLBACK),
        ("scope", "openid"),
        ("code_challenge", super::CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let push = async |proof: &str, jkt: &str| {
        let form = [&form[..], &[("dpop_jkt", jkt)]].concat();
        let request = net::client().post(a.t.url("/par")).basic_auth(a.client.id.as_str(), Some(&a.secret));
        answer(request.header("dpop", proof).form(&form)).await
    };
    let proof = |key: &Key| key.proof_with(&a, json!({ "htu": a.t.url("/par") }));
    let once = proof(&key);

    assert_eq!(push(&once, "").await.status, 201);
    assert_eq!(push(&once, "").await.error(), (400, "invalid_dpop_proof"));
    assert_eq!(push(&key.proof(&a), "").await.error(), (400, "invalid_dpop_proof"), "a proof for the token endpoint");
    assert_eq!(push(&proof(&key), &key.jkt).await.status, 201);
    assert_eq!(push(&proof(&other), &key.jkt).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn a_machines_token_is_bound_too() {
    let a = Arena::with(|m| {
        m.grant_types = vec![GrantType::AuthorizationCode, GrantType::ClientCredentials];
        m.scopes.push("orders".to_owned());
    })
    .await;
    let key = Key::new();

    let answer = a.proven(&key.proof(&a), &[("grant_type", "client_credentials")]).await.good();

    assert_eq!(answer.text("token_type"), "DPoP");
    assert_eq!(claims(answer.text("access_token"))["cnf"]["jkt"], json!(key.jkt));
}

#[tokio::test]
async fn a_client_that_registered_so_gets_no_token_without_a_proof() {
    let a = Arena::with(|m| m.dpop_bound_access_tokens = true).await;
    let code = a.db_code(ALL).await;

    assert_eq!(a.redeem(&code).await.error(), (400, "invalid_request"));
    assert_eq!(a.proven(&Key::new().proof(&a), &redemption(&code)).await.status, 200);
}

#[tokio::test]
async fn the_refresh_token_of_a_public_client_is_bound_to_the_key() {
    let (a, key, other) = (public().await, Key::new(), Key::new());
    let first = a.bound_tokens(&key).await;
    let form = |token: &str| [("grant_type".to_owned(), "refresh_token".to_owned()), ("refresh_token".to_owned(), token.to_owned())];
    let ask = async |token: &str, proof: Option<String>| {
        let form = form(token);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        match proof {
            Some(proof) => a.proven(&proof, &form).await,
            None => answer(net::client().post(a.t.url("/token")).form(&[&form[..], &[("client_id", a.client.id.as_str())]].concat())).await,
        }
    };

    assert_eq!(ask(first.text("refresh_token"), None).await.error(), (400, "invalid_grant"));
    assert_eq!(ask(first.text("refresh_token"), Some(other.proof(&a))).await.error(), (400, "invalid_grant"));
    let second = ask(first.text("refresh_token"), Some(key.proof(&a))).await.good();
    assert_eq!(claims(second.text("access_token"))["cnf"]["jkt"], json!(key.jkt));
    a.t.later(Duration::from_secs(31));
    // Whoever stole the rotated token and not the key cannot end the family with it.
    assert_eq!(ask(first.text("refresh_token"), Some(other.proof(&a))).await.error(), (400, "invalid_grant"));
    let third = ask(second.text("refresh_token"), Some(key.proof(&a))).await.good();
    a.t.later(Duration::from_secs(31));
    assert_eq!(ask(second.text("refresh_token"), Some(key.proof(&a))).await.error(), (400, "invalid_grant"));
    assert_eq!(ask(third.text("refresh_token"), Some(key.proof(&a))).await.error(), (400, "invalid_grant"), "the family ended");
}

#[tokio::test]
async fn a_confidential_client_may_change_its_key_and_keeps_its_refresh_token() {
    let (a, key, other) = (Arena::new().await, Key::new(), Key::new());
    let first = a.bound_tokens(&key).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", first.text("refresh_token"))];

    let second = a.proven(&other.proof(&a), &form).await.good();
    let third = a.proven(&key.proof(&a), &form).await.good();

    assert_eq!(claims(second.text("access_token"))["cnf"]["jkt"], json!(other.jkt));
    assert!(second.body.get("refresh_token").is_none(), "it stays: client and key are both proven");
    assert_eq!(third.status, 200);
}

#[tokio::test]
async fn a_nonce_is_demanded_where_it_is_set_and_is_good_on_every_node_for_minutes() {
    let a = Arena::with(|m| m.require_dpop_nonce = true).await;
    let beside = a.t.beside().await;
    let key = Key::new();
    let code = a.db_code(ALL).await;
    let nonce_of = |answer: &Answer| answer.headers["dpop-nonce"].to_str().unwrap().to_owned();

    let asked = a.proven(&key.proof(&a), &redemption(&code)).await;
    assert_eq!(asked.error(), (400, "use_dpop_nonce"));
    let nonce = nonce_of(&asked);
    let stale = a.proven(&key.proof_with(&a, json!({ "nonce": "made-up" })), &redemption(&code)).await;
    assert_eq!(stale.error(), (400, "use_dpop_nonce"));
    a.t.later(Duration::from_secs(50));
    let elsewhere = net::client().post(format!("http://{}/token", beside.address)).basic_auth(a.client.id.as_str(), Some(&a.secret));
    let proof = key.proof_with(&a, json!({ "nonce": nonce }));
    let tokens = answer(elsewhere.header("dpop", proof).form(&redemption(&code))).await.good();
    let token = tokens.text("access_token");

    let refused = a.userinfo_with("DPoP", token, &key.proof_for(&a, "GET", token, json!({}))).await;
    assert_eq!(refused.error(), (401, "use_dpop_nonce"));
    assert!(refused.headers["www-authenticate"].to_str().unwrap().starts_with("DPoP "));
    let good = a.userinfo_with("DPoP", token, &key.proof_for(&a, "GET", token, json!({ "nonce": nonce_of(&refused) }))).await;
    assert_eq!(good.status, 200);
    a.t.later(Duration::from_secs(400));
    let old = a.proven(&key.proof_with(&a, json!({ "nonce": nonce })), &[("grant_type", "refresh_token")]).await;
    assert_eq!(old.error(), (400, "use_dpop_nonce"));
}

#[tokio::test]
async fn a_server_that_demands_nonces_hands_the_next_one_out_with_every_answer() {
    let t = crate::harness::tenantry::Tenantry::start_with(|config| config.server.require_dpop_nonces = true).await;
    let tenant = t.tenant("acme").await;
    let person = t.member(&tenant, "anna@acme.example").await;
    let (client, secret) = t.client(tenantry::service::clients::Preset::Web, |_| {}).await;
    let a = Arena { t, client, secret: secret.unwrap(), tenant, person };
    let key = Key::new();
    let code = a.db_code(ALL).await;

    let asked = a.proven(&key.proof(&a), &redemption(&code)).await;
    let nonce = asked.headers["dpop-nonce"].to_str().unwrap();
    let good = a.proven(&key.proof_with(&a, json!({ "nonce": nonce })), &redemption(&code)).await;

    assert_eq!(asked.error(), (400, "use_dpop_nonce"));
    assert_eq!(good.status, 200);
    assert!(good.headers.contains_key("dpop-nonce"));
    assert_eq!(a.tokens(ALL).await.text("token_type"), "Bearer", "who sends no proof needs no nonce");
}

#[tokio::test]
async fn the_metadata_names_the_algorithms_of_proofs() {
    let a = Arena::new().await;
    let document = answer(net::client().get(a.t.url("/.well-known/oauth-authorization-server"))).await.good();

    assert_eq!(document.body["dpop_signing_alg_values_supported"], json!(["ES256", "PS256", "EdDSA"]));
}
