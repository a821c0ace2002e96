//! A person's own account.
pub mod activity;
pub mod announcements;
pub mod app_factor;
pub mod data;
pub mod details;
pub mod email;
pub mod groups;
pub mod home;
pub mod invitations;
pub mod leave;
pub mod own;
pub mod passkeys;
pub mod password;
pub mod picture;
pub mod security;
