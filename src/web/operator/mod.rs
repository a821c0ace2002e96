//! The console of those who run the instance: `/operator/…`.
pub mod administrators;
pub mod announcements;
pub mod apis;
pub mod claims;
pub mod client_form;
pub mod clients;
pub mod home;
pub mod keys;
pub mod lists;
pub mod locations;
pub mod mail;
pub mod people;
pub mod policies;
pub mod registration;
pub mod secrets;
pub mod tenant_erase;
pub mod tenants;

use crate::service::change::Change;
use crate::web::extract::Inside;

/// A change that the signed-in person makes now.
pub fn change(inside: &Inside) -> Change<'_> {
    Change {
        store: &inside.app.store,
        entropy: &*inside.app.entropy,
        now: inside.now,
        actor: inside.person.id.as_str(),
        network: inside.guest.visitor.network.as_str(),
    }
}
