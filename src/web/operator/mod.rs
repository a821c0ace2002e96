//! The console of those who run the instance: `/operator/…`.
pub mod home;
