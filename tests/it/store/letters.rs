//! The outbox: leased, sent, failed, given up.
use tenantry::model::*;
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

fn letter(n: u32) -> QueuedLetter {
    QueuedLetter {
        id: LetterId::from_text(format!("let_{n}")),
        sealed: format!("sealed {n}"),
        attempts: 0,
        created_at: NOW.plus(MINUTE * n),
    }
}

async fn due_letters_are_leased_in_order_and_to_one_sender(store: &Store) {
    let now = NOW.plus(HOUR);
    let until = now.plus(MINUTE);

    store
        .write(async |w| {
            for n in [2, 1, 3] {
                w.queue_letter(&letter(n), letter(n).created_at).await?;
            }
            w.queue_letter(&letter(4), now.plus(DAY)).await?;
            assert_eq!(w.letters_waiting().await?, 4);
            let leased = w.lease_letters(now, until, 2).await?;
            assert_eq!(leased.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(), ["let_1", "let_2"]);
            assert_eq!((leased[0].attempts, leased[0].sealed.as_str()), (1, "sealed 1"));
            assert_eq!(w.lease_letters(now, until, 9).await?.len(), 1);
            assert!(w.lease_letters(now, until, 9).await?.is_empty());
            assert_eq!(w.lease_letters(until, until.plus(MINUTE), 9).await?.len(), 3, "the senders died");
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_letter_is_tried_again_sent_or_given_up(store: &Store) {
    let later = NOW.plus(HOUR);

    store
        .write(async |w| {
            for n in 1..=3 {
                w.queue_letter(&letter(n), NOW).await?;
            }
            w.lease_letters(NOW, later, 9).await?;
            w.letter_sent(&letter(1).id, NOW).await?;
            w.letter_failed(&letter(2).id, "refused", later, LetterState::Queued).await?;
            w.letter_failed(&letter(3).id, "unknown", later, LetterState::Dead).await?;
            w.letter_failed(&letter(1).id, "late news", later, LetterState::Queued).await?;
            assert_eq!(w.letters_waiting().await?, 1);
            assert!(w.lease_letters(NOW, later, 9).await?.is_empty());
            let again = w.lease_letters(later, later.plus(MINUTE), 9).await?;
            assert_eq!(again.iter().map(|l| (l.id.as_str(), l.attempts)).collect::<Vec<_>>(), [("let_2", 2)]);
            Ok(())
        })
        .await
        .unwrap();
}

async fn sent_letters_go_after_a_week_and_dead_ones_after_a_month(store: &Store) {
    store
        .write(async |w| {
            for n in 1..=3 {
                w.queue_letter(&letter(n), NOW).await?;
            }
            w.letter_sent(&letter(1).id, NOW).await?;
            w.letter_failed(&letter(2).id, "unknown", NOW, LetterState::Dead).await
        })
        .await
        .unwrap();

    let mut gone = Vec::new();
    for days in [6, 8, 31, 400] {
        gone.push(store.write(async |w| w.expire(NOW.plus(DAY * days), 9).await).await.unwrap());
    }

    assert_eq!(gone, [0, 1, 1, 0], "a waiting letter never goes");
}

conformance! {
    due_letters_are_leased_in_order_and_to_one_sender,
    a_letter_is_tried_again_sent_or_given_up,
    sent_letters_go_after_a_week_and_dead_ones_after_a_month,
}
