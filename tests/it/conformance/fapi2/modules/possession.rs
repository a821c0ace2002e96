//! DPoP: codes and tokens bound to a key, and proofs that are none.
use serde_json::{Value, json};

use crate::conformance::answers::{Answer, answer};
use crate::conformance::fapi2::keys::{Key, Proof};
use crate::conformance::fapi2::suite::{Asked, Plan, Suite};
use crate::harness::net;

async fn redeemed(s: &Suite, asked: &Asked, code: &str, proof: &str) -> Answer {
    let redirect = asked.request.get("redirect_uri").unwrap();
    let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect), ("code_verifier", &asked.verifier)];
    s.token(&s.one, &form, Some(proof)).await
}

/// Every proof of the way has changed claims and is taken.
async fn proofs_are_good(plan: Plan, change: impl Fn(&Suite, Proof) -> Proof) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let code = s.code(|s| &s.one, &asked).await;
    let proof = change(&s, s.proof(&s.one.dpop)).signed(&s.one.dpop);

    let tokens = s.good_tokens(&s.one, &redeemed(&s, &asked, &code, &proof).await, asked.request.get("nonce"));

    let proof = change(&s, s.resource_proof(&s.one.dpop, &tokens.access)).signed(&s.one.dpop);
    assert_eq!(s.resource("DPoP", &tokens.access, &[proof]).await.status, 200);
}

pub async fn check_dpop_proof_nbf_exp(plan: Plan) {
    proofs_are_good(plan, |s, proof| proof.claim("nbf", json!(s.now())).claim("exp", json!(s.now() + 300))).await;
}

pub async fn ensure_dpop_proof_with_iat_10seconds_before_succeeds(plan: Plan) {
    proofs_are_good(plan, |s, proof| proof.claim("iat", json!(s.now() - 10))).await;
}

pub async fn ensure_dpop_proof_with_iat_10seconds_after_succeeds(plan: Plan) {
    proofs_are_good(plan, |s, proof| proof.claim("iat", json!(s.now() + 10))).await;
}

