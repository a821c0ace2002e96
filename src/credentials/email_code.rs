//! Codes sent by e-mail: six digits, worth nothing outside the challenge for which they were made.
use crate::model::ChallengeId;
use crate::world::{Digest, EmailCode, Entropy, Secret, decimal_code};

const DIGITS: u32 = 6;

/// A fresh code, evenly distributed.
pub fn generate(entropy: &dyn Entropy) -> Secret<String> {
    Secret::new(decimal_code(entropy, DIGITS))
}

/// What is stored of a code: its digest together with the challenge's id, so that a code fits one challenge only.
pub fn digest(challenge: &ChallengeId, code: &str) -> Digest {
    Digest::of::<EmailCode>(&format!("{challenge}:{code}"))
}

/// The six digits out of what was typed; spaces and hyphens between them are forgiven.
pub fn normalise(input: &str) -> Option<String> {
    let code: String = input.chars().filter(|c| !c.is_whitespace() && *c != '-').take(7).collect();
    (code.len() == DIGITS as usize && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}
