//! Authenticator apps.
use std::collections::BTreeSet;

use crate::credentials::totp::{TotpFault, check, manual, new_secret, uri};
use crate::world::{Os, Seeded, Timestamp};

/// The secret of RFC 6238, appendix B.
const SECRET: &[u8] = b"12345678901234567890";

/// RFC 6238, appendix B, SHA-1; the last six of the eight digits that stand there.
const VECTORS: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[test]
fn the_codes_of_rfc_6238_are_accepted_with_their_step() {
    for (seconds, code) in VECTORS {
        assert_eq!(check(SECRET, code, at(seconds), 0), Some(seconds / 30), "{seconds}");
    }
}

#[test]
fn g02_only_the_neighbouring_steps_are_accepted() {
    let (start, code) = (1_111_111_110, "050471");
    let step = start / 30;
    for (offset, accepted) in [
        (-90, false),
        (-60, false),
        (-31, false),
        (-30, true),
        (-1, true),
        (0, true),
        (29, true),
        (30, true),
        (59, true),
        (60, false),
        (90, false),
    ] {
        let expected = accepted.then_some(step);
        assert_eq!(check(SECRET, code, at(start + offset), 0), expected, "{offset}");
    }
}

#[test]
fn g01_a_code_is_good_for_steps_after_the_last_accepted_one_only() {
    let (seconds, code) = (1_234_567_890, "005924");
    let step = seconds / 30;
    assert_eq!(check(SECRET, code, at(seconds), step - 1), Some(step));
    assert_eq!(check(SECRET, code, at(seconds), step), None);
    // The previous step after a newer one was accepted.
    assert_eq!(check(SECRET, code, at(seconds + 30), step + 1), None);
    assert_eq!(check(SECRET, code, at(seconds), i64::MAX), None);
}

#[test]
fn spaces_in_a_code_are_forgiven_and_nothing_else() {
    for typed in ["005924", "005 924", " 0 0 5 9 2 4 ", "005\u{a0}924", "005924\n"] {
        assert!(check(SECRET, typed, at(1_234_567_890), 0).is_some(), "{typed:?}");
    }
    for typed in [
        "",
        "5924",
        "05924",
        "0005924",
        "+05924",
        "-05924",
        "005924x",
        "００５９２４",
        "005924005924",
        "89005924",
        "005925",
        "\0\0\0\0\0\0",
    ] {
        assert_eq!(check(SECRET, typed, at(1_234_567_890), 0), None, "{typed:?}");
    }
    assert_eq!(check(SECRET, &"0".repeat(1 << 20), at(1_234_567_890), 0), None);
}

#[test]
fn odd_times_and_secrets_accept_nothing_and_do_not_panic() {
    for now in [i64::MIN, -1, 0] {
        assert_eq!(check(SECRET, "000000", Timestamp::from_micros(now), 0), None, "{now}");
    }
    assert_eq!(check(SECRET, "000000", Timestamp::from_micros(i64::MAX), i64::MAX), None);
    assert_eq!(check(b"", "000000", at(1_234_567_890), 0), None);
    assert_eq!(check(b"short", "000000", at(1_234_567_890), 0), None);
}

#[test]
fn secrets_are_160_random_bits() {
    let secrets: BTreeSet<Vec<u8>> = (0..100).map(|_| new_secret(&Os).expose().clone()).collect();
    assert_eq!(secrets.len(), 100);
    assert!(secrets.iter().all(|secret| secret.len() == 20));
    assert_eq!(new_secret(&Seeded::new(1)).expose(), new_secret(&Seeded::new(1)).expose());
}

#[test]
fn the_link_carries_issuer_account_and_secret() {
    let link = uri(SECRET, "Tenantry & Söhne", "anna+x@example.com").unwrap();
    let parsed = url::Url::parse(link.expose()).unwrap();
    assert_eq!((parsed.scheme(), parsed.host_str()), ("otpauth", Some("totp")));
    let query: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    assert!(query.contains(&("secret".into(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ".into())));
    assert!(query.contains(&("issuer".into(), "Tenantry & Söhne".into())));
    assert!(!parsed.path().contains(' ') && parsed.path().ends_with("example.com"), "{}", parsed.path());
}

#[test]
fn names_that_would_break_the_link_are_refused() {
    for (issuer, account) in [("", "a"), ("i", ""), ("i:j", "a"), ("i", "a:b"), ("i", &*"a".repeat(2000))] {
        assert_eq!(uri(SECRET, issuer, account).err(), Some(TotpFault::Name));
    }
    assert_eq!(uri(b"short", "i", "a").err(), Some(TotpFault::Secret));
}

#[test]
fn the_secret_can_be_typed_by_hand() {
    assert_eq!(manual(SECRET).expose(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
}

#[test]
fn g17_a_secret_does_not_show_in_debug_output() {
    let shown = format!("{:?} {:?} {:?}", new_secret(&Seeded::new(1)), manual(SECRET), uri(SECRET, "i", "a"));
    assert!(!shown.contains("GEZD"), "{shown}");
}