/// A pushed request with a proof of the client's key beside it.
async fn pushed(s: &Suite, asked: &Asked) -> Answer {
    let endpoint = s.endpoint("pushed_authorization_request_endpoint");
    let mut form = s.form(&s.one, &asked.request);
    form.extend(
        [
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &s.one.sign(&s.assertion(&s.one))),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let proof = s.one.dpop.proof("POST", endpoint, s.now()).signed(&s.one.dpop);
    answer(net::client().post(endpoint).header("dpop", proof).form(&form)).await
}

pub async fn ensure_mismatched_dpop_jkt_fails(plan: Plan) {
    let s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let asked = Asked { request: asked.request.with("dpop_jkt", Key::es256("x").thumbprint()), ..asked };

    s.refused(&pushed(&s, &asked).await, &[(400, "invalid_request"), (400, "invalid_dpop_proof")]);
}

/// Bound where it was pushed; another key cannot redeem it.
async fn bound(plan: Plan, by_parameter: bool, key_of_client: bool) {
    let mut s = Suite::new(plan).await;
    let mut asked = s.ask(&s.one, "openid");
    if by_parameter {
        asked.request = asked.request.with("dpop_jkt", s.one.dpop.thumbprint());
    }
    let taken = if by_parameter { s.push(&s.one, &asked.request).await } else { pushed(&s, &asked).await };
    let front = s.front(&asked, &s.reference(&taken));
    s.visit(&front).await;
    let code = s.good_code(&asked, &s.called(&s.one));
    let other = Key::es256("other");
    let key = if key_of_client { &s.one.dpop } else { &other };

    let got = redeemed(&s, &asked, &code, &s.proof(key).signed(key)).await;

    if key_of_client {
        s.good_tokens(&s.one, &got, asked.request.get("nonce"));
    } else {
        s.refused(&got, &[(400, "invalid_grant"), (400, "invalid_request"), (400, "invalid_dpop_proof")]);
    }
}

pub async fn ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(plan: Plan) {
    bound(plan, false, false).await;
}

pub async fn ensure_token_endpoint_fails_with_mismatched_dpop_jkt(plan: Plan) {
    bound(plan, true, false).await;
}

pub async fn ensure_dpop_proof_at_par_endpoint_binding_success(plan: Plan) {
    bound(plan, false, true).await;
}

pub async fn ensure_dpop_auth_code_binding_success(plan: Plan) {
    bound(plan, true, true).await;
}

pub async fn ensure_holder_of_key_required(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let code = s.code(|s| &s.one, &asked).await;
    let redirect = asked.request.get("redirect_uri").unwrap();
    let form = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", redirect), ("code_verifier", &asked.verifier)];

    let refused = s.token(&s.one, &form, None).await;

    let proofless = [(400, "invalid_request"), (400, "invalid_grant"), (400, "invalid_dpop_proof")];
    // Without its certificate the client is not even known.
    s.refused(&refused, if plan.is_mtls() { &[(401, "invalid_client")] } else { &proofless });
    let good = s.good_tokens(&s.one, &s.redeem(&s.one, &asked, &code).await, asked.request.get("nonce"));
    let bare = answer(net::client().get(s.endpoint("userinfo_endpoint")).bearer_auth(&good.access)).await;
    assert_eq!(bare.status, 401, "a bound token without its key");
}

pub async fn dpop_negative_tests(plan: Plan) {
    let mut s = Suite::new(plan).await;
    let asked = s.ask(&s.one, "openid");
    let token = s.happy(|s| &s.one, &asked).await.access;
    let (s, key) = (&s, &s.one.dpop);
    let good = || s.resource_proof(key, &token);
    let other = Key::es256("other");

    let twice = [good().signed(key), good().signed(key)];
    refused(s, &token, "two proofs", &twice).await;
    refused(s, &token, "no JWT", &[format!("x{}", good().signed(key).replace('.', "!"))]).await;
    for member in ["typ", "alg", "jwk"] {
        refused(s, &token, member, &[good().head(member, Value::Null).signed(key)]).await;
    }
    for claim in ["jti", "htm", "htu", "iat", "ath"] {
        refused(s, &token, claim, &[good().claim(claim, Value::Null).signed(key)]).await;
    }
    let mut broken = good().signed(key);
    let last = if broken.pop() == Some('A') { 'B' } else { 'A' };
    broken.insert(broken.len() - 3, last);
    refused(s, &token, "signature", &[broken]).await;
    let wrong = [
        ("typ", good().head("typ", json!("jwt"))),
        ("none", good().head("alg", json!("none"))),
        ("a private key", good().head("jwk", key.private())),
        ("htm", good().claim("htm", json!("PUT"))),
        ("htu", good().claim("htu", json!("https://other.example/userinfo"))),
        ("an hour ahead", good().claim("iat", json!(s.now() + 3600))),
        ("an hour old", good().claim("iat", json!(s.now() - 3600))),
        ("ath", good().claim("ath", json!("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"))),
    ];
    for (what, proof) in wrong {
        refused(s, &token, what, &[proof.signed(key)]).await;
    }
    refused(s, &token, "another key", &[s.resource_proof(&other, &token).signed(&other)]).await;
    refused(s, &token, "signed with another key", &[good().signed(&other)]).await;

    let url = s.endpoint("userinfo_endpoint");
    let further = good().head("extra", json!("x")).claim("extra", json!({ "a": 1 }));
    for proof in [good().claim("htu", json!(format!("{url}?a=b#c"))), further] {
        assert_eq!(s.resource("DPoP", &token, &[proof.signed(key)]).await.status, 200, "RFC 9449 4.3: {}", proof.claims);
    }
    let once = good().signed(key);
    assert_eq!(s.resource("DPoP", &token, std::slice::from_ref(&once)).await.status, 200);
    refused(s, &token, "used before", &[once]).await;
    let bearer = s.resource("Bearer", &token, &[good().signed(key)]).await;
    assert_eq!(bearer.status, 401, "RFC 9449 7.2: not as a bearer token");
}

async fn refused(s: &Suite, token: &str, what: &str, proofs: &[String]) {
    let got = s.resource("DPoP", token, proofs).await;
    assert!([400, 401].contains(&got.status), "{what}: {got:?}");
}
