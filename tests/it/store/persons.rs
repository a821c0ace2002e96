//! People and their passwords.
use tenantry::model::*;
use tenantry::store::{Inserted, NewPerson, person_attempts};

use super::conformance;
use super::fixtures::*;
use tenantry::store::Store;
use tenantry::world::Secret;

async fn a_person_is_read_as_it_was_written(store: &Store) {
    let mut new = new_person("ada");
    new.password_hash = None;
    new.operator = true;

    let inserted = store.write(async |w| w.insert_person(&new, NOW).await).await.unwrap();
    let person = store.read(async |r| r.person(&new.id).await).await.unwrap().unwrap();

    assert_eq!(inserted, Inserted::Yes);
    assert_eq!((person.id, person.email, person.email_verified), (new.id, new.email, false));
    assert_eq!((person.first_name, person.last_name), (new.first_name, new.last_name));
    assert_eq!((person.locale, person.state, person.second_factor), (Locale::De, PersonState::Active, FactorKind::None));
    assert!(person.operator && !person.has_password);
    assert_eq!((person.lockout, person.last_login_at), (Lockout::default(), None));
    assert_eq!((person.created_at, person.updated_at), (NOW, NOW));
}

async fn an_address_belongs_to_one_person(store: &Store) {
    furnish(store).await;
    let mut twin = new_person("twin");
    twin.email = Some(email("ada"));

    let inserted = store.write(async |w| w.insert_person(&twin, NOW).await).await.unwrap();

    assert_eq!(inserted, Inserted::EmailTaken);
    store
        .read(async |r| {
            assert!(r.person(&twin.id).await?.is_none());
            assert_eq!(r.person_by_email(&email("ada")).await?.unwrap().id, person_id("ada"));
            assert!(r.person_by_email(&email("nobody")).await?.is_none());
            assert!(r.password_record(&email("nobody")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn s19_a_person_without_an_address_has_a_user_name(store: &Store) {
    furnish(store).await;
    let (acme, globex) = (tenant_id("acme"), tenant_id("globex"));
    let name = |text: &str| Username::parse(text).unwrap();
    let made = name("4k7mq-9t2xh");
    let mut nameless = new_person("una");
    (nameless.email, nameless.state) = (None, PersonState::Invited);
    let una = nameless.id.clone();

    store
        .write(async |w| {
            for person in [&nameless, &NewPerson { id: person_id("ulf"), ..nameless.clone() }] {
                assert_eq!(w.insert_person(person, NOW).await?, Inserted::Yes, "any number of people are without an address");
            }
            assert!(w.insert_username(&una, &acme, &made, NOW).await?);
            assert!(!w.insert_username(&una, &acme, &name("una"), NOW).await?, "one user name for each person");
            assert!(!w.insert_username(&person_id("ulf"), &globex, &made, NOW).await?, "what the system made up is unique");
            assert!(w.insert_username(&person_id("ada"), &acme, &name("clerk"), NOW).await?);
            assert!(!w.insert_username(&person_id("ulf"), &acme, &name("clerk"), NOW).await?, "p13: one in each tenant");
            assert!(w.insert_username(&person_id("bob"), &globex, &name("clerk"), NOW).await?, "p13: two companies, two accounts");
            assert!(w.activate_person(&una, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let person = r.person(&una).await?.unwrap();
            assert_eq!((person.email.as_ref(), person.email_verified, person.kind()), (None, false, PersonKind::Unverified));
            assert_eq!((person.handle(), person.masked_email().as_str()), ("4k7mq-9t2xh", ""));
            assert_eq!((person.disabled_by_operator, person.password_set_at), (false, Some(NOW)));
            for (tenant, text, expected) in [
                (None, "4k7mq-9t2xh", Some("una")),
                (Some(&acme), "4k7mq-9t2xh", Some("una")),
                (Some(&globex), "4k7mq-9t2xh", None),
                (Some(&acme), "clerk", Some("ada")),
                (Some(&globex), "clerk", Some("bob")),
                (None, "clerk", None),
            ] {
                let found = r.password_record_of_name(tenant, &name(text)).await?.map(|record| record.person.id);
                assert_eq!(found, expected.map(person_id), "{tenant:?} {text}");
            }
            let ada = r.person(&person_id("ada")).await?.unwrap();
            assert_eq!((ada.handle(), ada.kind()), ("ada@example.com", PersonKind::Verified));
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_password_changes_and_a_stronger_hash_never_overwrites_a_newer_one(store: &Store) {
    furnish(store).await;
    let ada = person_id("ada");

    store
        .write(async |w| {
            assert!(w.replace_password_hash(&ada, "hash of ada", "stronger").await?);
            w.set_password(&ada, "newer", NOW.plus(MINUTE)).await?;
            assert!(!w.replace_password_hash(&ada, "stronger", "strongest").await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            assert_eq!(r.password_hash(&ada).await?.unwrap().expose(), "newer");
            assert!(r.password_hash(&person_id("nobody")).await?.is_none());
            let record = r.password_record(&email("ada")).await?.unwrap();
            assert_eq!(record.hash.map(|hash: Secret<String>| hash.expose().clone()).as_deref(), Some("newer"));
            assert_eq!((record.person.has_password, record.person.updated_at), (true, NOW.plus(MINUTE)));
            Ok(())
        })
        .await
        .unwrap();
}

async fn an_invited_person_is_activated_once(store: &Store) {
    let mut new = new_person("ada");
    new.state = PersonState::Invited;
    store.write(async |w| w.insert_person(&new, NOW).await).await.unwrap();

    let first = store.write(async |w| w.activate_person(&new.id, NOW).await).await.unwrap();
    let second = store.write(async |w| w.activate_person(&new.id, NOW).await).await.unwrap();

    assert_eq!((first, second), (true, false));
    let person = store.read(async |r| r.person(&new.id).await).await.unwrap().unwrap();
    assert_eq!((person.state, person.email_verified), (PersonState::Active, true));
}

async fn a_persons_state_factor_and_login_are_kept(store: &Store) {
    furnish(store).await;
    let ada = person_id("ada");

    store
        .write(async |w| {
            w.set_person_state(&ada, PersonState::Deactivated, NOW).await?;
            w.set_second_factor(&ada, FactorKind::Totp, NOW).await?;
            w.record_login(&ada, NOW.plus(HOUR)).await?;
            w.claim_attempt(&person_attempts(&ada), 1, MINUTE, HOUR, NOW).await?;
            Ok(())
        })
        .await
        .unwrap();

    let person = store.read(async |r| r.person(&ada).await).await.unwrap().unwrap();
    assert_eq!((person.state, person.second_factor), (PersonState::Deactivated, FactorKind::Totp));
    assert_eq!(person.last_login_at, Some(NOW.plus(HOUR)));
    assert_eq!(person.lockout, Lockout { failures: 1, paused_until: Some(NOW.plus(MINUTE)) });
    let other = store.read(async |r| r.person(&person_id("bob")).await).await.unwrap().unwrap();
    assert_eq!((other.state, other.lockout), (PersonState::Active, Lockout::default()));
}

async fn the_first_operator_is_noticed(store: &Store) {
    furnish(store).await;
    let before = store.read(async |r| r.operator_exists().await).await.unwrap();
    let mut new = new_person("eve");
    new.operator = true;
    store.write(async |w| w.insert_person(&new, NOW).await).await.unwrap();

    let after = store.read(async |r| r.operator_exists().await).await.unwrap();

    assert_eq!((before, after), (false, true));
}

conformance! {
    a_person_is_read_as_it_was_written,
    an_address_belongs_to_one_person,
    s19_a_person_without_an_address_has_a_user_name,
    a_password_changes_and_a_stronger_hash_never_overwrites_a_newer_one,
    an_invited_person_is_activated_once,
    a_persons_state_factor_and_login_are_kept,
    the_first_operator_is_noticed,
}
