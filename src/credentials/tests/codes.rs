//! Recovery codes and e-mail codes.
use std::collections::BTreeSet;

use crate::credentials::{email_code, recovery};
use crate::model::ChallengeId;
use crate::world::{Os, Secret, Seeded, Timestamp};

#[test]
fn g14_there_are_ten_recovery_codes_of_80_bits() {
    let codes: BTreeSet<String> = (0..100).flat_map(|_| recovery::generate(&Os)).map(|code| code.expose().clone()).collect();
    assert_eq!(recovery::generate(&Os).len(), 10);
    assert_eq!(codes.len(), 1000);
    for code in &codes {
        let groups: Vec<&str> = code.split('-').collect();
        assert!(groups.len() == 4 && groups.iter().all(|g| g.len() == 4), "{code}");
    }
    let letters: BTreeSet<char> = codes.iter().flat_map(|code| code.chars()).collect();
    assert_eq!(letters.len(), 33, "32 letters and the hyphen");
    assert!(!letters.iter().any(|c| "ilou".contains(*c)));
}

#[test]
fn a_recovery_code_is_found_however_it_is_typed() {
    let code = recovery::generate(&Seeded::new(1)).remove(0);
    let text = code.expose().clone();
    let wanted = recovery::digest(&code);
    let look_alikes = text.replace('0', "O").replace('1', "l");
    for typed in [
        text.clone(),
        text.to_uppercase(),
        text.replace('-', ""),
        text.replace('-', " "),
        format!("  {text}\n"),
        look_alikes,
        text.replace('1', "I"),
    ] {
        assert_eq!(recovery::digest(&recovery::normalise(&typed).unwrap()), wanted, "{typed}");
    }
}

#[test]
fn what_is_no_recovery_code_is_refused() {
    let text = recovery::generate(&Seeded::new(1)).remove(0).expose().clone();
    for typed in [
        "",
        "-",
        "abcd",
        &text[1..],
        &format!("{text}0"),
        &text.replace(&text[..1], "u"),
        &text.replace(&text[..1], "é"),
        &"0".repeat(1 << 20),
    ] {
        assert!(recovery::normalise(typed).is_none(), "{}", typed.len());
    }
}

#[test]
fn the_store_gets_digests_of_recovery_codes_only() {
    let code = Secret::new("0000-1111-2222-3333".to_owned());
    let digest = recovery::digest(&code);
    assert_eq!(digest.as_str().len(), 43);
    assert!(!digest.as_str().contains("0000"));
}

#[test]
fn an_e_mail_code_has_six_digits_and_fits_one_challenge() {
    let (first, second) = (ChallengeId::generate(Timestamp::from_seconds(1), &Os), ChallengeId::generate(Timestamp::from_seconds(1), &Os));
    let codes: BTreeSet<String> = (0..200).map(|_| email_code::generate(&Os).expose().clone()).collect();
    assert!(codes.len() > 190);
    assert!(codes.iter().all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())));
    assert_eq!(email_code::digest(&first, "123456"), email_code::digest(&first, "123456"));
    assert_ne!(email_code::digest(&first, "123456"), email_code::digest(&second, "123456"));
    assert_ne!(email_code::digest(&first, "123456"), email_code::digest(&first, "123457"));
}

#[test]
fn an_e_mail_code_may_be_typed_with_spaces() {
    for typed in ["012345", " 012345 ", "012 345", "012-345", "0 1 2 3 4 5", "012\u{a0}345\n"] {
        assert_eq!(email_code::normalise(typed).as_deref(), Some("012345"), "{typed:?}");
    }
    for typed in ["", "12345", "1234567", "12345a", "１２３４５６", "+12345", "012345 7", &"1".repeat(1 << 20)] {
        assert_eq!(email_code::normalise(typed), None);
    }
}
