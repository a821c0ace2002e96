//! What is good for one use has one winner among 64 that try at once, and no lock is outrun.
use std::future::Future;
use std::sync::Arc;

use tenantry::model::*;
use tenantry::store::{Attempt, Result, Store};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::conformance;
use super::fixtures::*;

/// Starts `count` attempts behind one barrier; gives how many said yes.
async fn winners<F>(store: &Store, count: usize, attempt: impl Fn(Store, usize) -> F) -> usize
where
    F: Future<Output = Result<bool>> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count));
    let mut tasks = JoinSet::new();
    for n in 0..count {
        let (barrier, attempt) = (Arc::clone(&barrier), attempt(store.clone(), n));
        tasks.spawn(async move {
            barrier.wait().await;
            attempt.await
        });
    }
    tasks.join_all().await.into_iter().map(|won| won.unwrap()).filter(|won| *won).count()
}

async fn b02_parallel_redemption_of_a_code_has_one_winner(store: &Store) {
    furnish(store).await;
    store.write(async |w| w.insert_code(&digest("code"), &new_code()).await).await.unwrap();

    let won = winners(store, 64, |store, _| async move {
        store.write(async |w| Ok(w.redeem_code(&digest("code"), &client_id(), NOW).await?.is_some())).await
    })
    .await;

    assert_eq!(won, 1);
}

async fn c01_parallel_rotation_has_one_winner(store: &Store) {
    furnish(store).await;
    store.write(async |w| w.insert_refresh_token(&new_refresh("r1")).await).await.unwrap();

    let won = winners(store, 64, |store, n| async move {
        store.write(async |w| w.rotate_refresh_token(&digest("r1"), &format!("successor {n}"), NOW).await).await
    })
    .await;

    assert_eq!(won, 1);
}

async fn an_email_code_has_one_winner(store: &Store) {
    furnish(store).await;
    let challenge = new_challenge("cha_1");
    store.write(async |w| w.insert_email_challenge(&challenge).await).await.unwrap();

    let won = winners(store, 64, |store, _| {
        let challenge = challenge.clone();
        async move { store.write(async |w| w.redeem_email_challenge(&challenge.id, &challenge.digest, 100, NOW).await).await }
    })
    .await;

    assert_eq!(won, 1);
}

async fn parallel_guesses_at_an_email_code_never_get_more_attempts(store: &Store) {
    furnish(store).await;
    let challenge = new_challenge("cha_1");
    store.write(async |w| w.insert_email_challenge(&challenge).await).await.unwrap();

    winners(store, 64, |store, n| {
        let id = challenge.id.clone();
        async move { store.write(async |w| w.redeem_email_challenge(&id, &digest(&n.to_string()), 5, NOW).await).await }
    })
    .await;

    let left = store.read(async |r| r.email_challenge(&challenge.id).await).await.unwrap().unwrap();
    assert_eq!(left.attempts, 5);
}

async fn g01_a_time_step_has_one_winner(store: &Store) {
    furnish(store).await;
    let factor = new_totp("fac_1");
    store
        .write(async |w| {
            w.insert_totp(&factor).await?;
            w.confirm_totp(&factor.id, 10, NOW).await
        })
        .await
        .unwrap();

    let won = winners(store, 64, |store, _| {
        let id = factor.id.clone();
        async move { store.write(async |w| w.accept_totp_step(&id, 11).await).await }
    })
    .await;

    assert_eq!(won, 1);
}

async fn g14_a_recovery_code_has_one_winner(store: &Store) {
    furnish(store).await;
    store.write(async |w| w.replace_recovery_codes(&person_id("ada"), &[digest("a")], NOW).await).await.unwrap();

    let won = winners(store, 64, |store, _| async move {
        store.write(async |w| w.redeem_recovery_code(&person_id("ada"), &digest("a"), NOW).await).await
    })
    .await;

    assert_eq!(won, 1);
}

async fn an_invitation_has_one_winner(store: &Store) {
    furnish(store).await;
    store.write(async |w| w.insert_invitation(&new_invitation("inv_1"), &digest("i"), NOW).await).await.unwrap();

    let won = winners(store, 64, |store, _| async move {
        store.write(async |w| w.accept_invitation(&InvitationId::from_text("inv_1"), NOW).await).await
    })
    .await;

    assert_eq!(won, 1);
}

async fn a_bootstrap_link_has_one_winner(store: &Store) {
    store.write(async |w| w.insert_bootstrap_link(&digest("link"), NOW, NOW.plus(HOUR)).await).await.unwrap();

    let won =
        winners(store, 64, |store, _| async move { store.write(async |w| w.use_bootstrap_link(&digest("link"), NOW).await).await }).await;

    assert_eq!(won, 1);
}

