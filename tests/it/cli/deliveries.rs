//! `client deliveries` and `tenant disable`: what an application is told when a tenant ends, and what became of that.
use std::time::Duration;

use serde_json::Value;
use tenantry::model::{ClientId, Grant, GrantId, GrantTerms, Origin, PersonId, Proof, Session, SessionId, TenantId};
use tenantry::store::Store;
use tenantry::world::{Clock as _, Seeded};
use tenantry::world::{Digest, SessionCookie, SystemClock, Timestamp, Token};

use super::Instance;

const HOUR: Duration = Duration::from_secs(3600);

/// A tenant, a person in it, and an application that hears of logouts; their ids.
fn furnished(instance: &Instance) -> (ClientId, PersonId, TenantId) {
    assert_eq!(instance.run(&["migrate"]).code, 0);
    let metadata = instance.folder.path().join("shop.json");
    std::fs::write(&metadata, r#"{"backchannel_logout_uri":"https://shop.example/logout"}"#).unwrap();
    let json = |args: &[&str]| instance.run(&[args, &["--json"]].concat()).json();
    let tenant = json(&["tenant", "add", "--number", "1", "--slug", "acme", "--name", "Acme"]);
    let anna = json(&["person", "add", "--email", "anna@acme.example", "--first-name", "A", "--last-name", "B", "--tenant", "acme"]);
    let file = metadata.to_str().unwrap();
    let shop = ["client", "add", "--preset", "web", "--name", "Shop", "--redirect-uri", "https://shop.example/cb", "--metadata-file", file];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let client = ClientId::from_text(text(&json(&shop)["client_id"]));
    (client, PersonId::from_text(text(&anna["person"])), TenantId::from_text(text(&tenant["tenant"])))
}

async fn db_sign_in(store: &Store, (client, person, tenant): &(ClientId, PersonId, TenantId), now: Timestamp) {
    let cookie: Digest = Token::<SessionCookie>::generate(&Seeded::new(7)).digest();
    let session = Session {
        id: SessionId::from_text("ses_1"),
        person: person.clone(),
        proof: Proof::default(),
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(HOUR),
        ended_at: None,
        origin: Origin::default(),
    };
    let grant = Grant {
        id: GrantId::from_text("gra_1"),
        client: client.clone(),
        person: person.clone(),
        tenant: tenant.clone(),
        session: Some(session.id.clone()),
        scope: "openid".to_owned(),
        nonce: None,
        proof: Proof::default(),
        auth_time_requested: false,
        terms: GrantTerms::default(),
        created_at: now,
        expires_at: now.plus(HOUR),
        ended_at: None,
    };
    let write = store.write(async |w| {
        w.insert_session(&session, &cookie).await?;
        w.insert_grant(&grant).await
    });
    write.await.unwrap();
}

#[tokio::test]
async fn what_an_application_was_told_is_listed_with_its_tries() {
    let instance = Instance::new();
    let ids = furnished(&instance);
    let now = SystemClock.now();
    let store = Store::open(&instance.database).await.unwrap();
    db_sign_in(&store, &ids, now).await;
    let client = ids.0.as_str();
    let listed = || instance.run(&["client", "deliveries", client, "--json"]).json().as_array().unwrap().clone();
    assert!(listed().is_empty());

    let disabled = instance.run(&["tenant", "disable", "--tenant", "acme", "--json"]).json();
    let waiting = listed();

    assert_eq!((&disabled["state"], &disabled["grants_ended"]), (&"disabled".into(), &1.into()));
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0]["state"], &waiting[0]["attempts"]), (&"queued".into(), &0.into()));
    assert_eq!((&waiting[0]["session"], &waiting[0]["last_error"]), (&"ses_1".into(), &Value::Null));
    assert!(waiting[0]["queued"].is_string() && waiting[0]["next_try"].is_string() && waiting[0]["done"].is_null());

    let (soon, later) = (now.plus(HOUR), now.plus(2 * HOUR));
    let write = store.write(async |w| {
        let leased = w.lease_logouts(soon, later, 9).await?;
        w.logout_postponed(&leased[0], "answered with status 503", later).await
    });
    write.await.unwrap();
    let tried = listed();
    assert_eq!((&tried[0]["attempts"], &tried[0]["last_error"]), (&1.into(), &"answered with status 503".into()));
    assert_ne!(tried[0]["next_try"], waiting[0]["next_try"]);

    let write = store.write(async |w| {
        let leased = w.lease_logouts(later, later.plus(HOUR), 9).await?;
        w.logout_delivered(&leased[0].id, later).await
    });
    write.await.unwrap();
    let done = listed();
    assert_eq!((&done[0]["state"], &done[0]["attempts"]), (&"delivered".into(), &2.into()));
    assert!(done[0]["next_try"].is_null() && done[0]["done"].is_string());
    let table = instance.run(&["client", "deliveries", client]).stdout;
    assert!(table.contains("LAST_ERROR") && table.contains("delivered"), "{table}");
}

#[test]
fn deliveries_of_nobody_and_a_tenant_that_is_none_are_refused() {
    let instance = Instance::new();
    assert_eq!(instance.run(&["migrate"]).code, 0);

    instance.run(&["client", "deliveries", "cli_nobody"]).refused("no such application");
    instance.run(&["tenant", "disable", "--tenant", "nowhere"]).refused("there is no tenant");
}

#[test]
fn a_disabled_tenant_is_enabled_again() {
    let instance = Instance::new();
    furnished(&instance);

    let disabled = instance.run(&["tenant", "disable", "--tenant", "1", "--json"]).json();
    let enabled = instance.run(&["tenant", "enable", "--tenant", "acme", "--json"]).json();

    assert_eq!((&disabled["state"], &enabled["state"]), (&"disabled".into(), &"active".into()));
}
