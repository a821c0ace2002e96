//! What a tenant may know of somebody who has an account and was only invited (security.md I11).
use crate::model::{FactorKind, Locale, Lockout, PersonState, Profile};
use crate::store::Listed;

/// Of such a person the address that the inviter typed is shown and nothing else: whose it is, and how it stands, is told
/// by accepting.
pub fn veiled(mut listed: Listed) -> Listed {
    let person = &mut listed.person;
    if listed.stranger {
        person.first_name = person.handle().to_owned();
        person.last_name = String::new();
        person.username = None;
        person.locale = Locale::En;
        person.profile = Profile::default();
        person.email_verified = false;
        person.state = PersonState::Active;
        person.second_factor = FactorKind::None;
        person.lockout = Lockout::default();
        person.password_set_at = None;
        person.last_login_at = None;
    }
    listed
}
