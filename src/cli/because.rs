//! Why a sign-in meets what it meets, in the English of the command line. Pages say it in the reader's language.
use crate::model::Denial;
use crate::pages::console::Moment;
use crate::policy::explain::{Because, Beside};
use crate::policy::rules::Source;

/// One sentence, with the key behind it.
pub fn sentence(because: Because) -> &'static str {
    match because {
        Because::NothingDemanded => "no code is asked for: the person has no second factor, and the tenant demands none (mfa.mode)",
        Because::TurnedOff => "no code is asked for: the tenant turned second factors off (mfa.mode)",
        Because::TenantDemands => "a code is asked for: the tenant demands a second factor (mfa.mode)",
        Because::TenantDemandsDevice => {
            "a code of an app or a passkey is asked for: the tenant demands it, and a code by e-mail is not enough (mfa.email_satisfies)"
        }
        Because::OwnFactor => "a code is asked for: the person has a second factor, and the tenant takes it (mfa.mode)",
        Because::ApplicationDemands => "a second factor is asked for: the application demands it (required_acr)",
        Because::ApplicationWishes => "a second factor is asked for: the application wishes it, and the person has it (default_acr_values)",
        Because::NoPasskey => "nobody enters: the application demands a passkey, and the person has none (required_acr)",
        Because::Denied(denial) => denied(denial),
    }
}

fn denied(denial: Denial) -> &'static str {
    match denial {
        Denial::PersonNotActive => "nobody enters: the person is not active",
        Denial::NotMember => "nobody enters: the person is not in this tenant",
        Denial::MembershipNotActive => "nobody enters: the membership is not active",
        Denial::MembershipDormant => "nobody enters: the person has not come for too long (lock.inactivity_days)",
        Denial::TenantDisabled => "nobody enters: the tenant is disabled",
        Denial::ClientDisabled => "nobody enters: the application is disabled",
        Denial::ClientNotEntitled => "nobody enters: the application does not serve this tenant",
        Denial::ApiAccessMissing => "nobody enters: the person has no API access",
    }
}

/// What holds besides.
pub fn beside(beside: Beside) -> String {
    match beside {
        Beside::Paused(until) => format!("the account pauses until {} after failed attempts", Moment::of(until).machine),
        Beside::PasswordOverdue => "the password must be renewed (password.max_age_days)".to_owned(),
        Beside::NoPassword => "the person has no password".to_owned(),
    }
}

/// Where a value comes from.
pub fn source(source: &Source) -> String {
    match source {
        Source::Instance => "the operator's settings".to_owned(),
        Source::Tenant(tenant) => tenant.to_string(),
        Source::Person => "the person's own choice".to_owned(),
        Source::Application => "the application".to_owned(),
    }
}
