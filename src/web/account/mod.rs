//! A person's own account.
pub mod app_factor;
pub mod email;
pub mod home;
pub mod password;
pub mod data;
pub mod details;
pub mod groups;
pub mod invitations;
pub mod leave;
pub mod picture;
pub mod security;
