//! Rules for new passwords.
use crate::credentials::{PasswordFault, acceptable};

const CONTEXT: [&str; 4] = ["anna.mueller@example.com", "Anna", "Müller", "Tenantry"];

fn fault(password: &str) -> Option<PasswordFault> {
    acceptable(password, &CONTEXT).err()
}

#[test]
fn good_passwords_of_all_kinds_are_accepted() {
    for password in [
        "correct horse battery staple",
        "Mein Vater hat 3 Ziegen",
        "kX9#vLq2!mZp",
        "ünïcödé pässwörd",
        "密码很长而且难以猜测到的呀",
        "😀🐙🚲🌧🍋🎺🧦🪐🦉🧊🥁🪁",
        "twelve\0bytes!",
        "Müllers Kuh hat Blähungen",
        "annapurna-besteigung",
        "            spaces and words",
    ] {
        assert_eq!(fault(password), None, "{password:?}");
    }
}

#[test]
fn f10_twelve_characters_to_1024_bytes() {
    assert_eq!(fault("kX9#vLq2!mZ"), Some(PasswordFault::TooShort));
    assert_eq!(fault(""), Some(PasswordFault::TooShort));
    // Six characters of four bytes are six characters.
    assert_eq!(fault("😀🐙🚲🌧🍋🎺"), Some(PasswordFault::TooShort));
    let long = |bytes: usize| "é7#vLq2!mZp k".repeat(80)[..bytes].to_owned();
    for bytes in [64, 128, 129, 1024] {
        assert_eq!(fault(&long(bytes)), None, "{bytes}");
    }
    assert_eq!(fault(&long(1025)), Some(PasswordFault::TooLong));
    assert_eq!(fault(&"x".repeat(1 << 20)), Some(PasswordFault::TooLong));
}

#[test]
fn the_commonest_passwords_are_refused_in_any_case_and_with_an_exclamation_mark() {
    for password in [
        "Password1234",
        "PASSWORDPASSWORD",
        "qwertyuiop123!",
        "passwort1234!!",
        "Administrator",
        "1qaz2wsx3edc4rfv",
        "CorrectHorseBatteryStaple",
    ] {
        assert_eq!(fault(password), Some(PasswordFault::Common), "{password}");
    }
}

#[test]
fn simple_patterns_are_refused() {
    for password in [
        "aaaaaaaaaaaa",
        "111111111111",
        "abababababab",
        "abcabcabcabc",
        "123412341234",
        "aaaaaaaaaaab",
        "abcdefghijkl",
        "lkjihgfedcba",
        "234567890123",
        "098765432109",
        "qwertyuiopas",
        "zyxwvutsrqpo",
        "asdfghjklzxc",
        "            ",
        "AbcDefGhiJkl",
        "annaannaanna",
        "monkeymonkey",
        "kX9#vLqkX9#vLqkX9#vLq",
    ] {
        assert_eq!(fault(password), Some(PasswordFault::Simple), "{password:?}");
    }
}

#[test]
fn ones_own_names_and_the_product_are_refused_when_little_else_is_there() {
    for password in [
        "anna.mueller1",
        "Anna.Mueller@Example.com",
        "annamueller123",
        "Tenantry-2026",
        "tenantry!tenantry",
        "MüllerAnna1990",
        "mueller.anna!!1",
    ] {
        assert_eq!(fault(password), Some(PasswordFault::Personal), "{password}");
    }
    for password in ["tenantry kX9vLq2", "anna liebt Ziegenkäse"] {
        assert_eq!(fault(password), None, "{password}");
    }
}

#[test]
fn short_or_empty_names_forbid_nothing() {
    assert_eq!(acceptable("kangaroo-jump", &["", "@", "jo", "a@b.c", "   "]), Ok(()));
}
