//! Initial access tokens, clients that manage themselves, and the end of a client.
use tenantry::model::*;
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

fn token(name: &str, uses_left: i64) -> RegistrationToken {
    RegistrationToken {
        id: RegistrationTokenId::from_text(format!("reg_{name}")),
        tenant: Some(tenant_id("acme")),
        uses_left,
        expires_at: NOW.plus(HOUR),
        created_at: NOW,
    }
}

async fn k07_a_token_is_used_as_often_as_it_says_and_not_after_its_end(store: &Store) {
    furnish(store).await;
    let (twice, once) = (token("twice", 2), token("once", 1));
    let late = NOW.plus(HOUR);

    store
        .write(async |w| {
            w.insert_registration_token(&digest("twice"), &twice).await?;
            w.insert_registration_token(&digest("once"), &once).await?;
            assert_eq!(w.registration_tokens().await?, [once.clone(), twice.clone()]);
            assert_eq!(w.registration_token(&digest("twice"), NOW).await?, Some(twice.clone()));
            assert_eq!(w.registration_token(&digest("twice"), late).await?, None);
            assert_eq!(w.use_registration_token(&digest("twice"), late).await?, None);
            for left in [1, 0] {
                let used = w.use_registration_token(&digest("twice"), NOW).await?;
                assert_eq!(used, Some(RegistrationToken { uses_left: left, ..twice.clone() }));
            }
            assert_eq!(w.use_registration_token(&digest("twice"), NOW).await?, None);
            assert_eq!(w.registration_token(&digest("twice"), NOW).await?, None);
            assert_eq!(w.use_registration_token(&digest("nobody"), NOW).await?, None);
            assert!(w.retire_registration_token(&once.id).await?);
            assert!(!w.retire_registration_token(&once.id).await?);
            assert_eq!(w.use_registration_token(&digest("once"), NOW).await?, None);
            Ok(())
        })
        .await
        .unwrap();
    while store.write(async |w| w.expire(NOW.plus(DAY * 30), 100).await).await.unwrap() > 0 {}

    assert!(store.read(async |r| r.registration_tokens().await).await.unwrap().is_empty());
}

async fn a_client_manages_itself_until_it_is_dropped(store: &Store) {
    furnish(store).await;
    let with = token("gone", 1).id;

    store
        .write(async |w| {
            w.insert_registered_client(&client_id(), &digest("own"), &with, NOW).await?;
            assert_eq!(w.registered_client(&digest("own")).await?, Some(client_id()));
            assert_eq!(w.registered_client(&digest("other")).await?, None);
            assert!(w.drop_registered_client(&client_id()).await?);
            assert!(!w.drop_registered_client(&client_id()).await?);
            assert_eq!(w.registered_client(&digest("own")).await?, None);
            Ok(())
        })
        .await
        .unwrap();
}

async fn what_a_client_was_granted_ends_with_it(store: &Store) {
    furnish(store).await;

    let ended =
        store.write(async |w| Ok((w.end_grants_of_client(&client_id(), NOW).await?, w.end_grants_of_client(&client_id(), NOW).await?)));

    assert_eq!(ended.await.unwrap(), (1, 0));
    assert_eq!(store.read(async |r| r.grant(&grant_id()).await).await.unwrap().unwrap().ended_at, Some(NOW));
}

conformance! {
    k07_a_token_is_used_as_often_as_it_says_and_not_after_its_end,
    a_client_manages_itself_until_it_is_dropped,
    what_a_client_was_granted_ends_with_it,
}
