//! The operator's pages: tenants, applications, APIs, keys, letters, and the pages of a tenant's settings.
mod administrators;
mod announcements;
mod apis;
mod claims;
mod client;
mod client_form;
mod confirm;
mod everybody;
mod keys;
mod mail;
mod policies;
mod registration;
mod tenant_erase;
mod tenants;

pub use administrators::*;
pub use announcements::*;
pub use apis::*;
pub use claims::*;
pub use client::*;
pub use client_form::*;
pub use confirm::*;
pub use everybody::*;
pub use keys::*;
pub use mail::*;
pub use policies::*;
pub use registration::*;
pub use tenant_erase::*;
pub use tenants::*;

use super::super::gallery::Specimen;
use super::{Area, framed};

/// Every page of this room.
pub(super) fn gallery() -> Vec<Specimen> {
    [
        framed::<Confirm>(Area::Operator),
        framed::<Tenants>(Area::Operator),
        framed::<TenantForm>(Area::Operator),
        framed::<TenantSheet>(Area::Operator),
        framed::<TenantErase>(Area::Operator),
        framed::<Administrators>(Area::Operator),
        framed::<Everybody>(Area::Operator),
        framed::<EverybodyPage>(Area::Operator),
        framed::<EverybodyConfirm>(Area::Operator),
        framed::<EverybodyErase>(Area::Operator),
        framed::<EverybodyMerge>(Area::Operator),
        framed::<Branding>(Area::Admin),
        framed::<Clients>(Area::Operator),
        framed::<ClientForm>(Area::Operator),
        framed::<ClientSheet>(Area::Operator),
        framed::<ClientClaims>(Area::Operator),
        framed::<ShownOnce>(Area::Operator),
        framed::<Apis>(Area::Operator),
        framed::<ApiForm>(Area::Operator),
        framed::<Keys>(Area::Operator),
        framed::<Outbox>(Area::Operator),
        framed::<Registration>(Area::Operator),
        framed::<Announcements>(Area::Operator),
        framed::<AnnouncementForm>(Area::Operator),
        framed::<Policies>(Area::Admin),
        framed::<PolicyForm>(Area::Admin),
        framed::<PolicyPreview>(Area::Admin),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Declares an enum of words that templates look up, with all of them.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$vdoc])* $variant),+ }
        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}
pub(super) use words;
