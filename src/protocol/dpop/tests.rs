//! What proofs say, rule by rule.
use super::*;
use crate::protocol::testing::NOW;

fn proof() -> Proof {
    Proof {
        jkt: "thumb".into(),
        jti: Some("j-1".into()),
        htm: Some("POST".into()),
        htu: Some("https://id.test/token".into()),
        iat: Some(NOW.seconds()),
        ath: None,
        nonce: None,
    }
}

fn checked(proof: &Proof) -> Result<ProofId, Reason> {
    let urls = ["https://id.test/token".to_owned(), "https://mtls.id.test/token".to_owned()];
    let target = Target { method: "POST", urls: &urls, token: None };
    check(proof, &target, Nonce::Absent, Demand::Nothing, NOW).map_err(|error| error.reason)
}

#[test]
fn the_address_is_compared_without_query_and_fragment_and_normalised() {
    let with = |htu: &str| checked(&Proof { htu: Some(htu.into()), ..proof() }).err();
    let good = [
        "https://id.test/token",
        "https://id.test/token?x=1",
        "https://id.test/token#x",
        "HTTPS://ID.TEST/token",
        "https://id.test:443/token",
        "https://id.test/./a/../token",
        "https://id.test/%74oke%6E",
        "https://mtls.id.test/token",
    ];
    let bad = [
        "https://id.test/token/",
        "https://id.test/Token",
        "https://id.test/userinfo",
        "https://id.test:8443/token",
        "http://id.test/token",
        "https://evil.test/token",
        "https://a@id.test/token",
        "https://id.test/token%2F",
        "https://id.test/token%",
        "/token",
        "",
    ];

    for htu in good {
        assert_eq!(with(htu), None, "{htu}");
    }
    for htu in bad {
        assert_eq!(with(htu), Some(Reason::ProofTarget), "{htu}");
    }
    assert_eq!(checked(&Proof { htu: None, ..proof() }), Err(Reason::ProofTarget));
}

#[test]
fn the_method_is_compared_exactly() {
    for htm in [None, Some("GET"), Some("post"), Some("")] {
        assert_eq!(checked(&Proof { htm: htm.map(str::to_owned), ..proof() }), Err(Reason::ProofTarget), "{htm:?}");
    }
}

#[test]
fn clocks_may_differ_by_minutes_and_not_by_an_hour() {
    for (offset, good) in [(0, true), (10, true), (-10, true), (-300, true), (300, true), (-301, false), (301, false), (-3600, false)] {
        let answer = checked(&Proof { iat: Some(NOW.seconds() + offset), ..proof() });
        assert_eq!(answer.is_ok(), good, "{offset}");
        assert!(good || answer == Err(Reason::ProofTime), "{offset}");
    }
    for iat in [None, Some(0), Some(i64::MAX), Some(i64::MIN)] {
        assert_eq!(checked(&Proof { iat, ..proof() }), Err(Reason::ProofTime), "{iat:?}");
    }
}

#[test]
fn a_proof_is_remembered_until_its_age_refuses_it() {
    let id = checked(&Proof { iat: Some(NOW.seconds() + 300), ..proof() }).expect("within the window");

    assert!(id.expires_at > NOW.plus(Duration::from_secs(600)));
    let other_key = checked(&Proof { jkt: "other".into(), ..proof() }).expect("good");
    let other_jti = checked(&Proof { jti: Some("j-2".into()), ..proof() }).expect("good");
    assert_ne!(id.digest, other_key.digest);
    assert_ne!(id.digest, other_jti.digest);
    assert_eq!(checked(&Proof { jti: None, ..proof() }), Err(Reason::ProofMalformed));
    assert_eq!(checked(&Proof { jti: Some("x".repeat(257)), ..proof() }), Err(Reason::ProofMalformed));
}

#[test]
fn ath_is_the_digest_of_the_token_beside_it() {
    let urls = ["https://id.test/token".to_owned()];
    let target = Target { method: "POST", urls: &urls, token: Some("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") };
    let with = |ath: Option<&str>| {
        let proof = Proof { ath: ath.map(str::to_owned), ..proof() };
        check(&proof, &target, Nonce::Absent, Demand::Nothing, NOW).err().map(|error| error.reason)
    };

    // RFC 9449 7.1 shows this pair.
    assert_eq!(with(Some("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")), None);
    for ath in [None, Some(""), Some("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEp"), Some("Kz~8mXK1EalYznwH")] {
        assert_eq!(with(ath), Some(Reason::ProofToken), "{ath:?}");
    }
}

#[test]
fn a_nonce_is_demanded_or_accepted_and_a_stale_one_never_passes() {
    let urls = ["https://id.test/token".to_owned()];
    let target = Target { method: "POST", urls: &urls, token: None };
    let with = |nonce, demand| check(&proof(), &target, nonce, demand, NOW).err().map(|error| (error.code, error.reason));
    let due = Some((ErrorCode::UseDpopNonce, Reason::ProofNonce));

    assert_eq!(with(Nonce::Absent, Demand::Nothing), None);
    assert_eq!(with(Nonce::Ours, Demand::Nothing), None);
    assert_eq!(with(Nonce::Ours, Demand::Nonce), None);
    assert_eq!(with(Nonce::Absent, Demand::Nonce), due);
    assert_eq!(with(Nonce::Stale, Demand::Nothing), due);
    assert_eq!(with(Nonce::Stale, Demand::Nonce), due);
}
