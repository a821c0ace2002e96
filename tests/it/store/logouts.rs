//! Logout deliveries: queued by what ends a session, leased, delivered, postponed, given up.
use tenantry::model::*;
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

/// A client that hears of logouts, with a grant of the furnished session and one without a session.
async fn furnish_listener(store: &Store) {
    furnish(store).await;
    store
        .write(async |w| {
            let mut metadata = new_client(client_id()).metadata;
            metadata.backchannel_logout_uri = Some("https://app.example/out".into());
            assert!(w.set_client_metadata(&client_id(), &metadata).await?);
            let mut loose = new_grant(GrantId::from_text("gra_loose"));
            loose.session = None;
            w.insert_grant(&loose).await?;
            w.insert_grant(&new_grant(GrantId::from_text("gra_zwei"))).await
        })
        .await
        .unwrap();
}

async fn an_ended_session_is_told_once_to_each_client(store: &Store) {
    furnish_listener(store).await;

    store
        .write(async |w| {
            assert_eq!(w.clients_of_session(&session_id()).await?, [client_id()]);
            assert!(!w.logout_is_due(NOW).await?);
            assert!(w.end_session(&session_id(), NOW).await?);
            assert!(!w.end_session(&session_id(), NOW).await?);
            w.end_sessions_of(&person_id("ada"), NOW).await?;
            assert!(w.logout_is_due(NOW).await?);
            let told = w.logout_deliveries_of(&client_id(), 9).await?;
            assert_eq!(told.iter().map(|row| row.session.clone()).collect::<Vec<_>>(), [Some(session_id())]);
            w.end_grants_of_person(&person_id("ada"), NOW).await?;
            assert_eq!(w.logout_deliveries_of(&client_id(), 9).await?.len(), 2, "and what has no session once");
            w.end_grants_of_membership(&person_id("ada"), &tenant_id("acme"), NOW).await?;
            assert_eq!(w.logout_deliveries_of(&client_id(), 9).await?.len(), 2, "nothing was left to end");
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_delivery_is_leased_postponed_with_its_fellows_delivered_or_given_up(store: &Store) {
    furnish_listener(store).await;
    let until = NOW.plus(MINUTE);

    store
        .write(async |w| {
            w.end_grants_of_person(&person_id("ada"), NOW).await?;
            let leased = w.lease_logouts(NOW, until, 1).await?;
            assert_eq!((leased.len(), leased[0].attempts, leased[0].state), (1, 1, DeliveryState::Queued));
            assert!(w.lease_logouts(NOW, until, 9).await?.len() == 1, "the other one");
            assert!(w.lease_logouts(NOW, until, 9).await?.is_empty());
            w.logout_postponed(&leased[0], "hangs", NOW.plus(HOUR)).await?;
            assert!(!w.logout_is_due(until).await?, "the other one waits as long");
            let again = w.lease_logouts(NOW.plus(HOUR), NOW.plus(DAY), 9).await?;
            assert_eq!(again.iter().map(|row| row.attempts).collect::<Vec<_>>(), [2, 2]);
            w.logout_delivered(&again[0].id, NOW).await?;
            w.logout_dead(&again[1].id, "gone", NOW).await?;
            w.logout_delivered(&again[1].id, NOW).await?;
            let mut states: Vec<_> = w.logout_deliveries_of(&client_id(), 9).await?.into_iter().map(|row| row.state).collect();
            states.sort_by_key(|state| state.as_str());
            assert_eq!(states, [DeliveryState::Dead, DeliveryState::Delivered]);
            Ok(())
        })
        .await
        .unwrap();
    let gone = store.write(async |w| w.expire(NOW.plus(DAY * 31), 99).await).await.unwrap();
    assert!(gone >= 2);
    let left = store.read(async |r| r.logout_deliveries_of(&client_id(), 9).await).await.unwrap();
    assert!(left.is_empty());
}

async fn a_tenant_ends_with_all_that_was_granted_in_it(store: &Store) {
    furnish_listener(store).await;

    store
        .write(async |w| {
            assert_eq!(w.end_grants_of_tenant(&tenant_id("globex"), NOW).await?, 0);
            assert!(!w.logout_is_due(NOW).await?);
            assert!(w.end_grants_of_tenant(&tenant_id("acme"), NOW).await? >= 3);
            let told = w.logout_deliveries_of(&client_id(), 9).await?;
            assert_eq!((told.len(), told[0].due_at), (2, NOW), "the session, and what has none");
            assert_eq!(w.end_grants_of_tenant(&tenant_id("acme"), NOW).await?, 0);
            Ok(())
        })
        .await
        .unwrap();
}

async fn sessions_that_run_out_are_found_until_they_end(store: &Store) {
    furnish_listener(store).await;
    let (end, ids) = (NOW.plus(DAY), |found: Vec<Session>| found.into_iter().map(|session| session.id).collect::<Vec<_>>());

    store
        .write(async |w| {
            assert!(w.sessions_run_out(NOW, NOW.plus(HOUR), 9).await?.is_empty());
            assert_eq!(ids(w.sessions_run_out(NOW, end, 9).await?), [session_id()]);
            assert!(w.sessions_run_out(end, end.plus(DAY), 9).await?.is_empty(), "longer ago");
            assert!(w.sessions_begun_before(&tenant_id("acme"), NOW.minus(MINUTE), 9).await?.is_empty());
            assert_eq!(ids(w.sessions_begun_before(&tenant_id("acme"), NOW, 9).await?), [session_id()]);
            w.end_session(&session_id(), end).await?;
            assert!(w.sessions_run_out(NOW, end, 9).await?.is_empty());
            assert!(w.sessions_begun_before(&tenant_id("acme"), NOW, 9).await?.is_empty());
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    a_tenant_ends_with_all_that_was_granted_in_it,
    sessions_that_run_out_are_found_until_they_end,
    an_ended_session_is_told_once_to_each_client,
    a_delivery_is_leased_postponed_with_its_fellows_delivered_or_given_up,
}
