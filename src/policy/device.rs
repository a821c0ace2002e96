//! Who may let a device in (security.md N01): whoever can change much is worth phishing most.
use crate::model::{DeviceSignIn, Membership, Person, Tenant};

/// May this person approve a device for this tenant? Admins and operators not, unless the tenant says so.
pub fn may_approve(person: &Person, membership: &Membership, tenant: &Tenant) -> bool {
    match tenant.policy.device_sign_in {
        DeviceSignIn::Everybody => true,
        DeviceSignIn::NotAdmins => !membership.admin && !person.operator,
        DeviceSignIn::Nobody => false,
    }
}
