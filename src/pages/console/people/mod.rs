//! The pages about the people of a tenant.
mod list;
mod new;
mod person;
mod table;

pub use list::*;
pub use new::*;
pub use person::*;
pub use table::*;

use super::super::gallery::Specimen;
use super::{Area, Discard, GroupList, GroupPage, LocationList, LocationPage, framed};

/// Every page of this kind.
pub(super) fn gallery() -> Vec<Specimen> {
    [
        framed::<PeopleList>(Area::Admin),
        framed::<PersonNew>(Area::Admin),
        framed::<PeopleImport>(Area::Admin),
        framed::<PersonInvite>(Area::Admin),
        framed::<PersonSheet>(Area::Admin),
        framed::<PersonPage>(Area::Admin),
        framed::<PersonConfirm>(Area::Admin),
        framed::<PersonConvert>(Area::Admin),
        framed::<PersonLocations>(Area::Admin),
        framed::<GroupList>(Area::Admin),
        framed::<GroupPage>(Area::Admin),
        framed::<Discard>(Area::Admin),
        framed::<LocationList>(Area::Admin),
        framed::<LocationPage>(Area::Admin),
    ]
    .into_iter()
    .flatten()
    .collect()
}
