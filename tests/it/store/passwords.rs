//! Former passwords, links to a new one, new addresses that wait.
use std::time::Duration;

use tenantry::model::{Email, EmailChange, EmailChangeId, RecoveryId, RecoveryKind, RecoveryLink, RecoveryRequest};
use tenantry::store::{Inserted, Store};
use tenantry::world::Timestamp;

use super::conformance;
use super::fixtures::*;

fn link(id: &str, created_at: Timestamp) -> RecoveryLink {
    RecoveryLink {
        id: RecoveryId::from_text(id),
        person: person_id("anna"),
        tenant: None,
        kind: RecoveryKind::Asked,
        factor_browser: None,
        created_at,
        expires_at: created_at.plus(HOUR),
    }
}

async fn with_anna(store: &Store) {
    store.write(async |w| w.insert_person(&new_person("anna"), NOW).await).await.unwrap();
}

async fn hashes(store: &Store, count: u32, since: Timestamp) -> Vec<String> {
    let former = store.read(async |r| r.former_passwords(&person_id("anna"), count, since).await).await.unwrap();
    former.into_iter().map(|hash| hash.expose().clone()).collect()
}

async fn s27_a_password_that_is_replaced_is_remembered_newest_first(store: &Store) {
    with_anna(store).await;
    for n in 1..=30u32 {
        let at = NOW.plus(MINUTE * n);
        store.write(async |w| w.set_password(&person_id("anna"), &format!("hash {n}"), at).await).await.unwrap();
    }
    let later = NOW.plus(DAY);
    let (present, since) = store.read(async |r| r.present_password(&person_id("anna")).await).await.unwrap().expect("a password");

    assert_eq!((present.expose().as_str(), since), ("hash 30", NOW.plus(MINUTE * 30)));
    assert_eq!(hashes(store, 3, later).await, ["hash 29", "hash 28", "hash 27"]);
    assert_eq!(hashes(store, 0, later).await, Vec::<String>::new());
    // `hash 28` was given up in the last minute but one.
    assert_eq!(hashes(store, 0, NOW.plus(MINUTE * 28)).await, ["hash 29", "hash 28"]);
    assert_eq!(hashes(store, 100, later).await.len(), 24, "no more than two dozen are kept");
}

