//! Rotation as a table, and as a year of it.
use std::collections::BTreeMap;
use std::time::Duration;

use super::NOW;
use crate::keys::{RotationPolicy, RotationStep, due};
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);
const POLICY: RotationPolicy =
    RotationPolicy { every: Duration::from_secs(90 * 86_400), publish_ahead: DAY, keep_retired: Duration::from_secs(2 * 86_400) };

fn key(kid: &str, alg: SigningAlg, state: KeyState, activates_at: Timestamp) -> SigningKeyRow {
    let (sealed_private, public_jwk) = (String::new(), String::new());
    SigningKeyRow { kid: kid.into(), alg, state, sealed_private, public_jwk, created_at: activates_at, activates_at, retires_at: None }
}

/// One active key of each algorithm that began at `since`.
fn settled(since: Timestamp) -> Vec<SigningKeyRow> {
    SigningAlg::ALL.iter().map(|alg| key(alg.as_str(), *alg, KeyState::Active, since)).collect()
}

#[test]
fn the_first_start_makes_an_active_key_of_each_algorithm() {
    let steps = due(&[], NOW, &POLICY);
    let expected: Vec<RotationStep> =
        SigningAlg::ALL.iter().map(|alg| RotationStep::Create { alg: *alg, state: KeyState::Active, activates_at: NOW }).collect();
    assert_eq!(steps, expected);
}

#[test]
fn nothing_is_due_before_the_next_key_must_be_published() {
    assert_eq!(due(&settled(NOW), NOW.plus(89 * DAY).minus(Duration::from_micros(1)), &POLICY), []);
}

#[test]
fn a_next_key_is_made_ahead_of_the_day_on_which_it_signs() {
    let steps = due(&settled(NOW), NOW.plus(89 * DAY), &POLICY);
    assert_eq!(steps.len(), 4);
    assert!(steps.contains(&RotationStep::Create { alg: SigningAlg::Rs256, state: KeyState::Next, activates_at: NOW.plus(90 * DAY) }));
}

#[test]
fn late_housekeeping_still_publishes_long_enough_before_signing() {
    let late = NOW.plus(400 * DAY);
    assert!(due(&settled(NOW), late, &POLICY).contains(&RotationStep::Create {
        alg: SigningAlg::Es256,
        state: KeyState::Next,
        activates_at: late.plus(DAY)
    }));
}

#[test]
fn a_next_key_signs_once_its_time_has_come_and_the_old_one_stays() {
    let mut rows = settled(NOW);
    rows.push(key("new", SigningAlg::Es256, KeyState::Next, NOW.plus(DAY)));
    assert_eq!(due(&rows, NOW.plus(DAY).minus(Duration::from_micros(1)), &POLICY), []);
    let activate = RotationStep::Activate { kid: "new".into(), alg: SigningAlg::Es256, old_retires_at: NOW.plus(3 * DAY) };
    assert_eq!(due(&rows, NOW.plus(DAY), &POLICY), [activate]);
}

#[test]
fn a_next_key_signs_at_once_when_nothing_else_does() {
    let mut rows = settled(NOW);
    rows.retain(|row| row.alg != SigningAlg::Es256);
    rows.push(key("b", SigningAlg::Es256, KeyState::Next, NOW.plus(9 * DAY)));
    rows.push(key("a", SigningAlg::Es256, KeyState::Next, NOW.plus(9 * DAY)));
    let activate = RotationStep::Activate { kid: "a".into(), alg: SigningAlg::Es256, old_retires_at: NOW.plus(2 * DAY) };
    assert_eq!(due(&rows, NOW, &POLICY), [activate]);
}

#[test]
fn a_retired_key_is_dropped_on_its_day_and_one_without_a_day_at_once() {
    let mut rows = settled(NOW);
    rows.push(SigningKeyRow { retires_at: Some(NOW.plus(DAY)), ..key("old", SigningAlg::Es256, KeyState::Retired, NOW) });
    assert_eq!(due(&rows, NOW, &POLICY), []);
    assert_eq!(due(&rows, NOW.plus(DAY), &POLICY), [RotationStep::Drop { kid: "old".into() }]);
    rows[4].retires_at = None;
    assert_eq!(due(&rows, NOW, &POLICY), [RotationStep::Drop { kid: "old".into() }]);
}

/// A store in miniature, with the times at which each key was published, signed first and signed last.
#[derive(Default)]
struct World {
    rows: Vec<SigningKeyRow>,
    made: u32,
    published: BTreeMap<String, Timestamp>,
    signed: BTreeMap<String, (Timestamp, Timestamp)>,
}

impl World {
    fn apply(&mut self, step: RotationStep, now: Timestamp) {
        match step {
            RotationStep::Create { alg, state, activates_at } => {
                self.made += 1;
                let kid = format!("{alg}-{}", self.made);
                self.published.insert(kid.clone(), now);
                self.rows.push(key(&kid, alg, state, activates_at));
            }
            RotationStep::Activate { kid, alg, old_retires_at } => {
                for row in self.rows.iter_mut().filter(|row| row.alg == alg) {
                    if row.state == KeyState::Active {
                        (row.state, row.retires_at) = (KeyState::Retired, Some(old_retires_at));
                    }
                    if row.kid == kid {
                        row.state = KeyState::Active;
                    }
                }
            }
            RotationStep::Drop { kid } => {
                let (_, last) = self.signed[&kid];
                assert!(now >= last.plus(POLICY.keep_retired).minus(DAY), "{kid} was dropped too early");
                self.rows.retain(|row| row.kid != kid);
            }
        }
    }
}

#[test]
fn r19_a_year_of_rotation_always_has_one_signing_key_that_was_published_before() {
    let mut world = World::default();
    for hours in 0..365 * 24 / 7 {
        let now = NOW.plus(Duration::from_secs(3600 * 7) * hours);
        loop {
            let steps = due(&world.rows, now, &POLICY);
            if steps.is_empty() {
                break;
            }
            steps.into_iter().for_each(|step| world.apply(step, now));
        }
        for alg in SigningAlg::ALL {
            let active: Vec<&SigningKeyRow> = world.rows.iter().filter(|r| r.alg == *alg && r.state == KeyState::Active).collect();
            assert_eq!(active.len(), 1, "{alg} at {now:?}");
            let times = world.signed.entry(active[0].kid.clone()).or_insert((now, now));
            times.1 = now;
        }
        assert!(world.rows.len() <= 12, "old keys pile up");
    }
    assert!(world.made >= 4 * 4, "a year has at least four keys of each algorithm");
    for (kid, (first, _)) in &world.signed {
        assert!(
            *first == NOW || first.since(world.published[kid]) >= POLICY.publish_ahead,
            "{kid} signed before it was published long enough"
        );
    }
}
