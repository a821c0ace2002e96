//! People, memberships, invitations, groups and locations: the use cases behind the consoles, by the numbers of people.md.
mod arranging;
mod company;
mod creating;
mod desk;
mod meanwhile;
mod names;
mod paths;
mod standing;
