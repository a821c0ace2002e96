//! Clients, keys, settings, generations, leases.
use tenantry::model::*;
use tenantry::store::{AuditRow, SchemaState, Store};

use super::conformance;
use super::fixtures::*;

async fn a_client_is_read_with_its_secrets_and_tenants(store: &Store) {
    furnish(store).await;

    store
        .write(async |w| {
            assert!(!w.insert_client(&new_client(client_id())).await?);
            w.add_client_secret(&client_id(), &new_secret("sec_2"), NOW.plus(MINUTE)).await?;
            w.entitle_client(&client_id(), &tenant_id("globex")).await?;
            w.entitle_client(&client_id(), &tenant_id("globex")).await?;
            assert!(w.drop_client_secret(&SecretId::from_text("sec_1")).await?);
            assert!(!w.drop_client_secret(&SecretId::from_text("sec_1")).await?);
            let mut bare = new_client(ClientId::from_text("cli_bare"));
            (bare.secrets, bare.tenants) = (Vec::new(), Vec::new());
            assert!(w.insert_client(&bare).await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let clients = r.clients().await?;
            assert_eq!(clients.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["cli_bare", "cli_shop"]);
            assert!(clients[0].secrets.is_empty() && clients[0].tenants.is_empty());
            let client = r.client(&client_id()).await?.unwrap();
            assert_eq!(client.metadata, new_client(client_id()).metadata);
            assert_eq!(client.secrets.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["sec_2"]);
            assert_eq!((&client.secrets[0].digest, client.secrets[0].expires_at), (&digest("sec_2"), Some(NOW.plus(DAY))));
            assert_eq!(client.tenants, [tenant_id("acme"), tenant_id("globex")]);
            assert!(r.client(&ClientId::from_text("cli_none")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn metadata_that_somebody_else_replaced_is_not_replaced(store: &Store) {
    furnish(store).await;
    let read = new_client(client_id()).metadata;
    let named = |name: &str| ClientMetadata { client_name: name.into(), ..read.clone() };

    store
        .write(async |w| {
            assert!(w.replace_client_metadata(&client_id(), &read, &named("First")).await?);
            assert!(!w.replace_client_metadata(&client_id(), &read, &named("Second")).await?);
            assert!(!w.replace_client_metadata(&ClientId::from_text("cli_none"), &read, &named("Nobody")).await?);
            Ok(())
        })
        .await
        .unwrap();

    let client = store.read(async |r| r.client(&client_id()).await).await.unwrap().unwrap();
    assert_eq!(client.metadata, named("First"));
}

async fn a_changed_client_raises_the_generation(store: &Store) {
    furnish(store).await;
    let before = store.read(async |r| r.generation().await).await.unwrap();
    let metadata = ClientMetadata { client_name: "Store".into(), required_acr: Some(Acr::Mfa), ..Default::default() };

    store
        .write(async |w| {
            assert!(w.set_client_metadata(&client_id(), &metadata).await?);
            assert!(!w.set_client_metadata(&ClientId::from_text("cli_none"), &metadata).await?);
            w.set_client_state(&client_id(), ClientState::Disabled).await
        })
        .await
        .unwrap();

    let client = store.read(async |r| r.client(&client_id()).await).await.unwrap().unwrap();
    assert_eq!((client.state, client.metadata), (ClientState::Disabled, metadata));
    assert!(store.read(async |r| r.generation().await).await.unwrap() > before);
}

fn key(kid: &str, state: KeyState) -> SigningKeyRow {
    SigningKeyRow {
        kid: kid.into(),
        alg: SigningAlg::Es256,
        state,
        sealed_private: "sealed".into(),
        public_jwk: "{}".into(),
        created_at: NOW,
        activates_at: NOW,
        retires_at: None,
    }
}

async fn r19_one_key_signs_per_algorithm(store: &Store) {
    let until = NOW.plus(DAY);

    store
        .write(async |w| {
            assert!(w.insert_signing_key(&key("old", KeyState::Active)).await?);
            assert!(!w.insert_signing_key(&key("old", KeyState::Next)).await?);
            assert!(!w.insert_signing_key(&key("rival", KeyState::Active)).await?);
            assert!(w.insert_signing_key(&key("new", KeyState::Next)).await?);
            let mut other = key("rsa", KeyState::Active);
            other.alg = SigningAlg::Rs256;
            assert!(w.insert_signing_key(&other).await?);
            assert!(w.activate_signing_key("new", NOW.plus(HOUR), until).await?);
            assert!(!w.activate_signing_key("new", NOW.plus(HOUR), until).await?);
            assert!(!w.activate_signing_key("old", NOW.plus(HOUR), until).await?);
            assert!(!w.activate_signing_key("none", NOW.plus(HOUR), until).await?);
            Ok(())
        })
        .await
        .unwrap();

    let keys = store.read(async |r| r.signing_keys().await).await.unwrap();
    let seen: Vec<_> = keys.iter().map(|k| (k.kid.as_str(), k.state, k.activates_at, k.retires_at)).collect();
    assert_eq!(
        seen,
        [
            ("new", KeyState::Active, NOW.plus(HOUR), None),
            ("old", KeyState::Retired, NOW, Some(until)),
            ("rsa", KeyState::Active, NOW, None)
        ]
    );
}

async fn retired_keys_go_when_their_time_is_over(store: &Store) {
    let mut gone = key("gone", KeyState::Retired);
    gone.retires_at = Some(NOW.plus(DAY));
    store.write(async |w| w.insert_signing_key(&gone).await).await.unwrap();

    let early = store.write(async |w| w.delete_retired_keys(NOW).await).await.unwrap();
    let due = store.write(async |w| w.delete_retired_keys(NOW.plus(DAY)).await).await.unwrap();

    assert_eq!((early, due), (0, 1));
}

async fn a_setting_is_settled_once(store: &Store) {
    let first = store.write(async |w| w.settle_setting("check", "one").await).await.unwrap();
    let second = store.write(async |w| w.settle_setting("check", "two").await).await.unwrap();

    assert_eq!((first.as_str(), second.as_str()), ("one", "one"));
    assert_eq!(store.read(async |r| r.setting("check").await).await.unwrap().as_deref(), Some("one"));
    assert_eq!(store.read(async |r| r.setting("none").await).await.unwrap(), None);
}

async fn the_generation_only_grows(store: &Store) {
    let start = store.read(async |r| r.generation().await).await.unwrap();

    for _ in 0..3 {
        store.write(async |w| w.raise_generation().await).await.unwrap();
    }

    assert_eq!((start, store.read(async |r| r.generation().await).await.unwrap()), (0, 3));
}

async fn a_lease_has_one_holder_until_it_is_over(store: &Store) {
    let until = NOW.plus(MINUTE);

    store
        .write(async |w| {
            assert!(w.take_lease("mail", "node 1", NOW, until).await?);
            assert!(!w.take_lease("mail", "node 2", NOW, until).await?);
            assert!(w.take_lease("mail", "node 1", NOW, until).await?);
            assert!(w.take_lease("other", "node 2", NOW, until).await?);
            assert!(w.take_lease("mail", "node 2", until, until.plus(MINUTE)).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn the_audit_trail_is_read_in_order(store: &Store) {
    let event = |n: i64| AuditRow {
        id: AuditId::from_text(format!("aud_{n}")),
        at: NOW.plus(MINUTE * u32::try_from(n).unwrap()),
        actor: "per_ada".into(),
        action: "session.begin".into(),
        subject: "ses_1".into(),
        tenant: (n == 1).then(|| tenant_id("acme")),
        client: (n == 2).then(client_id),
        outcome: "ok".into(),
        detail: serde_json::json!({ "n": n }),
        network: "192.0.2.0/24".into(),
    };
    store
        .write(async |w| {
            for n in [3, 1, 2] {
                w.record_audit(&event(n)).await?;
            }
            Ok(())
        })
        .await
        .unwrap();

    let found = store.read(async |r| r.audit_since(NOW.plus(MINUTE), 2).await).await.unwrap();

    assert_eq!(found.iter().map(|e| e.id.as_str()).collect::<Vec<_>>(), ["aud_1", "aud_2"]);
    assert_eq!((&found[0].tenant, &found[1].client, &found[1].detail), (&Some(tenant_id("acme")), &Some(client_id()), &event(2).detail));
}

async fn a_migrated_schema_is_current_and_migrating_again_changes_nothing(store: &Store) {
    store.migrate().await.unwrap();

    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
}

conformance! {
    metadata_that_somebody_else_replaced_is_not_replaced,
    a_client_is_read_with_its_secrets_and_tenants,
    a_changed_client_raises_the_generation,
    r19_one_key_signs_per_algorithm,
    retired_keys_go_when_their_time_is_over,
    a_setting_is_settled_once,
    the_generation_only_grows,
    a_lease_has_one_holder_until_it_is_over,
    the_audit_trail_is_read_in_order,
    a_migrated_schema_is_current_and_migrating_again_changes_nothing,
}
