//! The HTTP client of the tests: loopback only, no redirects, no proxies.
use std::time::Duration;

/// Bound of every wait in the tests.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A client of its own for each test: connections belong to the test's runtime.
#[expect(clippy::disallowed_methods, reason = "the tests are foreign parties and bring their own client")]
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tls_certs_only(std::iter::empty())
        .timeout(PATIENCE)
        .build()
        .unwrap()
}
