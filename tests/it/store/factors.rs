//! Authenticator apps and recovery codes: confirmed once, used once.
use tenantry::model::{ChallengeId, Passkey, PasskeyChallenge, PasskeyId};
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

async fn an_app_is_confirmed_once_and_replaces_the_one_before(store: &Store) {
    furnish(store).await;
    let (first, second, third) = (new_totp("fac_1"), new_totp("fac_2"), new_totp("fac_3"));
    let ada = person_id("ada");

    store
        .write(async |w| {
            w.insert_totp(&first).await?;
            w.insert_totp(&second).await?;
            assert!(!w.confirm_totp(&first.id, 10, NOW).await?, "the second replaced it");
            assert!(w.totp_factor(&ada).await?.is_none());
            assert_eq!(w.pending_totp(&ada).await?.unwrap().id, second.id);
            assert!(w.confirm_totp(&second.id, 10, NOW).await?);
            assert!(!w.confirm_totp(&second.id, 11, NOW).await?);
            assert!(w.pending_totp(&ada).await?.is_none());
            w.insert_totp(&third).await?;
            assert_eq!(w.totp_factor(&ada).await?.unwrap().id, second.id);
            assert!(w.confirm_totp(&third.id, 12, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    let factor = store.read(async |r| r.totp_factor(&ada).await).await.unwrap().unwrap();
    assert_eq!((factor.id, factor.last_step, factor.confirmed_at), (third.id, 12, Some(NOW)));
    assert_eq!(factor.sealed_secret, "sealed fac_3");
    assert_eq!(store.write(async |w| w.delete_totp(&ada).await).await.unwrap(), 1);
}

async fn g01_a_time_step_is_accepted_only_upwards(store: &Store) {
    furnish(store).await;
    let factor = new_totp("fac_1");

    store
        .write(async |w| {
            w.insert_totp(&factor).await?;
            assert!(!w.accept_totp_step(&factor.id, 11).await?, "not confirmed yet");
            w.confirm_totp(&factor.id, 10, NOW).await?;
            assert!(!w.accept_totp_step(&factor.id, 10).await?);
            assert!(w.accept_totp_step(&factor.id, 12).await?);
            assert!(!w.accept_totp_step(&factor.id, 12).await?);
            assert!(!w.accept_totp_step(&factor.id, 11).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn g14_a_recovery_code_is_good_once_and_not_after_new_ones(store: &Store) {
    furnish(store).await;
    let (ada, bob) = (person_id("ada"), person_id("bob"));
    let old = ["a", "b", "c"].map(digest);
    let new = ["d", "e"].map(digest);

    store
        .write(async |w| {
            w.replace_recovery_codes(&ada, &old, NOW).await?;
            assert!(!w.redeem_recovery_code(&bob, &old[0], NOW).await?);
            assert!(w.redeem_recovery_code(&ada, &old[0], NOW).await?);
            assert!(!w.redeem_recovery_code(&ada, &old[0], NOW).await?);
            assert_eq!(w.recovery_codes_left(&ada).await?, 2);
            w.replace_recovery_codes(&ada, &new, NOW).await?;
            assert!(!w.redeem_recovery_code(&ada, &old[1], NOW).await?);
            assert_eq!(w.recovery_codes_left(&ada).await?, 2);
            assert_eq!(w.recovery_codes_left(&bob).await?, 0);
            Ok(())
        })
        .await
        .unwrap();
}

fn new_passkey(id: &str, person: &str, credential: &str, counter: i64) -> Passkey {
    Passkey {
        id: PasskeyId::from_text(id),
        person: person_id(person),
        name: id.to_owned(),
        credential: credential.to_owned(),
        handle: "handle".to_owned(),
        data: "{}".to_owned(),
        counter,
        synced: id == "pky_2",
        created_at: NOW,
        last_used_at: None,
    }
}

async fn g11_a_passkey_is_one_persons_and_its_counter_only_rises(store: &Store) {
    furnish(store).await;
    let (ada, bob) = (person_id("ada"), person_id("bob"));
    let (one, two) = (new_passkey("pky_1", "ada", "a", 5), new_passkey("pky_2", "ada", "b", 0));

    store
        .write(async |w| {
            assert!(w.insert_passkey(&one, 2).await? && w.insert_passkey(&two, 2).await?);
            assert!(!w.insert_passkey(&new_passkey("pky_3", "bob", "a", 0), 2).await?, "somebody has it");
            assert!(!w.insert_passkey(&new_passkey("pky_4", "ada", "c", 0), 2).await?, "too many");
            assert_eq!(w.passkeys_of(&ada).await?, [one.clone(), two.clone()]);
            assert_eq!(w.passkey("b").await?, Some(two.clone()));
            assert!(!w.use_passkey(&one.id, "{}", 5, NOW).await? && !w.use_passkey(&one.id, "{}", 0, NOW).await?);
            assert!(w.use_passkey(&one.id, "{\"n\":1}", 6, NOW).await? && !w.use_passkey(&one.id, "{}", 6, NOW).await?);
            assert!(w.use_passkey(&two.id, "{}", 0, NOW).await? && w.use_passkey(&two.id, "{}", 0, NOW).await?);
            assert!(!w.rename_passkey(&bob, &one.id, "x").await? && w.rename_passkey(&ada, &one.id, "x").await?);
            let used = w.passkey("a").await?.unwrap();
            assert_eq!((used.name.as_str(), used.counter, used.data.as_str(), used.last_used_at), ("x", 6, "{\"n\":1}", Some(NOW)));
            assert_eq!(w.remove_passkey(&bob, &one.id).await?, None);
            assert_eq!(w.remove_passkey(&ada, &one.id).await?, Some(1));
            assert_eq!(w.delete_passkeys(&ada).await?, 1);
            Ok(())
        })
        .await
        .unwrap();
}

async fn g11_a_question_is_taken_once_by_its_browser_for_its_purpose(store: &Store) {
    furnish(store).await;
    let challenge = |id: &str, purpose: &str| PasskeyChallenge {
        id: ChallengeId::from_text(id),
        purpose: purpose.to_owned(),
        browser: digest("browser"),
        state: format!("state of {id}"),
        created_at: NOW,
        expires_at: NOW.plus(std::time::Duration::from_secs(60)),
    };
    let (one, two) = (challenge("chl_1", "sign-in:1"), challenge("chl_2", "sign-in:1"));
    let late = NOW.plus(std::time::Duration::from_secs(60));

    store
        .write(async |w| {
            w.insert_passkey_challenge(&one).await?;
            w.insert_passkey_challenge(&two).await?;
            assert_eq!(w.take_passkey_challenge(&one.id, "sign-in:1", &one.browser, NOW).await?, None, "replaced");
            assert_eq!(w.take_passkey_challenge(&two.id, "factor:1", &two.browser, NOW).await?, None);
            assert_eq!(w.take_passkey_challenge(&two.id, "sign-in:1", &digest("thief"), NOW).await?, None);
            assert_eq!(w.take_passkey_challenge(&two.id, "sign-in:1", &two.browser, late).await?, None);
            let taken = w.take_passkey_challenge(&two.id, "sign-in:1", &two.browser, NOW).await?;
            assert_eq!(taken.as_deref(), Some("state of chl_2"));
            assert_eq!(w.take_passkey_challenge(&two.id, "sign-in:1", &two.browser, NOW).await?, None);
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    g11_a_passkey_is_one_persons_and_its_counter_only_rises,
    g11_a_question_is_taken_once_by_its_browser_for_its_purpose,
    an_app_is_confirmed_once_and_replaces_the_one_before,
    g01_a_time_step_is_accepted_only_upwards,
    g14_a_recovery_code_is_good_once_and_not_after_new_ones,
}
