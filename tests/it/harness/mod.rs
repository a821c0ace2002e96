//! What the tests stand on: a server of their own, a browser, a relying party, a mail server, foreign processes.
//!
//! Everything listens on loopback, on a port of its own, and ends with the test that made it. Nothing here sleeps:
//! waiting means waiting for a line, a letter or an answer, with a bound.
//!
//! ```ignore
//! let t = Tenantry::start().await;
//! let mut browser = t.browser();
//! browser.goto(rp.authorize(&["openid"]).url()).await;
//! browser.fill("#identifier", "anna@acme.example").submit("#login-submit").await;
//! ```
pub mod browser;
pub mod chromium;
pub mod cookies;
pub mod database;
pub mod html;
pub mod issuer;
pub mod key_server;
pub mod landing;
pub mod log;
pub mod mailbox;
pub mod microsoft;
pub mod net;
pub mod par;
pub mod pictures;
pub mod process;
pub mod relying_party;
pub mod smtp;
pub mod soft_key;
pub mod tenantry;
pub mod world;

mod selftest;
