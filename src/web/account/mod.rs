//! A person's own account.
pub mod activity;
pub mod app_factor;
pub mod email;
pub mod home;
pub mod own;
pub mod password;
pub mod security;
