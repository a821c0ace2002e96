//! A person's own account.
pub mod app_factor;
pub mod email;
pub mod home;
pub mod password;
pub mod security;