async fn b10_an_assertion_has_one_winner(store: &Store) {
    let won =
        winners(
            store,
            64,
            |store, _| async move { store.write(async |w| w.use_assertion(&client_id(), "jti", NOW.plus(MINUTE)).await).await },
        )
        .await;

    assert_eq!(won, 1);
}

async fn a_proof_of_possession_has_one_winner(store: &Store) {
    let won =
        winners(store, 64, |store, _| async move { store.write(async |w| w.use_proof("digest", NOW.plus(MINUTE)).await).await }).await;

    assert_eq!(won, 1);
}

async fn a_client_never_has_more_than_two_secrets(store: &Store) {
    furnish(store).await;
    let before = store.read(async |r| r.client(&client_id()).await).await.unwrap().unwrap().secrets.len();
    let most = before as i64 + 2;

    let won = winners(store, 32, |store, n| async move {
        let secret = StoredSecret { id: SecretId::from_text(format!("sec_more_{n}")), digest: digest(&n.to_string()), expires_at: None };
        store.write(async |w| w.add_client_secret_below(&client_id(), &secret, most, NOW).await).await
    })
    .await;

    assert_eq!(won, 2);
}

async fn f01_parallel_guesses_never_outrun_the_lock(store: &Store) {
    let won = winners(store, 200, |store, _| async move {
        let attempt = store.write(async |w| w.claim_attempt("person:per_ada", 5, MINUTE, HOUR, NOW).await).await?;
        Ok(matches!(attempt, Attempt::Allowed { .. }))
    })
    .await;

    assert_eq!(won, 5);
}

async fn an_identity_is_bound_to_one_of_many(store: &Store) {
    furnish(store).await;
    let identity = |n: usize| FederatedIdentity {
        id: IdentityId::from_text(format!("fid_{n}")),
        person: person_id(if n.is_multiple_of(2) { "ada" } else { "bob" }),
        cloud_host: "https://login.microsoftonline.com".into(),
        tid: "tid".into(),
        oid: "oid".into(),
        connection: ConnectionId::from_text("con_1"),
        bound_via: BoundVia::Invite,
        bound_at: NOW,
        last_login_at: None,
    };
    let connection = Connection {
        id: ConnectionId::from_text("con_1"),
        name: "Entra".into(),
        cloud_host: identity(0).cloud_host,
        tid: "tid".into(),
        client_id: "app".into(),
        credential: Credential::Secret { sealed: "sealed".into() },
        state: ConnectionState::Active,
        mfa_asserted: false,
        created_at: NOW,
    };
    store.write(async |w| w.insert_connection(&connection).await).await.unwrap();

    let won = winners(store, 64, |store, n| {
        let identity = identity(n);
        async move { store.write(async |w| w.bind_identity(&identity).await).await }
    })
    .await;

    assert_eq!(won, 1);
}

async fn a_letter_is_leased_by_one_sender(store: &Store) {
    let letter = QueuedLetter { id: LetterId::from_text("let_1"), sealed: "sealed".into(), attempts: 0, created_at: NOW };
    store.write(async |w| w.queue_letter(&letter, NOW).await).await.unwrap();

    let won = winners(store, 32, |store, _| async move {
        store.write(async |w| Ok(!w.lease_letters(NOW, NOW.plus(MINUTE), 10).await?.is_empty())).await
    })
    .await;

    assert_eq!(won, 1);
}

async fn r19_one_of_many_nodes_activates_a_key(store: &Store) {
    let key = |kid: &str, state| SigningKeyRow {
        kid: kid.into(),
        alg: SigningAlg::Es256,
        state,
        sealed_private: "sealed".into(),
        public_jwk: "{}".into(),
        created_at: NOW,
        activates_at: NOW,
        retires_at: None,
    };
    store
        .write(async |w| {
            w.insert_signing_key(&key("old", KeyState::Active)).await?;
            w.insert_signing_key(&key("new", KeyState::Next)).await
        })
        .await
        .unwrap();

    let won =
        winners(store, 16, |store, _| async move { store.write(async |w| w.activate_signing_key("new", NOW, NOW).await).await }).await;

    assert_eq!(won, 1);
}

conformance! {
    b02_parallel_redemption_of_a_code_has_one_winner,
    c01_parallel_rotation_has_one_winner,
    an_email_code_has_one_winner,
    parallel_guesses_at_an_email_code_never_get_more_attempts,
    g01_a_time_step_has_one_winner,
    g14_a_recovery_code_has_one_winner,
    an_invitation_has_one_winner,
    a_bootstrap_link_has_one_winner,
    b10_an_assertion_has_one_winner,
    a_proof_of_possession_has_one_winner,
    a_client_never_has_more_than_two_secrets,
    f01_parallel_guesses_never_outrun_the_lock,
    an_identity_is_bound_to_one_of_many,
    a_letter_is_leased_by_one_sender,
    r19_one_of_many_nodes_activates_a_key,
}
