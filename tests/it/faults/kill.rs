//! `kill -9` in the middle of refresh rotations (security.md R01, C02): what was acknowledged is never lost, nothing is
//! redeemed twice, and the program starts again by itself.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::StatusCode;
use tenantry::world::{Entropy as _, Os};

use super::{Cluster, answer, rounds};

const FAMILIES: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn r01_kill_9_loses_no_acknowledged_rotation() {
    let mut cluster = Cluster::start().await;
    let anna = cluster.t.member(&cluster.tenant, "anna@acme.example").await;
    let mut ledger = Vec::new();
    for _ in 0..FAMILIES {
        ledger.push(Chain { acknowledged: cluster.family(&anna).await, before: None });
    }
    let (mut kills, mut rotated) = (0, 0);

    for round in 0..rounds(3) {
        let shared = Arc::new(cluster);
        let done = Arc::new(AtomicUsize::new(0));
        let killer = random_below(FAMILIES * 2);
        let tasks: Vec<_> = ledger.into_iter().map(|chain| tokio::spawn(rotate(Arc::clone(&shared), chain, Arc::clone(&done)))).collect();
        while done.load(Ordering::SeqCst) < killer {
            tokio::task::yield_now().await;
        }
        kill_all(&shared);
        kills += 1;
        ledger = Vec::new();
        for task in tasks {
            ledger.push(task.await.unwrap());
        }
        rotated += done.load(Ordering::SeqCst);
        cluster = Arc::into_inner(shared).expect("every task has ended");
        cluster.restart().await;

        for (index, chain) in ledger.iter_mut().enumerate() {
            let (status, body) = cluster.until_served(index, &chain.acknowledged).await;
            assert_eq!(status, StatusCode::OK, "round {round}, family {index}: an acknowledged rotation was lost: {body}");
            chain.before = Some(std::mem::replace(&mut chain.acknowledged, body["refresh_token"].as_str().unwrap().to_owned()));
        }
    }

    for (index, chain) in ledger.iter().enumerate() {
        cluster.one_live_token(index, chain).await;
    }
    #[expect(clippy::print_stdout, reason = "the figures of the run are what one wants to read")]
    {
        println!("{kills} kills, {rotated} rotations acknowledged before them, {FAMILIES} families: none lost, none forked");
    }
}

/// What the client side knows for certain of one family.
struct Chain {
    acknowledged: String,
    before: Option<String>,
}

/// Rotates until the process is gone; keeps what was acknowledged.
async fn rotate(cluster: Arc<Cluster>, mut chain: Chain, done: Arc<AtomicUsize>) -> Chain {
    while let Ok((status, body)) = answer(cluster.refresh(0, &chain.acknowledged)).await {
        // Overload is an answer, not a rotation (security.md P9); the same token is tried again.
        if status == StatusCode::SERVICE_UNAVAILABLE {
            continue;
        }
        assert_eq!(status, StatusCode::OK, "{body}");
        chain.acknowledged = body["refresh_token"].as_str().unwrap().to_owned();
        done.fetch_add(1, Ordering::SeqCst);
    }
    chain
}

fn random_below(bound: usize) -> usize {
    let mut bytes = [0u8; 4];
    Os.fill(&mut bytes);
    u32::from_be_bytes(bytes) as usize % bound
}

fn kill_all(cluster: &Cluster) {
    for node in &cluster.nodes {
        node.kill_at_once();
    }
}

impl Cluster {
    /// Starts every process again on the same database.
    async fn restart(&mut self) {
        self.nodes.clear();
        for index in 0..self.origins.len() {
            let node = self.node(index).await;
            self.nodes.push(node);
        }
    }

    /// Refreshes, again after each "too much to do".
    async fn until_served(&self, index: usize, token: &str) -> (StatusCode, serde_json::Value) {
        loop {
            let (status, body) = answer(self.refresh(index, token)).await.unwrap();
            if status != StatusCode::SERVICE_UNAVAILABLE {
                return (status, body);
            }
        }
    }

    /// The last two tokens of a family lead to the same successor: nothing forked, nothing was redeemed twice.
    async fn one_live_token(&self, index: usize, chain: &Chain) {
        let (Some(before), current) = (&chain.before, &chain.acknowledged) else { return };
        let (status, body) = self.until_served(index, before).await;
        assert_eq!(status, StatusCode::OK, "family {index}: {body}");
        assert_eq!(body["refresh_token"].as_str(), Some(current.as_str()), "family {index} forked");
    }
}