async fn h04_h05_a_link_is_used_once_and_the_next_one_ends_it(store: &Store) {
    with_anna(store).await;
    let (first, second) = (link("rec_1", NOW), link("rec_2", NOW.plus(MINUTE)));
    let (one, two) = (digest("one"), digest("two"));
    store.write(async |w| w.insert_recovery_link(&first, &one).await).await.unwrap();
    assert!(store.read(async |r| r.recovery_link(&one, NOW).await).await.unwrap().is_some());

    store.write(async |w| w.insert_recovery_link(&second, &two).await).await.unwrap();

    store
        .write(async |w| {
            let now = NOW.plus(MINUTE * 2);
            assert!(w.recovery_link(&one, now).await?.is_none());
            assert!(!w.use_recovery_link(&first.id, now).await?);
            assert_eq!(w.recovery_links_since(&person_id("anna"), NOW).await?, 1);
            assert!(w.recovery_link(&two, second.expires_at).await?.is_none(), "it is over at its end");
            assert!(w.prove_recovery_link(&second.id, &digest("browser"), now).await?);
            let found = w.recovery_link(&two, now).await?.expect("open");
            assert_eq!((found.kind, found.factor_browser), (RecoveryKind::Asked, Some(digest("browser"))));
            assert!(w.use_recovery_link(&second.id, now).await?);
            assert!(!w.use_recovery_link(&second.id, now).await?);
            assert!(!w.prove_recovery_link(&second.id, &digest("other"), now).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn open_links_are_withdrawn_together(store: &Store) {
    with_anna(store).await;
    let only = link("rec_1", NOW);

    store
        .write(async |w| {
            w.insert_recovery_link(&only, &digest("one")).await?;
            assert_eq!(w.revoke_recovery_links(&only.person, NOW).await?, 1);
            assert_eq!(w.revoke_recovery_links(&only.person, NOW).await?, 0);
            assert!(!w.use_recovery_link(&only.id, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_request_is_taken_off_the_pile_once(store: &Store) {
    let request = |id: &str, at| RecoveryRequest { id: RecoveryId::from_text(id), sealed: format!("sealed {id}"), created_at: at };
    let (later, first) = (request("rec_1", NOW.plus(MINUTE)), request("rec_2", NOW));

    store
        .write(async |w| {
            w.insert_recovery_request(&later).await?;
            w.insert_recovery_request(&first).await?;
            let waiting: Vec<String> = w.recovery_requests(10).await?.into_iter().map(|request| request.sealed).collect();
            assert_eq!(waiting, ["sealed rec_2", "sealed rec_1"]);
            assert!(w.take_recovery_request(&first.id).await?);
            assert!(!w.take_recovery_request(&first.id).await?);
            assert_eq!(w.recovery_requests(10).await?.len(), 1);
            Ok(())
        })
        .await
        .unwrap();
}

async fn k11_an_address_changes_once_and_only_to_one_that_is_free(store: &Store) {
    with_anna(store).await;
    store.write(async |w| w.insert_person(&new_person("ben"), NOW).await).await.unwrap();
    let change = |id: &str, address: &str| EmailChange {
        id: EmailChangeId::from_text(id),
        person: person_id("anna"),
        email: Email::parse(address).unwrap(),
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
    };
    let (first, second) = (change("emc_1", "anna@old.example"), change("emc_2", "anna@new.example"));

    store
        .write(async |w| {
            w.insert_email_change(&first, &digest("one")).await?;
            w.insert_email_change(&second, &digest("two")).await?;
            assert!(w.email_change(&digest("one"), NOW).await?.is_none());
            assert_eq!(w.email_change(&digest("two"), NOW).await?.expect("open").email, second.email);
            assert!(!w.use_email_change(&first.id, NOW).await? && w.use_email_change(&second.id, NOW).await?);
            assert!(!w.use_email_change(&second.id, NOW).await?);
            assert_eq!(w.revoke_email_changes(&second.person, NOW).await?, 0);
            assert_eq!(w.change_email(&person_id("anna"), &second.email, NOW).await?, Inserted::Yes);
            assert_eq!(w.change_email(&person_id("ben"), &second.email, NOW).await?, Inserted::EmailTaken);
            assert_eq!(w.change_email(&person_id("anna"), &second.email, NOW).await?, Inserted::Yes);
            assert!(w.person_by_email(&second.email).await?.expect("anna").email_verified);
            Ok(())
        })
        .await
        .unwrap();
}

async fn h04_a_password_is_renewed_only_while_it_is_the_one_that_was_seen(store: &Store) {
    with_anna(store).await;
    let (set, later) = (NOW.plus(MINUTE), NOW.plus(MINUTE * 2));
    store.write(async |w| w.set_password(&person_id("anna"), "first", set).await).await.unwrap();
    let renew = async |seen: Timestamp, hash: &str| {
        let outcome = store.write(async |w| {
            w.hold_person(&person_id("anna")).await?;
            w.renew_password(&person_id("anna"), seen, hash, later).await
        });
        outcome.await.unwrap()
    };

    assert!(!renew(NOW, "stale").await);
    assert!(renew(set, "second").await);
    assert!(!renew(set, "third").await, "another one came first");

    assert_eq!(hashes(store, 5, later).await, ["first", "hash of anna"]);
}

async fn what_is_over_is_removed(store: &Store) {
    with_anna(store).await;
    let request = RecoveryRequest { id: RecoveryId::from_text("rec_9"), sealed: "sealed".into(), created_at: NOW };
    store
        .write(async |w| {
            w.insert_recovery_link(&link("rec_1", NOW), &digest("one")).await?;
            w.insert_recovery_request(&request).await
        })
        .await
        .unwrap();

    let gone = store.write(async |w| w.expire(NOW.plus(Duration::from_secs(3 * 86_400)), 100).await).await.unwrap();

    assert_eq!(gone, 2);
}

conformance!(
    s27_a_password_that_is_replaced_is_remembered_newest_first,
    h04_h05_a_link_is_used_once_and_the_next_one_ends_it,
    open_links_are_withdrawn_together,
    a_request_is_taken_off_the_pile_once,
    k11_an_address_changes_once_and_only_to_one_that_is_free,
    h04_a_password_is_renewed_only_while_it_is_the_one_that_was_seen,
    what_is_over_is_removed,
);
