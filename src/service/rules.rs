//! The rules of one account, as they are in force at this moment.
use crate::app::App;
use crate::model::Membership;
use crate::policy::rules::{AccountRules, Limits, joined};

/// The operator's settings and bounds.
pub fn limits(app: &App) -> Limits<'_> {
    Limits { policy: &app.config.policy, sign_in: &app.config.sign_in }
}

/// The rules of a person with these memberships (people.md C19).
pub fn of(app: &App, memberships: &[Membership]) -> AccountRules {
    let registered = app.registered();
    let tenants = joined(memberships, |id| registered.tenants.get(id).map(AsRef::as_ref));
    AccountRules::of(limits(app), &tenants)
}
