//! A person's own account.
pub mod app_factor;
pub mod home;
pub mod security;
