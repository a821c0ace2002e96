//! Presets of applications, and the policies that go with them.
use serde_json::json;
use tenantry::model::{AuthMethod, ClientProfile, RefreshRotation};
use tenantry::protocol::client_auth::ASSERTION_TYPE;
use tenantry::service::clients::{ClientAdded, NewClient, Preset, add};

use super::clients::assertion;
use super::proofs::Key;
use super::{ALL, Answer, Arena, answer, claims, redemption};
use crate::harness::net;
use crate::harness::world::CALLBACK;

/// An arena whose application was registered with a FAPI 2.0 preset, and its assertion key.
async fn fapi(preset: Preset) -> (Arena, josekit::jwk::alg::ec::EcKeyPair) {
    let mut a = Arena::new().await;
    let pair = josekit::jwk::alg::ec::EcKeyPair::generate(josekit::jwk::alg::ec::EcCurve::P256).unwrap();
    let jwks = json!({ "keys": [pair.to_jwk_public_key()] });
    let (client, secret) = a.t.client(preset, |new| new.metadata.jwks = Some(jwks)).await;
    assert_eq!(secret, None);
    a.client = client;
    (a, pair)
}

async fn post(a: &Arena, pair: &josekit::jwk::alg::ec::EcKeyPair, proof: Option<String>, form: &[(&str, &str)]) -> Answer {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let jti = format!("a-{}", NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
    let id = &a.client.id;
    let jwt = assertion(pair, &json!({ "iss": id, "sub": id, "aud": a.t.origin, "exp": a.now().seconds() + 60, "jti": jti }));
    let form = [form, &[("client_assertion_type", ASSERTION_TYPE), ("client_assertion", &jwt)]].concat();
    let mut request = net::client().post(a.t.url("/token")).form(&form);
    if let Some(proof) = proof {
        request = request.header("dpop", proof);
    }
    answer(request).await
}

#[tokio::test]
async fn a_fapi_2_application_redeems_with_its_keys_and_gets_bound_tokens_that_do_not_rotate() {
    for preset in [Preset::Fapi2, Preset::Fapi2MessageSigning] {
        let (a, pair) = fapi(preset).await;
        let key = Key::new();
        let code = a.db_code(ALL).await;

        assert_eq!(post(&a, &pair, None, &redemption(&code)).await.error(), (400, "invalid_request"));
        let tokens = post(&a, &pair, Some(key.proof(&a)), &redemption(&code)).await.good();
        let form = [("grant_type", "refresh_token"), ("refresh_token", tokens.text("refresh_token"))];
        let next = post(&a, &pair, Some(key.proof(&a)), &form).await.good();
        let again = post(&a, &pair, Some(key.proof(&a)), &form).await.good();

        assert_eq!(claims(tokens.text("access_token"))["cnf"]["jkt"], json!(key.jkt));
        assert!(next.body.get("refresh_token").is_none() && again.body.get("refresh_token").is_none());
        assert_eq!(again.text("token_type"), "DPoP");
    }
}

#[tokio::test]
async fn a_registration_that_weakens_its_profile_is_refused() {
    let a = Arena::new().await;
    let refused = async |change: &dyn Fn(&mut NewClient)| {
        let mut new = NewClient::preset(Preset::Fapi2, "Bank");
        new.metadata.redirect_uris = vec![CALLBACK.to_owned()];
        new.metadata.jwks = Some(json!({ "keys": [] }));
        change(&mut new);
        match add(&a.t.change(), new).await.unwrap() {
            ClientAdded::Invalid(field, _) => field,
            _ => "registered",
        }
    };

    assert_eq!(refused(&|_| {}).await, "registered");
    assert_eq!(refused(&|new| new.metadata.jwks = None).await, "jwks");
    assert_eq!(refused(&|new| new.metadata.token_endpoint_auth_method = AuthMethod::Post).await, "token_endpoint_auth_method");
    assert_eq!(refused(&|new| new.metadata.dpop_bound_access_tokens = false).await, "dpop_bound_access_tokens");
    assert_eq!(refused(&|new| new.metadata.require_pkce = false).await, "require_pkce");
    assert_eq!(refused(&|new| new.metadata.profile = ClientProfile::Fapi2MessageSigning).await, "require_signed_request_object");
}

#[tokio::test]
async fn the_oidc_preset_leaves_pkce_to_the_application() {
    let a = Arena::new().await;
    let (client, secret) = a.t.client(Preset::Oidc, |_| {}).await;

    assert!(!client.metadata.require_pkce && secret.is_some());
    assert_eq!(client.metadata.profile, ClientProfile::Oidc);
}

#[tokio::test]
async fn the_registered_rotation_is_obeyed() {
    for (policy, rotates) in [(RefreshRotation::Auto, true), (RefreshRotation::Always, true), (RefreshRotation::Never, false)] {
        let a = Arena::with(|m| m.refresh_rotation = policy).await;
        let first = a.tokens(ALL).await;

        let second = a.refresh(first.text("refresh_token")).await.good();
        a.t.later(std::time::Duration::from_secs(31));
        let third = a.refresh(first.text("refresh_token")).await;

        assert_eq!(second.body.get("refresh_token").is_some(), rotates, "{policy}");
        assert_eq!(third.status == 200, !rotates, "{policy}: a replay counts only where tokens rotate");
    }
}

#[tokio::test]
async fn a_token_that_does_not_rotate_still_ends_when_idle_and_with_its_grant() {
    let a = Arena::with(|m| m.refresh_rotation = RefreshRotation::Never).await;
    let first = a.tokens(ALL).await;
    let token = first.text("refresh_token");

    a.t.later(super::days(13));
    assert_eq!(a.refresh(token).await.status, 200);
    a.t.later(super::days(13));
    assert_eq!(a.refresh(token).await.status, 200, "its use moved the idle end");
    a.post("/revoke", &[("token", token)]).await;
    assert_eq!(a.refresh(token).await.error(), (400, "invalid_grant"));
    let other = a.tokens(ALL).await;
    a.t.later(super::days(14));
    assert_eq!(a.refresh(other.text("refresh_token")).await.error(), (400, "invalid_grant"));
}
