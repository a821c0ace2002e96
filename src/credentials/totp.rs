//! Authenticator apps: time-based codes (RFC 6238) with SHA-1, six digits and 30 seconds, which every app knows.
use totp_rs::{Builder, Totp};
use zeroize::Zeroize;

use crate::world::{Entropy, Secret, Timestamp, same};

/// RFC 4226 4 recommends 160 bits.
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: i64 = 30;
/// Room for the longest issuer and account; a QR code holds it easily.
const LONGEST_URI: usize = 1200;

/// Why no link for an authenticator app can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TotpFault {
    #[error("the issuer or the account name is empty, too long or has a colon")]
    Name,
    #[error("the secret is too short")]
    Secret,
}

/// A fresh shared secret.
pub fn new_secret(entropy: &dyn Entropy) -> Secret<Vec<u8>> {
    let mut bytes = vec![0u8; SECRET_BYTES];
    entropy.fill(&mut bytes);
    Secret::new(bytes)
}

/// The `otpauth:` link for the QR code. Shown once, before the factor is confirmed (security.md G17).
///
/// # Errors
/// [`TotpFault`].
pub fn uri(secret: &[u8], issuer: &str, account: &str) -> Result<Secret<String>, TotpFault> {
    if issuer.is_empty() || account.is_empty() || issuer.contains(':') || account.contains(':') {
        return Err(TotpFault::Name);
    }
    let builder = Builder::new().with_secret(totp_rs::Secret::new(secret.into())).with_issuer(Some(issuer)).with_account_name(account);
    let text = builder.build().map_err(|_| TotpFault::Secret)?.to_url().map_err(|_| TotpFault::Name)?;
    if text.len() > LONGEST_URI {
        return Err(TotpFault::Name);
    }
    Ok(Secret::new(text))
}

/// The secret for typing it by hand: base32 (RFC 4648 6) in groups of four.
pub fn manual(secret: &[u8]) -> Secret<String> {
    let mut text = totp_rs::Secret::new(secret.into()).to_base32();
    let groups: Vec<&str> = text.as_bytes().chunks(4).map(|g| std::str::from_utf8(g).expect("base32 is ASCII")).collect();
    let grouped = groups.join(" ");
    text.zeroize();
    Secret::new(grouped)
}

/// Which time step the code belongs to, if it is one of now, the one before and the one after (security.md G02), and
/// newer than `last_step` (G01). The caller stores the step by compare-and-set, so that a code works once.
pub fn check(secret: &[u8], code: &str, now: Timestamp, last_step: i64) -> Option<i64> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).take(7).collect();
    let totp = generator(secret)?;
    let current = now.seconds().div_euclid(STEP_SECONDS);
    let mut found = None;
    // All three are always computed: the time taken does not tell which one fitted (RFC 6238 5.2).
    for step in [current + 1, current, current - 1] {
        let Ok(start) = u64::try_from(step * STEP_SECONDS) else { continue };
        let expected = totp.generate(start).to_string();
        if same(expected.as_bytes(), code.as_bytes()) && step > last_step {
            found = Some(step);
        }
    }
    found
}

/// The code that an authenticator app shows at `now`. For the demo, which plays the app, too.
pub fn shown(secret: &[u8], now: Timestamp) -> Option<Secret<String>> {
    let start = u64::try_from(now.seconds().div_euclid(STEP_SECONDS) * STEP_SECONDS).ok()?;
    Some(Secret::new(generator(secret)?.generate(start).to_string()))
}

fn generator(secret: &[u8]) -> Option<Totp> {
    Builder::new().with_secret(totp_rs::Secret::new(secret.into())).with_account_name("account").build().ok()
}
