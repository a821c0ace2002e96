//! Which new passwords are accepted: long enough, not among the commonest, not one's own name. No rules about kinds of
//! characters, and no periodic change (NIST SP 800-63B-4 3.1.1.2).
use super::password::LONGEST;

/// The shortest password where no rule demands a longer one.
pub const SHORTEST_CHARS: usize = 12;
/// What must be left of a password once all words about its owner are taken out.
const OWN_PART: usize = 6;

/// Why a new password is refused; each has its own sentence on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordFault {
    /// Fewer characters than demanded.
    TooShort,
    /// More than 1,024 bytes.
    TooLong,
    /// One of the passwords that are tried first.
    Common,
    /// Little more than the name, the e-mail address or the product.
    Personal,
    /// One character, a short piece repeated, or a row of neighbours.
    Simple,
}

/// May this become somebody's password? `context`: e-mail address, names, product and tenant.
///
/// # Errors
/// The first [`PasswordFault`] that applies.
pub fn acceptable(password: &str, context: &[&str]) -> Result<(), PasswordFault> {
    acceptable_from(password, SHORTEST_CHARS, context)
}

/// As [`acceptable`], where passwords have at least `shortest` characters.
///
/// # Errors
/// The first [`PasswordFault`] that applies.
pub fn acceptable_from(password: &str, shortest: usize, context: &[&str]) -> Result<(), PasswordFault> {
    if password.len() > LONGEST {
        return Err(PasswordFault::TooLong);
    }
    // Code points count, not bytes (NIST SP 800-63B-4 3.1.1.2).
    if password.chars().count() < shortest {
        return Err(PasswordFault::TooShort);
    }
    let lower = password.to_lowercase();
    if is_common(&lower) {
        return Err(PasswordFault::Common);
    }
    if is_simple(&lower) {
        return Err(PasswordFault::Simple);
    }
    if is_personal(&lower, context) {
        return Err(PasswordFault::Personal);
    }
    Ok(())
}

fn is_simple(password: &str) -> bool {
    let chars: Vec<char> = password.chars().collect();
    let different: std::collections::BTreeSet<&char> = chars.iter().collect();
    // A piece that is too short by itself does not become longer by being said again.
    let repeats = (1..SHORTEST_CHARS.min(chars.len() / 2 + 1)).any(|unit| chars.iter().zip(&chars[unit..]).all(|(a, b)| a == b));
    different.len() < 4 || repeats || is_row(&chars)
}

/// Neighbours in the alphabet, among the digits (9 is followed by 0) or on the keyboard, either way.
fn is_row(chars: &[char]) -> bool {
    const ROWS: [&str; 4] =
        ["abcdefghijklmnopqrstuvwxyz", "12345678901234567890", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm"];
    let forward: String = chars.iter().collect();
    let backward: String = chars.iter().rev().collect();
    let steps = chars.windows(2).all(|pair| {
        let step = i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0]));
        matches!((step.abs(), pair[0].is_ascii_digit() && pair[1].is_ascii_digit()), (1, _) | (9, true))
    });
    steps || ROWS.iter().any(|row| row.contains(&forward) || row.contains(&backward))
}

fn is_common(password: &str) -> bool {
    let bare = password.trim_end_matches(|c: char| c.is_ascii_punctuation() || c.is_whitespace());
    COMMON.contains(&password) || COMMON.contains(&bare)
}

fn is_personal(password: &str, context: &[&str]) -> bool {
    let mut words: Vec<String> = context.iter().flat_map(|text| words_of(text)).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest: String = password.chars().filter(|c| c.is_alphanumeric()).collect();
    let before = rest.len();
    for word in &words {
        rest = rest.replace(word.as_str(), "");
    }
    rest.len() < before && rest.chars().count() < OWN_PART
}

/// The whole text, the local part of an address and each word of three characters or more.
fn words_of(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let bare = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let local = lower.split('@').next().unwrap_or_default();
    let pieces = lower.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
    [bare(&lower), bare(local)].into_iter().chain(pieces).filter(|word| word.chars().count() >= 3).collect()
}

/// Passwords of twelve characters and more that stand high in every list of leaked ones, in lower case.
const COMMON: [&str; 72] = [
    "123456789012",
    "1234567891011",
    "123456789abc",
    "123456789qwe",
    "123456123456",
    "123123123123",
    "1q2w3e4r5t6y",
    "1q2w3e4r5t6y7u",
    "1q2w3e4r5t6y7u8i",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "1qazxsw23edc",
    "1qaz1qaz1qaz",
    "zaq12wsxcde3",
    "zaq1zaq1zaq1",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiop1234",
    "qwerty123456",
    "qwerty1234567",
    "qwerty12345678",
    "qwerty123456789",
    "qwertyqwerty",
    "qwertzuiop12",
    "qwertzuiop123",
    "qwertzuiopas",
    "qwe123qwe123",
    "qweasdzxc123",
    "asdfghjkl123",
    "asdfasdfasdf",
    "abcd12345678",
    "abc123abc123",
    "abc123456789",
    "abcdefgh1234",
    "a123456789012",
    "aa1234567890",
    "password1234",
    "password12345",
    "password123456",
    "password2024",
    "password2025",
    "password2026",
    "passwordpassword",
    "password1password",
    "p@ssw0rd1234",
    "p@ssword1234",
    "passw0rd1234",
    "mypassword123",
    "passwort1234",
    "passwort12345",
    "passwort123456",
    "administrator",
    "administrator1",
    "administrator123",
    "admin1234567",
    "admin12345678",
    "welcome12345",
    "welcome123456",
    "willkommen12",
    "willkommen123",
    "willkommen1234",
    "letmein12345",
    "letmein123456",
    "iloveyou1234",
    "iloveyou12345",
    "changeme1234",
    "changeme12345",
    "correcthorsebatterystaple",
    "unbelievable",
    "motherfucker",
    "manchesterunited",
    "startrek1234",
];
