//! Failed attempts by account, unknown name and network.
use tenantry::store::{Attempt, Store};

use super::conformance;
use super::fixtures::*;

const LIMIT: i64 = 3;

async fn attempts_count_up_to_the_threshold_and_then_pause(store: &Store) {
    store
        .write(async |w| {
            for failures in 1..=LIMIT {
                assert_eq!(w.pause("name", NOW).await?, None);
                assert_eq!(w.claim_attempt("name", LIMIT, MINUTE, HOUR, NOW).await?, Attempt::Allowed { failures });
            }
            assert_eq!(w.pause("name", NOW).await?, Some(NOW.plus(MINUTE)));
            assert_eq!(w.claim_attempt("name", LIMIT, MINUTE, HOUR, NOW).await?, Attempt::Paused { until: NOW.plus(MINUTE) });
            assert_eq!(w.count_attempt("name", LIMIT, MINUTE, HOUR, NOW).await?, None);
            assert_eq!(w.count_attempt("third", LIMIT, MINUTE, HOUR, NOW).await?, Some(1));
            assert_eq!(w.claim_attempt("other", LIMIT, MINUTE, HOUR, NOW).await?, Attempt::Allowed { failures: 1 });
            Ok(())
        })
        .await
        .unwrap();
}

async fn the_count_starts_anew_after_a_pause_and_after_a_quiet_time(store: &Store) {
    let over = NOW.plus(MINUTE);
    let quiet = over.plus(HOUR).plus(MINUTE);

    store
        .write(async |w| {
            for _ in 0..LIMIT {
                w.claim_attempt("name", LIMIT, MINUTE, HOUR, NOW).await?;
            }
            assert_eq!(w.pause("name", over).await?, None);
            assert_eq!(w.claim_attempt("name", LIMIT, MINUTE, HOUR, over).await?, Attempt::Allowed { failures: 1 });
            assert_eq!(w.claim_attempt("name", LIMIT, MINUTE, HOUR, over).await?, Attempt::Allowed { failures: 2 });
            assert_eq!(w.claim_attempt("name", LIMIT, MINUTE, HOUR, quiet).await?, Attempt::Allowed { failures: 1 });
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_success_clears_what_was_counted(store: &Store) {
    store
        .write(async |w| {
            for _ in 0..LIMIT {
                w.claim_attempt("name", LIMIT, MINUTE, HOUR, NOW).await?;
            }
            w.clear_attempts("name").await?;
            assert_eq!(w.pause("name", NOW).await?, None);
            assert_eq!(w.claim_attempt("name", LIMIT, MINUTE, HOUR, NOW).await?, Attempt::Allowed { failures: 1 });
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_threshold_of_one_pauses_after_every_attempt(store: &Store) {
    let over = NOW.plus(MINUTE);

    store
        .write(async |w| {
            assert_eq!(w.claim_attempt("name", 1, MINUTE, HOUR, NOW).await?, Attempt::Allowed { failures: 1 });
            assert_eq!(w.claim_attempt("name", 1, MINUTE, HOUR, NOW).await?, Attempt::Paused { until: over });
            assert_eq!(w.claim_attempt("name", 1, MINUTE, HOUR, over).await?, Attempt::Allowed { failures: 1 });
            assert_eq!(w.claim_attempt("name", 1, MINUTE, HOUR, over).await?, Attempt::Paused { until: over.plus(MINUTE) });
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    attempts_count_up_to_the_threshold_and_then_pause,
    the_count_starts_anew_after_a_pause_and_after_a_quiet_time,
    a_success_clears_what_was_counted,
    a_threshold_of_one_pauses_after_every_attempt,
}
