//! Judging a new password by the rules of its person: long enough, not a former one, not too soon (people.md C15, S27).
//!
//! Former passwords are compared only for somebody who proved to be that person: with the present password, or with a
//! link and the second factor (security.md F19).
use std::time::Duration;

use super::{Failure, rules};
use crate::app::App;
use crate::credentials::{PasswordFault, Verdict, acceptable_from};
use crate::model::{Membership, MembershipState, Person, TenantId};
use crate::policy::rules::AccountRules;
use crate::world::{Secret, Timestamp};

/// So many new passwords of one person are compared with former ones in a quarter of an hour.
const TRIES: i64 = 10;
const QUARTER_HOUR: Duration = Duration::from_secs(15 * 60);

/// Why there is a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The person wishes so, in the account.
    Wish,
    /// The present one has to be renewed (people.md S17).
    Overdue,
    /// The present one was forgotten.
    Forgotten,
    /// The first one, or that of somebody whose access begins anew (people.md S26).
    Invitation,
}

/// Why a new password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Fewer characters than the person's rules demand.
    Short {
        least: u32,
    },
    Fault(PasswordFault),
    /// One that was in use before.
    Used,
    /// The present one stays until then.
    Early {
        until: Timestamp,
    },
}

/// What one person's new password is judged by.
pub struct Judge {
    rules: AccountRules,
    present: Option<(Secret<String>, Timestamp)>,
    former: Vec<Secret<String>>,
    /// Names of the tenants that the person belongs to: no good password is made of them.
    tenants: Vec<String>,
}

impl Judge {
    /// Loads the rules and the former passwords of a person. `entering`: the tenant whose invitation is being accepted.
    pub async fn of(app: &App, person: &Person, entering: Option<&TenantId>, now: Timestamp) -> Result<Self, Failure> {
        let mut memberships = app.store.read(async |r| r.memberships_of(&person.id).await).await?;
        for membership in &mut memberships {
            if Some(&membership.tenant) == entering {
                membership.state = MembershipState::Active;
            }
        }
        let rules = rules::of(app, &memberships);
        let (others, since) = (rules.password_history.value.saturating_sub(1), rules.reuse_since(now));
        let (present, former) = app
            .store
            .read(async |r| Ok((r.present_password(&person.id).await?, r.former_passwords(&person.id, others, since).await?)))
            .await?;
        Ok(Self { tenants: names(app, &memberships), rules, present, former })
    }

    /// Characters of the shortest password that is taken.
    pub const fn least(&self) -> u32 {
        self.rules.password_min_length.value
    }

    /// When the present password was set, as it stood when this was loaded.
    pub fn present_since(&self) -> Option<Timestamp> {
        self.present.as_ref().map(|(_, set_at)| *set_at)
    }

    /// The hash to store, or why the password is not taken.
    ///
    /// # Errors
    /// [`Failure::Busy`] when too many passwords wait already.
    pub async fn judge(
        &self,
        app: &App,
        person: &Person,
        password: &Secret<String>,
        occasion: Occasion,
        now: Timestamp,
    ) -> Result<Result<Secret<String>, Refused>, Failure> {
        let stays = self.present.as_ref().and_then(|(_, set_at)| self.rules.stays_until(*set_at, now));
        if let (Occasion::Wish, Some(until)) = (occasion, stays) {
            return Ok(Err(Refused::Early { until }));
        }
        let mut context = vec![person.handle(), &person.first_name, &person.last_name, &app.config.product.name];
        context.extend(self.tenants.iter().map(String::as_str));
        match acceptable_from(password.expose(), self.least() as usize, &context) {
            Ok(()) => {}
            Err(PasswordFault::TooShort) => return Ok(Err(Refused::Short { least: self.least() })),
            Err(fault) => return Ok(Err(Refused::Fault(fault))),
        }
        // Each comparison tells whether a password was used before, and takes as long as a sign-in (security.md F19, F11).
        if self.compared(occasion).next().is_some() {
            let name = format!("new-password:{}", person.id);
            let claimed = app.store.write(async |w| w.count_attempt(&name, TRIES, QUARTER_HOUR, QUARTER_HOUR, now).await).await?;
            if claimed.is_none() {
                return Err(Failure::Busy);
            }
        }
        for hash in self.compared(occasion) {
            if matches!(app.passwords.verify(password.clone(), Some(hash)).await?, Verdict::Right { .. }) {
                return Ok(Err(Refused::Used));
            }
        }
        Ok(Ok(app.passwords.hash(password.clone(), &*app.entropy).await?))
    }

    /// The present password counts as the last one. Whoever changes it means another one in any case; whoever forgot it
    /// may choose it again where the tenant forbids no former ones.
    fn compared(&self, occasion: Occasion) -> impl Iterator<Item = &Secret<String>> {
        let remembers = self.rules.password_history.value > 0 || self.rules.password_reuse_window_hours.value > 0;
        let another = matches!(occasion, Occasion::Wish | Occasion::Overdue);
        let present = self.present.iter().map(|(hash, _)| hash);
        present.filter(move |_| remembers || another).chain(&self.former)
    }
}

fn names(app: &App, memberships: &[Membership]) -> Vec<String> {
    let registered = app.registered();
    let joined = memberships.iter().filter(|membership| membership.state == MembershipState::Active);
    let tenants = joined.filter_map(|membership| registered.tenants.get(&membership.tenant));
    tenants.flat_map(|tenant| [tenant.name.clone(), tenant.display_name().to_owned()]).collect()
}
