//! Counting attempts at a password: by account, by network, by the password itself. What is told about it depends on
//! the typed name alone and never on whether somebody has it (docs/decisions/0004-two-counters-for-one-account.md).
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::audit::{Event, record};
use super::{Failure, Visitor, rules};
use crate::app::App;
use crate::model::{ClientId, Membership, PersonId};
use crate::policy::lock::LockRule;
use crate::store::{Attempt, StoreError, Write, person_attempts};
use crate::world::{Secret, Timestamp};

/// Failures are forgotten after a day without one.
pub(super) const DECAY: Duration = Duration::from_secs(24 * 60 * 60);
/// The event with which a pause begins (security.md F13).
pub(super) const PAUSE: &str = "sign_in.pause";

/// May the password be looked at?
pub enum Standing {
    Free,
    /// Not by the rule of one of the person's tenants. Names that nobody has know no such rule: on the sign-in page it
    /// is a wrong password like any other.
    PausedUntold,
    /// Not by a rule that holds for every name.
    Paused {
        until: Timestamp,
    },
}

/// One attempt, and everything that it is counted under.
pub struct Guess<'a> {
    app: &'a App,
    visitor: &'a Visitor,
    person: Option<&'a PersonId>,
    account: String,
    password: String,
    rule: LockRule,
    /// What the trail calls the attempt.
    action: &'static str,
}

impl<'a> Guess<'a> {
    /// An attempt at the account of a person, or at a name that nobody has, which is counted as `nobody`.
    pub fn at(
        app: &'a App,
        person: Option<&'a PersonId>,
        memberships: &[Membership],
        nobody: &str,
        password: &Secret<String>,
        visitor: &'a Visitor,
    ) -> Self {
        // One counter per account, whatever spelling was typed (security.md F02); unknown names have counters too.
        let account = match person {
            Some(person) => person_attempts(person),
            None => nobody.to_owned(),
        };
        // Three bytes of a keyed digest tell a sprayed password from others; they do not tell what it is.
        let mac = app.sealer.mac("guessed-password", password.expose().as_bytes());
        let password = format!("guess:{}", URL_SAFE_NO_PAD.encode(&mac[..3]));
        Self { app, visitor, person, account, password, rule: rule_of(app, memberships), action: "sign_in.password" }
    }

    /// The same for a passkey instead of a password.
    pub fn for_passkey(self) -> Self {
        Self { action: "sign_in.passkey", ..self }
    }

    /// Counts this attempt before the password is looked at, so that parallel guesses never exceed the limit
    /// (security.md F01). The same statements for every name.
    pub async fn claim(&self, now: Timestamp) -> Result<Standing, Failure> {
        let everyone = instance_rule(self.app);
        let standing = self
            .app
            .store
            .write(async |w| {
                for name in [&network_key(self.visitor), &self.password] {
                    if let Some(until) = w.pause(name, now).await? {
                        return Ok(Standing::Paused { until });
                    }
                }
                if let Attempt::Paused { until } = w.claim_attempt(&self.told(), everyone.threshold, everyone.pause, DECAY, now).await? {
                    return Ok(Standing::Paused { until });
                }
                Ok(match w.count_attempt(&self.account, self.rule.threshold, self.rule.pause, DECAY, now).await? {
                    None => Standing::PausedUntold,
                    Some(failures) => {
                        if failures >= self.rule.threshold {
                            let event = self.person.map_or(Event::of_nobody(PAUSE, "account"), |id| Event::of_person(PAUSE, id, "account"));
                            record(self.app, w, Event { actor: "anonymous", ..event }, self.visitor, now).await?;
                        }
                        Standing::Free
                    }
                })
            })
            .await?;
        Ok(standing)
    }

    /// Until when the account pauses by the person's own rule.
    pub async fn kept_until(&self, now: Timestamp) -> Result<Timestamp, Failure> {
        Ok(self.app.store.read(async |r| r.pause(&self.account, now).await).await?.unwrap_or(now))
    }

    /// The counter that decides what is told: the same rule for every name.
    fn told(&self) -> String {
        format!("told:{}", self.account)
    }

    /// The password was right: nothing is counted any more. What its failures elsewhere add up to stays.
    pub async fn clear(&self, w: &mut Write) -> Result<(), StoreError> {
        // In the order of `claim`: two sign-ins of one person never wait for each other's rows.
        w.clear_attempts(&self.told()).await?;
        w.clear_attempts(&self.account).await
    }

    /// The attempt failed: counts it for the network, and for the password once for each name (security.md F13).
    pub async fn failed(&self, client: &ClientId, outcome: &'static str, now: Timestamp) -> Result<(), Failure> {
        let limits = &self.app.config.sign_in;
        let pause = limits.lock_time();
        self.app
            .store
            .write(async |w| {
                let network = i64::from(limits.network_lock_threshold);
                self.count(w, &network_key(self.visitor), network, pause, "network", now).await?;
                let named = format!("{}:{}", self.password, self.account);
                let first = w.claim_attempt(&named, i64::MAX, pause, DECAY, now).await?;
                if first == (Attempt::Allowed { failures: 1 }) {
                    let password = i64::from(limits.password_lock_threshold);
                    self.count(w, &self.password, password, pause, "password", now).await?;
                }
                let event = match self.person {
                    Some(person) => Event { actor: "anonymous", ..Event::of_person(self.action, person, outcome) },
                    None => Event::of_nobody(self.action, outcome),
                };
                record(self.app, w, event.at(client), self.visitor, now).await
            })
            .await?;
        Ok(())
    }

    async fn count(
        &self,
        w: &mut Write,
        name: &str,
        threshold: i64,
        pause: Duration,
        what: &'static str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let counted = w.claim_attempt(name, threshold, pause, DECAY, now).await?;
        if matches!(counted, Attempt::Allowed { failures } if failures >= threshold) {
            record(self.app, w, Event::of_nobody(PAUSE, what), self.visitor, now).await?;
        }
        Ok(())
    }
}

fn network_key(visitor: &Visitor) -> String {
    format!("net:{}", visitor.network.as_str())
}

fn instance_rule(app: &App) -> LockRule {
    let limits = &app.config.sign_in;
    LockRule { threshold: i64::from(limits.lock_threshold), pause: limits.lock_time() }
}

/// Everything that is counted for one person: a pause is over once all of it is forgotten (people.md S34).
pub(super) fn counters(person: &PersonId) -> [String; 3] {
    let account = person_attempts(person);
    [format!("told:{account}"), account, super::second_factor::counter(person)]
}

/// The rule for a person with these memberships.
pub(super) fn rule_of(app: &App, memberships: &[Membership]) -> LockRule {
    LockRule::from(&rules::of(app, memberships))
}
