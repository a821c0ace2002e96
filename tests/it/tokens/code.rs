//! Redeeming codes.
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tenantry::model::SigningAlg;
use tenantry::service::clients::Preset;

use super::{ALL, Arena, claims, redemption};
use crate::harness::par::par;

#[tokio::test]
async fn a_code_yields_tokens_with_the_claims_of_its_scopes() {
    let a = Arena::new().await;
    let sales = a.t.group(&a.tenant, "Sales", &[("orders.read", false), ("orders.pay", true)]).await;
    a.t.put_into(&sales, &a.person).await;

    let answer = a.tokens(ALL).await;
    let (access, id) = (claims(answer.text("access_token")), claims(answer.text("id_token")));
    let info = a.userinfo(answer.text("access_token")).await.good().body;

    assert_eq!((answer.text("token_type"), &answer.body["expires_in"]), ("Bearer", &json!(300)));
    assert_eq!(answer.headers["cache-control"], "no-store");
    for told in [&access, &id, &info] {
        assert_eq!(told["sub"], a.person.id.as_str());
        assert_eq!((&told["tenant"], &told["guest"]), (&json!("acme"), &json!(false)));
        assert_eq!((&told["groups"], &told["permissions"]), (&json!(["Sales"]), &json!(["orders.read"])));
        assert_eq!(told["locations_all"], true);
        assert_eq!(told["home_tenant_id"], a.tenant.id.as_str());
    }
    assert_eq!((&id["nonce"], &id["aud"], &id["acr"]), (&json!("n-1"), &json!(a.client.id), &json!("urn:tenantry:acr:email")));
    assert_eq!((&access["client_id"], &access["aud"]), (&json!(a.client.id), &json!(a.t.origin)));
    assert_eq!(
        (&info["email"], &info["name"], &info["email_verified"]),
        (&json!("anna@acme.example"), &json!("Anna Example"), &json!(true))
    );
    assert!(id.get("email").is_none() && access.get("email").is_none());
}

#[tokio::test]
async fn each_signing_algorithm_works() {
    for alg in SigningAlg::ALL {
        let a = Arena::with(|m| (m.id_token_signed_response_alg, m.access_token_signing_alg) = (*alg, *alg)).await;

        let answer = a.tokens("openid").await;

        assert_eq!(a.userinfo(answer.text("access_token")).await.status, 200, "{alg}");
        assert!(answer.body.get("refresh_token").is_none(), "offline_access was not granted");
    }
}

#[tokio::test]
async fn b01_a_code_of_another_client_is_refused_and_stays_good() {
    let a = Arena::new().await;
    let (other, secret) = a.t.client(Preset::Web, |_| {}).await;
    let code = a.db_code(ALL).await;

    let stolen = a.post_as(&other, secret.as_deref().unwrap(), "/token", &redemption(&code)).await;
    let wrong =
        a.post("/token", &[("code_verifier", &"x".repeat(43)[..]), redemption(&code)[0], redemption(&code)[1], redemption(&code)[2]]).await;
    let own = a.redeem(&code).await;

    assert_eq!(stolen.error(), (400, "invalid_grant"));
    assert_eq!(wrong.error(), (400, "invalid_grant"));
    assert_eq!(own.status, 200);
}

#[tokio::test]
async fn a_replay_is_refused_and_ends_everything_that_the_code_gave() {
    let a = Arena::new().await;
    let code = a.db_code(ALL).await;
    let first = a.redeem(&code).await.good();

    let replay = a.redeem(&code).await;

    assert_eq!(replay.error(), (400, "invalid_grant"));
    assert_eq!(a.userinfo(first.text("access_token")).await.error(), (401, "invalid_token"));
    assert!(!a.is_active(first.text("access_token")).await && !a.is_active(first.text("refresh_token")).await);
    assert_eq!(a.refresh(first.text("refresh_token")).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn a_replay_that_proves_nothing_ends_nothing() {
    let a = Arena::new().await;
    let code = a.db_code(ALL).await;
    let first = a.redeem(&code).await.good();

    let without = a.post("/token", &redemption(&code)[..3]).await;

    assert_eq!(without.error(), (400, "invalid_grant"));
    assert!(a.is_active(first.text("access_token")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn b02_parallel_redemption_has_one_winner() {
    let a = Arc::new(Arena::new().await);
    let code = a.db_code(ALL).await;

    let answers = par(64, |_| {
        let (a, code) = (Arc::clone(&a), code.clone());
        async move { a.redeem(&code).await.error().0 }
    })
    .await;

    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);
    assert!(answers.iter().all(|status| [200, 400].contains(status)));
}

#[tokio::test]
async fn a_code_ends_after_a_minute() {
    let a = Arena::new().await;
    let code = a.db_code(ALL).await;

    a.t.later(Duration::from_secs(60));

    assert_eq!(a.redeem(&code).await.error(), (400, "invalid_grant"));
}

#[tokio::test]
async fn b16_changed_codes_are_nobodys() {
    let a = Arena::new().await;
    let code = a.db_code(ALL).await;

    for changed in [&code[..code.len() - 1], &format!("{code}A"), &code.to_uppercase(), &code[4..], &code.replacen("tnc_", "tnr_", 1)] {
        assert_eq!(a.redeem(changed).await.error(), (400, "invalid_grant"), "{changed}");
        assert_eq!(a.refresh(changed).await.error(), (400, "invalid_grant"), "{changed}");
    }
    assert_eq!(a.refresh(&code).await.error(), (400, "invalid_grant"));
    assert_eq!(a.redeem(&code).await.status, 200);
}
