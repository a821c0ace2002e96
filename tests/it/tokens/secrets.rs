//! Two secrets of one client, and the way from one to the other.
use tenantry::model::{AuthMethod, Client};
use tenantry::service::client_secrets::{SecretAdded, SecretRetired, add, retire};
use tenantry::service::clients::Preset;

use super::{ALL, Arena};

async fn stored(a: &Arena) -> Client {
    a.t.app.store.read(async |r| r.client(&a.client.id).await).await.unwrap().unwrap()
}

async fn status(a: &Arena, secret: &str) -> u16 {
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    a.post_as(&a.client, secret, "/token", &form).await.status.as_u16()
}

#[tokio::test]
async fn an_application_changes_its_secret_without_an_outage() {
    let a = Arena::new().await;
    let first = stored(&a).await.secrets[0].id.clone();

    let SecretAdded::Added(second, token) = add(&a.t.change(), &a.client.id).await.unwrap() else { panic!("no secret was added") };
    a.t.app.refresh().await.unwrap();
    assert_eq!((status(&a, &a.secret).await, status(&a, token.clear()).await), (400, 400), "both prove the client");
    assert!(matches!(add(&a.t.change(), &a.client.id).await.unwrap(), SecretAdded::TooMany));

    assert_eq!(retire(&a.t.change(), &a.client.id, &first).await.unwrap(), SecretRetired::Retired);
    a.t.app.refresh().await.unwrap();
    assert_eq!((status(&a, &a.secret).await, status(&a, token.clear()).await), (401, 400));
    assert_eq!(retire(&a.t.change(), &a.client.id, &first).await.unwrap(), SecretRetired::Unknown);
    assert_eq!(retire(&a.t.change(), &a.client.id, &second).await.unwrap(), SecretRetired::Last);
    assert_eq!(a.post_as(&a.client, token.clear(), "/token", &super::redemption(&a.db_code(ALL).await)).await.status, 200);
}

#[tokio::test]
async fn the_clear_secret_is_nowhere_in_the_database_or_the_audit_trail() {
    let a = Arena::new().await;
    let SecretAdded::Added(_, token) = add(&a.t.change(), &a.client.id).await.unwrap() else { panic!("no secret was added") };

    let events = a.t.app.store.read(async |r| r.audit_since(a.now(), 1000).await).await.unwrap();

    assert!(events.iter().any(|event| event.action == "client.secret.add"));
    assert!(!events.iter().any(|event| event.detail.to_string().contains(token.clear())));
    assert!(stored(&a).await.secrets.iter().all(|secret| secret.digest.as_str() != token.clear()));
}

#[tokio::test]
async fn whoever_needs_no_secret_gets_none() {
    let a = Arena::with(|m| m.token_endpoint_auth_method = AuthMethod::None).await;
    let (other, _) = a.t.client(Preset::Web, |_| {}).await;
    let secret = a.t.app.store.read(async |r| r.client(&other.id).await).await.unwrap().unwrap().secrets[0].id.clone();

    assert!(matches!(add(&a.t.change(), &a.client.id).await.unwrap(), SecretAdded::OtherMethod));
    assert!(matches!(add(&a.t.change(), &tenantry::model::ClientId::from_text("cli_nobody")).await.unwrap(), SecretAdded::UnknownClient));
    // A secret is retired only in the name of its own client.
    assert_eq!(retire(&a.t.change(), &a.client.id, &secret).await.unwrap(), SecretRetired::Unknown);
}
