//! When a key is made, begins to sign and leaves. Pure: rows and the time in, steps out.
use std::time::Duration;

use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::Timestamp;

/// How keys follow each other (security.md R18: publish, wait for caches, sign, retire).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RotationPolicy {
    /// How long a key signs.
    pub every: Duration,
    /// How long a key is published before it signs; longer than anybody caches the key set.
    pub publish_ahead: Duration,
    /// How long a key stays published after it signed last; longer than any token that it signed lives.
    pub keep_retired: Duration,
}

/// One change to be made. Each is applied by one conditional statement, so that two nodes may both try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationStep {
    /// Make and store a key in this state.
    Create { alg: SigningAlg, state: KeyState, activates_at: Timestamp },
    /// The next key `kid` becomes the active one of its algorithm; the one that was retires at `old_retires_at`.
    Activate { kid: String, alg: SigningAlg, old_retires_at: Timestamp },
    /// Delete a retired key whose time is over.
    Drop { kid: String },
}

/// What is due now, in the order in which it has to be done. Empty once all is done; without any key it asks for an
/// active key of each algorithm (protocol.md 4: one RS256 key always).
pub fn due(rows: &[SigningKeyRow], now: Timestamp, policy: &RotationPolicy) -> Vec<RotationStep> {
    let mut steps: Vec<RotationStep> = SigningAlg::ALL.iter().filter_map(|alg| due_for(*alg, rows, now, policy)).collect();
    let over = rows.iter().filter(|row| row.state == KeyState::Retired && row.retires_at.is_none_or(|end| end <= now));
    steps.extend(over.map(|row| RotationStep::Drop { kid: row.kid.clone() }));
    steps
}

fn due_for(alg: SigningAlg, rows: &[SigningKeyRow], now: Timestamp, policy: &RotationPolicy) -> Option<RotationStep> {
    let of = |state: KeyState| rows.iter().filter(move |row| row.alg == alg && row.state == state);
    let next = of(KeyState::Next).min_by_key(|row| (row.activates_at, &row.kid));
    let active = of(KeyState::Active).next();
    let activate = |row: &SigningKeyRow| {
        let old_retires_at = now.plus(policy.keep_retired);
        Some(RotationStep::Activate { kid: row.kid.clone(), alg, old_retires_at })
    };
    match (active, next) {
        // Nothing signs: waiting longer helps nobody.
        (None, Some(next)) => activate(next),
        (None, None) => Some(RotationStep::Create { alg, state: KeyState::Active, activates_at: now }),
        (Some(_), Some(next)) if next.activates_at <= now => activate(next),
        (Some(_), Some(_)) => None,
        (Some(active), None) => {
            let planned = active.activates_at.plus(policy.every);
            // However late housekeeping comes, the new key is published long enough before it signs.
            let activates_at = planned.max(now.plus(policy.publish_ahead));
            (planned.minus(policy.publish_ahead) <= now).then_some(RotationStep::Create { alg, state: KeyState::Next, activates_at })
        }
    }
}
