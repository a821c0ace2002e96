//! Authenticator apps and recovery codes: confirmed once, used once.
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

conformance! {
    an_app_is_confirmed_once_and_replaces_the_one_before,
    g01_a_time_step_is_accepted_only_upwards,
    g14_a_recovery_code_is_good_once_and_not_after_new_ones,
}
