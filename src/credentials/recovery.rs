//! Recovery codes: ten at a time, each good once, 80 bits each (security.md G14 asks for 64).
use crate::world::{Digest, Entropy, Recovery, Secret};

pub const COUNT: usize = 10;
const LENGTH: usize = 16;
/// Crockford's base 32: no letter that is easily taken for another.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Ten fresh codes as they are shown once: `xxxx-xxxx-xxxx-xxxx`.
pub fn generate(entropy: &dyn Entropy) -> Vec<Secret<String>> {
    (0..COUNT).map(|_| one(entropy)).collect()
}

fn one(entropy: &dyn Entropy) -> Secret<String> {
    let mut bytes = [0u8; LENGTH];
    entropy.fill(&mut bytes);
    // 256 is a multiple of 32, so every letter is equally likely.
    let letters: Vec<u8> = bytes.iter().map(|b| ALPHABET[usize::from(b % 32)]).collect();
    Secret::new(grouped(&letters))
}

/// The code out of what was typed: case, spaces, hyphens and look-alikes (`o`, `i`, `l`) are forgiven.
pub fn normalise(input: &str) -> Option<Secret<String>> {
    let letters: Vec<u8> = input
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(LENGTH + 1)
        .map(|c| match c.to_ascii_lowercase() {
            'o' => b'0',
            'i' | 'l' => b'1',
            c => u8::try_from(c).unwrap_or(0),
        })
        .collect();
    (letters.len() == LENGTH && letters.iter().all(|b| ALPHABET.contains(b))).then(|| Secret::new(grouped(&letters)))
}

/// What is stored and looked up, for a code as [`generate`] or [`normalise`] gives it.
pub fn digest(code: &Secret<String>) -> Digest {
    Digest::of::<Recovery>(code.expose())
}

fn grouped(letters: &[u8]) -> String {
    let groups: Vec<&str> = letters.chunks(4).map(|group| std::str::from_utf8(group).expect("the alphabet is ASCII")).collect();
    groups.join("-")
}
