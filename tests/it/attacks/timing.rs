//! F07: who exists shows neither in the work that an answer costs nor in its time.
use std::time::{Duration, Instant};

use tenantry::model::{PersonId, PersonState};

use super::{Scene, guess, post};
use crate::harness::html::Page;
use crate::harness::world::PASSWORD;

/// What one answer cost: hashes, statements, snapshots, transactions. Heard in the log of the server's own thread.
fn costs(s: &Scene) -> [usize; 4] {
    ["a password is to be hashed", "a statement ran", "a snapshot to read began", "a transaction to write began"]
        .map(|line| s.t.log.lines_with(line).len())
}

/// The bytes of an answer without what differs from request to request.
fn bytes(page: &Page, name: &str) -> String {
    let mut text = page.body.replace(name, "NAME");
    for field in ["csrf", "flow"] {
        text = text.replace(&page.attr(&format!("form[action='/login'] input[name={field}]"), "value"), "…");
    }
    let headers: Vec<String> = page.headers.keys().map(|name| name.as_str().to_owned()).collect();
    format!("{} {headers:?}\n{text}", page.status)
}

async fn in_state(s: &Scene, id: &PersonId, state: PersonState) {
    s.t.app.store.write(async |w| w.set_person_state(id, state, s.t.now()).await).await.unwrap();
}

#[tokio::test]
async fn f07_every_name_costs_one_hash_and_the_same_statements() {
    let s = Scene::set().await;
    let strict = s.t.tenant_with("bank", |policy| policy.lock_threshold = 3).await;
    let disabled = s.t.member(&s.acme, "dora@acme.example").await;
    in_state(&s, &disabled.id, PersonState::Deactivated).await;
    let without = s.t.person_with("vera@acme.example", |new| new.password_hash = None).await;
    let paused = s.t.member(&strict, "paul@bank.example").await;
    for _ in 0..3 {
        guess(&mut s.at_login().await.0, &paused.email, "wrong").await;
    }
    // The strict tenant's pause begins with the third try: from then on the right password is wrong.
    let cases = [
        ("nobody@acme.example", "wrong"),
        ("nobody2@acme.example", PASSWORD),
        (s.anna.email.as_str(), "wrong"),
        (disabled.email.as_str(), PASSWORD),
        (disabled.email.as_str(), "wrong"),
        (without.email.as_str(), PASSWORD),
        (paused.email.as_str(), PASSWORD),
    ];
    let mut answers = Vec::new();

    for (name, password) in cases {
        let (mut browser, _) = s.at_login().await;
        let form = browser.fill("#identifier", name).fill("#password", password).form("#login-submit");
        let before = costs(&s);
        let page = post(&mut browser, &form).await;
        let after = costs(&s);
        let cost: Vec<usize> = after.iter().zip(before).map(|(after, before)| after - before).collect();
        assert_eq!(cost[0], 1, "{name} costs one hash");
        answers.push((name, password, cost, bytes(&page, name)));
    }

    let (_, _, cost, text) = &answers[0];
    assert!(cost.iter().all(|times| *times > 0), "nothing was heard: {cost:?}");
    assert!(text.starts_with("401 "));
    for (name, password, other, said) in &answers[1..] {
        assert_eq!((other, said), (cost, text), "{name}, {password}");
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// Measures the real cost, and so only where `TENANTRY_ROUNDS` says how often.
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a measurement, told to whoever asked for it")]
#[tokio::test(flavor = "multi_thread")]
async fn f07_known_and_unknown_names_take_the_same_time() {
    const EACH: usize = 8;
    let Some(rounds) = std::env::var("TENANTRY_ROUNDS").ok().and_then(|rounds| rounds.parse::<usize>().ok()) else { return };
    let s = Scene::with(|config| {
        (config.password.memory_kib, config.password.iterations, config.password.threads) = (19_456, 2, 1);
        (config.sign_in.network_lock_threshold, config.sign_in.password_lock_threshold) = (1_000_000, 1_000_000);
    })
    .await;
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for group in 0..rounds.div_ceil(EACH) {
        let person = s.t.member(&s.acme, &format!("known{group:04}@acme.example")).await.email;
        let nobody = format!("nobod{group:04}@acme.example");
        for round in 0..EACH {
            let mut names = [(&person, &mut known), (&nobody, &mut unknown)];
            names.rotate_left(round % 2);
            for (name, times) in names {
                let (mut browser, _) = s.at_login().await;
                let form = browser.fill("#identifier", name).fill("#password", &format!("wrong {round}")).form("#login-submit");
                let start = Instant::now();
                assert_eq!(post(&mut browser, &form).await.status, 401);
                times.push(start.elapsed());
            }
        }
    }
    let (known, unknown) = (median(known).as_secs_f64(), median(unknown).as_secs_f64());
    let difference = (known - unknown).abs() / unknown;
    println!("median known {:.3} ms, unknown {:.3} ms, difference {:.2} %", known * 1e3, unknown * 1e3, difference * 100.0);
    assert!(difference < 0.05, "known {known}, unknown {unknown}");
}
