//! Devices that wait, and grants that were made of other grants.
use std::time::Duration;

use tenantry::model::*;
use tenantry::store::{Store, Write};

use super::conformance;
use super::fixtures::*;

fn device(name: &str) -> DeviceRow {
    DeviceRow {
        digest: digest(name),
        user_code: format!("user {name}"),
        user_code_sealed: format!("sealed {name}"),
        client: client_id(),
        request: DeviceRequest {
            scope: "openid".into(),
            tenant: Some("acme".into()),
            acr_values: vec![Acr::Mfa],
            resources: Vec::new(),
            authorization_details: Vec::new(),
        },
        network: "192.0.2.1".into(),
        state: DeviceState::Pending,
        grant: None,
        poll_seconds: 5,
        polled_at: None,
        created_at: NOW,
        expires_at: NOW.plus(MINUTE),
    }
}

async fn a_device_is_approved_once_and_redeemed_once(store: &Store) {
    furnish(store).await;
    let (tv, late, stranger) = (device("tv"), NOW.plus(MINUTE), ClientId::from_text("cli_stranger"));

    store
        .write(async |w| {
            assert!(w.insert_device_code(&tv).await?);
            assert!(!w.insert_device_code(&DeviceRow { digest: digest("other"), ..tv.clone() }).await?, "the user code is taken");
            assert_eq!((w.waiting_devices("192.0.2.1", NOW).await?, w.waiting_devices("192.0.2.1", late).await?), (1, 0));
            assert!(!w.redeem_device_code(&tv.digest, &client_id(), NOW).await?, "nobody said yes");
            assert!(!w.approve_device(&tv.digest, &grant_id(), late).await?);
            assert!(w.approve_device(&tv.digest, &grant_id(), NOW).await?);
            assert!(!w.approve_device(&tv.digest, &grant_id(), NOW).await?);
            assert!(!w.deny_device(&tv.digest).await?);
            assert!(!w.redeem_device_code(&tv.digest, &stranger, NOW).await?);
            assert!(!w.redeem_device_code(&tv.digest, &client_id(), late).await?);
            assert!(w.redeem_device_code(&tv.digest, &client_id(), NOW).await?);
            assert!(!w.redeem_device_code(&tv.digest, &client_id(), NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    let row = store.read(async |r| r.device_by_user_code("user tv").await).await.unwrap().unwrap();
    assert_eq!((row.state, row.grant, row.request), (DeviceState::Spent, Some(grant_id()), tv.request));
    assert_eq!((row.user_code_sealed, row.network, row.expires_at), (tv.user_code_sealed, tv.network, tv.expires_at));
}

async fn n04_an_early_poll_slows_the_device_down(store: &Store) {
    furnish(store).await;
    let (tv, slower) = (device("tv"), Duration::from_secs(5));
    let at = |seconds| NOW.plus(Duration::from_secs(seconds));

    store
        .write(async |w| {
            w.insert_device_code(&tv).await?;
            assert_eq!(w.poll_device(&tv.digest, slower, NOW).await?, None);
            assert_eq!(w.poll_device(&tv.digest, slower, at(4)).await?, Some(Duration::from_secs(10)));
            assert_eq!(w.poll_device(&tv.digest, slower, at(13)).await?, Some(Duration::from_secs(15)));
            assert_eq!(w.poll_device(&tv.digest, slower, at(28)).await?, None);
            assert!(w.deny_device(&tv.digest).await?);
            Ok(())
        })
        .await
        .unwrap();

    let row = store.read(async |r| r.device_code(&tv.digest).await).await.unwrap().unwrap();
    assert_eq!((row.state, row.poll_seconds, row.polled_at), (DeviceState::Denied, 15, Some(at(28))));
}

async fn an_attempt_that_was_right_is_given_back(store: &Store) {
    let claim = async |store: &Store| store.write(async |w| w.claim_attempt("device:x", 2, MINUTE, HOUR, NOW).await).await.unwrap();

    for _ in 0..5 {
        assert!(matches!(claim(store).await, tenantry::store::Attempt::Allowed { failures: 1 }));
        store.write(async |w| w.give_attempt_back("device:x").await).await.unwrap();
    }
    claim(store).await;
    claim(store).await;

    assert!(matches!(claim(store).await, tenantry::store::Attempt::Paused { .. }));
}

async fn what_was_made_of_a_grant_ends_with_it(store: &Store) {
    furnish(store).await;
    let (second, third) = (GrantId::from_text("gra_second"), GrantId::from_text("gra_third"));

    store
        .write(async |w| {
            assert!(w.insert_derived_grant(&new_grant(second.clone()), &grant_id()).await?);
            assert!(w.insert_derived_grant(&new_grant(third.clone()), &second).await?);
            assert!(w.end_grant(&grant_id(), NOW).await?);
            assert!(!w.insert_derived_grant(&new_grant(GrantId::from_text("gra_late")), &third).await?, "its source is over");
            Ok(())
        })
        .await
        .unwrap();

    for id in [second, third] {
        let grant = store.read(async |r| r.grant(&id).await).await.unwrap().unwrap();
        assert_eq!(grant.ended_at, Some(NOW));
    }
    let late = store.read(async |r| r.grant(&GrantId::from_text("gra_late")).await).await.unwrap();
    assert!(late.is_none());
}

async fn end_all(w: &mut Write, of: &str) -> tenantry::store::Result<u64> {
    match of {
        "person" => w.end_grants_of_person(&person_id("ada"), NOW).await,
        "membership" => w.end_grants_of_membership(&person_id("ada"), &tenant_id("acme"), NOW).await,
        _ => w.end_online_grants_of_session(&session_id(), NOW).await,
    }
}

/// On PostgreSQL the end waits for the row that the beginning holds, and must then look again.
async fn e05_what_is_derived_while_all_ends_ends_too(store: &Store) {
    furnish(store).await;
    for ending in ["person", "membership", "session"] {
        let derived = GrantId::from_text(format!("gra_{ending}"));
        let source = &GrantId::from_text(format!("gra_source_{ending}"));
        let begun_id = &derived;
        let online = |id: &GrantId| Grant { scope: "openid".into(), ..new_grant(id.clone()) };
        store.write(async |w| w.insert_grant(&online(source)).await).await.unwrap();
        let (made, is_made) = tokio::sync::oneshot::channel();
        let begin = store.write(async move |w| {
            assert!(w.insert_derived_grant(&online(begun_id), source).await?);
            made.send(()).unwrap();
            // Long enough for the other one to reach the row.
            for _ in 0..100 {
                w.grant(source).await?;
            }
            Ok(())
        });
        let end = async {
            is_made.await.unwrap();
            store.write(async |w| end_all(w, ending).await).await
        };
        let (begun, ended) = tokio::join!(begin, end);
        begun.unwrap();
        ended.unwrap();

        let grant = store.read(async |r| r.grant(&derived).await).await.unwrap().unwrap();
        assert_eq!(grant.ended_at, Some(NOW), "{ending}");
    }
}

async fn c01_a_token_leads_to_one_living_grant_per_tenant(store: &Store) {
    furnish(store).await;
    let token = digest("r1");
    let grant = |name: &str| new_grant(GrantId::from_text(format!("gra_{name}")));

    store
        .write(async |w| {
            for name in ["a", "b", "c"] {
                assert!(w.insert_derived_grant(&grant(name), &grant_id()).await?);
            }
            assert!(w.keep_tenant_switch(&token, &grant("a"), "sealed a", NOW).await?);
            assert!(!w.keep_tenant_switch(&token, &grant("b"), "sealed b", NOW).await?);
            assert_eq!(w.tenant_switch(&token, &tenant_id("acme")).await?, Some((grant("a").id, "sealed a".to_owned())));
            assert_eq!(w.tenant_switch(&token, &tenant_id("globex")).await?, None);
            w.end_grant(&grant("a").id, NOW).await?;
            assert!(w.keep_tenant_switch(&token, &grant("c"), "sealed c", NOW).await?, "what is over is replaced");
            Ok(())
        })
        .await
        .unwrap();
}

async fn expiry_takes_devices_and_derived_grants_too(store: &Store) {
    furnish(store).await;
    let second = new_grant(GrantId::from_text("gra_second"));
    store
        .write(async |w| {
            w.insert_derived_grant(&second, &grant_id()).await?;
            w.keep_tenant_switch(&digest("r1"), &second, "sealed", NOW).await?;
            w.insert_device_code(&device("box")).await?;
            w.approve_device(&digest("box"), &second.id, NOW).await?;
            Ok(())
        })
        .await
        .unwrap();

    let far = NOW.plus(DAY * 4000);
    while store.write(async |w| w.expire(far, 100).await).await.unwrap() > 0 {}

    let left = store.read(async |r| Ok((r.device_code(&digest("box")).await?, r.grant(&second.id).await?))).await.unwrap();
    assert!(left.0.is_none() && left.1.is_none());
}

conformance! {
    a_device_is_approved_once_and_redeemed_once,
    n04_an_early_poll_slows_the_device_down,
    an_attempt_that_was_right_is_given_back,
    what_was_made_of_a_grant_ends_with_it,
    e05_what_is_derived_while_all_ends_ends_too,
    c01_a_token_leads_to_one_living_grant_per_tenant,
    expiry_takes_devices_and_derived_grants_too,
}
