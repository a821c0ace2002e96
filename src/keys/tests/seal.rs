//! Sealed texts and keyed digests.
use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

use super::{private_jwk, row, sealer};
use crate::keys::{KeyError, KeyRing, MasterKey, SealError, Sealer};
use crate::model::SigningAlg;
use crate::world::{Os, Seeded};

#[test]
fn a_sealed_text_opens_in_its_own_context_only() {
    let (sealer, entropy) = (sealer(), Seeded::new(3));
    let sealed = sealer.seal("totp:fac_1", b"a seed", &entropy);

    assert_eq!(sealer.open("totp:fac_1", &sealed).unwrap().expose(), b"a seed");
    assert_eq!(sealer.open("totp:fac_2", &sealed).unwrap_err(), SealError::Forged);
    assert_eq!(sealer.open("signing_key:fac_1", &sealed).unwrap_err(), SealError::Forged);
    assert_eq!(sealer.open("", &sealed).unwrap_err(), SealError::Forged);
}

#[test]
fn sealing_twice_never_gives_the_same_text() {
    let (sealer, entropy) = (sealer(), Seeded::new(3));

    let texts: BTreeSet<String> = (0..100).map(|_| sealer.seal("c", b"same", &entropy)).collect();

    assert_eq!(texts.len(), 100);
}

#[test]
fn every_changed_byte_of_a_sealed_text_is_noticed() {
    let sealer = sealer();
    let sealed = sealer.seal("c", b"content", &Seeded::new(4));
    for (at, byte) in sealed.bytes().enumerate() {
        let other = if byte == b'A' { b'B' } else { b'A' };
        let mut changed = sealed.clone().into_bytes();
        changed[at] = other;
        assert!(sealer.open("c", std::str::from_utf8(&changed).unwrap()).is_err(), "byte {at}");
    }
}

#[test]
fn malformed_sealed_texts_are_errors_and_nothing_worse() {
    let sealer = sealer();
    let id = sealer.key_id();
    let nonce = "AAAAAAAAAAAAAAAA";
    for text in ["", ".", "v1", "v1...", "v2.a.b.c", "🦀.🦀.🦀.🦀"] {
        assert!(matches!(sealer.open("c", text), Err(SealError::Malformed | SealError::OtherKey)), "{text}");
    }
    assert_eq!(sealer.open("c", &format!("v1.{id}..")).unwrap_err(), SealError::Malformed);
    assert_eq!(sealer.open("c", &format!("v1.{id}.AAAA.AAAA")).unwrap_err(), SealError::Malformed);
    assert_eq!(sealer.open("c", &format!("v1.{id}.{nonce}.")).unwrap_err(), SealError::Forged);
    assert_eq!(sealer.open("c", &format!("v1.{id}.{nonce}.AAAA")).unwrap_err(), SealError::Forged);
    assert_eq!(sealer.open("c", &format!("v1.{id}.{nonce}.AAAA.x")).unwrap_err(), SealError::Malformed);
}

#[test]
fn d20_a_stolen_row_is_unreadable_without_the_master_key() {
    let stolen = row(SigningAlg::Es256);
    let private = private_jwk(&stolen);
    let thief = Sealer::new(MasterKey::from_bytes([8; 32]));

    let everything = format!("{stolen:?}");
    assert!(!everything.contains(private["d"].as_str().unwrap()));
    let sealed = URL_SAFE_NO_PAD.decode(stolen.sealed_private.rsplit('.').next().unwrap()).unwrap();
    assert!(!sealed.windows(4).any(|w| w == b"\"d\":"));
    assert_eq!(thief.open(&crate::keys::material::context(&stolen.kid), &stolen.sealed_private).unwrap_err(), SealError::OtherKey);
    assert!(matches!(KeyRing::load(&[stolen], &thief), Err(KeyError::Sealed { cause: SealError::OtherKey, .. })));
}

#[test]
fn a_private_key_cannot_be_moved_to_another_row() {
    let mut moved = row(SigningAlg::Es256);
    moved.kid = "es256-other".into();
    assert!(matches!(KeyRing::load(&[moved], &sealer()), Err(KeyError::Sealed { cause: SealError::Forged, .. })));
}

#[test]
fn a_master_key_survives_its_text() {
    let key = MasterKey::generate(&Os);
    let text = key.to_text();
    let again = MasterKey::from_text(&format!("  {}\n", text.expose())).unwrap();
    let sealed = Sealer::new(key).seal("c", b"x", &Seeded::new(5));
    let unpadded = URL_SAFE_NO_PAD.encode(STANDARD.decode(text.expose()).unwrap());
    assert_eq!(Sealer::new(MasterKey::from_text(&unpadded).unwrap()).open("c", &sealed).unwrap().expose(), b"x");
    assert_eq!(Sealer::new(again).open("c", &sealed).unwrap().expose(), b"x");
}

#[test]
fn o02_short_even_and_malformed_master_keys_are_refused() {
    let even = URL_SAFE_NO_PAD.encode([0u8; 32]);
    let short = URL_SAFE_NO_PAD.encode([1u8; 31]);
    let long: Vec<u8> = (0..33).collect();
    let long = URL_SAFE_NO_PAD.encode(long);
    for text in ["", "changeme", &"secret".repeat(8)[..43], &even, &short, &long] {
        assert_eq!(MasterKey::from_text(text).err(), Some(SealError::NotAMasterKey), "{text}");
    }
}

#[test]
fn keyed_digests_differ_by_context_data_and_key() {
    let sealer = sealer();
    let other = Sealer::new(MasterKey::from_bytes([8; 32]));
    let all = [
        sealer.mac("csrf", b"data"),
        sealer.mac("csrf", b"datb"),
        sealer.mac("csr", b"fdata"),
        sealer.mac("csrfd", b"ata"),
        sealer.mac("", b"csrfdata"),
        other.mac("csrf", b"data"),
    ];
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    assert_eq!(sealer.mac("csrf", b"data"), all[0]);
}

#[test]
fn nothing_secret_shows_in_debug_output() {
    let text = format!("{:?}", sealer().open("c", &sealer().seal("c", b"very secret", &Seeded::new(6))));
    assert!(!text.contains("very") && text.contains("[secret]"), "{text}");
}
