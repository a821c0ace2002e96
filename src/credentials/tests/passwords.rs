//! Hashing and checking.
use super::CHEAP;
use crate::credentials::argon::Argon;
use crate::credentials::{Cost, Passwords, Verdict};
use crate::world::Seeded;

const SALT: [u8; 16] = [3; 16];
const RIGHT: Verdict = Verdict::Right { rehash: false };

fn phc(password: &str) -> String {
    Argon::new(CHEAP).hash(password.as_bytes(), &SALT).unwrap()
}

fn check(password: &str, phc: &str) -> Verdict {
    Argon::new(CHEAP).verify(password.as_bytes(), Some(phc))
}

#[tokio::test]
async fn a_password_is_right_for_its_own_hash_and_no_other() {
    let passwords = Passwords::new(CHEAP, 1, 4);
    let entropy = Seeded::new(1);
    let first = passwords.hash("correct horse battery".into(), &entropy).await.unwrap();
    let second = passwords.hash("correct horse battery".into(), &entropy).await.unwrap();

    assert_ne!(first.expose(), second.expose());
    assert_eq!(passwords.verify("correct horse battery".into(), Some(&first)).await, Ok(RIGHT));
    assert_eq!(passwords.verify("correct horse battery".into(), Some(&second)).await, Ok(RIGHT));
    assert_eq!(passwords.verify("correct horse batterz".into(), Some(&first)).await, Ok(Verdict::Wrong));
    assert_eq!(passwords.verify("".into(), Some(&first)).await, Ok(Verdict::Wrong));
    assert_eq!(passwords.verify("correct horse battery".into(), None).await, Ok(Verdict::Wrong));
}

#[test]
fn a_stored_hash_is_argon2id_with_its_cost() {
    let cost = Cost { memory_kib: 64, iterations: 3, parallelism: 2 };
    let text = Argon::new(cost).hash(b"password", &SALT).unwrap();
    assert!(text.starts_with("$argon2id$v=19$m=64,t=3,p=2$"), "{text}");
    assert_eq!(Argon::new(cost).verify(b"password", Some(&text)), RIGHT);
}

#[test]
fn the_reference_implementations_hash_is_understood() {
    let reference = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert_eq!(check("password", reference), Verdict::Right { rehash: true });
    assert_eq!(check("Password", reference), Verdict::Wrong);
}

#[test]
fn a_hash_of_another_cost_is_right_and_asks_to_be_renewed() {
    for other in [Cost { memory_kib: 16, ..CHEAP }, Cost { iterations: 2, ..CHEAP }, Cost { memory_kib: 16, iterations: 1, parallelism: 2 }]
    {
        let text = Argon::new(other).hash(b"password", &SALT).unwrap();
        assert_eq!(check("password", &text), Verdict::Right { rehash: true }, "{text}");
        assert_eq!(check("wrong", &text), Verdict::Wrong);
    }
}

#[test]
fn f10_long_passwords_are_never_cut() {
    for length in [64, 72, 73, 128, 129, 1024] {
        let password = "p".repeat(length);
        let text = phc(&password);
        assert_eq!(check(&password, &text), RIGHT, "{length}");
        let other_end = format!("{}q", &password[..length - 1]);
        assert_eq!(check(&other_end, &text), Verdict::Wrong, "{length}");
        assert_eq!(check(&password[..length - 1], &text), Verdict::Wrong, "{length}");
    }
}

#[test]
fn f10_a_nul_and_every_other_byte_counts() {
    let text = phc("twelve\0characters");
    assert_eq!(check("twelve\0characters", &text), RIGHT);
    assert_eq!(check("twelve\0CHARACTERS", &text), Verdict::Wrong);
    assert_eq!(check("twelve", &text), Verdict::Wrong);
    assert_eq!(check("twelve\0characters ", &text), Verdict::Wrong);
    assert_eq!(check(" twelve\0characters", &text), Verdict::Wrong);
    let composed = phc("Gänseblümchen!");
    assert_eq!(check("Ga\u{308}nseblu\u{308}mchen!", &composed), Verdict::Wrong);
}

#[test]
fn f10_a_password_beyond_the_cap_is_wrong_even_if_it_is_the_right_one() {
    let long = "p".repeat(1025);
    assert_eq!(check(&long, &phc(&long)), Verdict::Wrong);
    assert_eq!(check(&"p".repeat(1 << 20), &phc("p")), Verdict::Wrong);
}

#[test]
fn o08_malformed_hashes_are_wrong_and_nothing_worse() {
    let good = phc("password");
    let output = good.rsplit('$').next().unwrap();
    let with = |params: &str| format!("$argon2id$v=19${params}$AwMDAwMDAwMDAwMDAwMDAw${output}");
    let mut cases: Vec<String> = [
        "",
        "$",
        "$$$$$",
        "password",
        "$argon2id",
        "$argon2id$v=19",
        "$argon2id$v=19$m=8,t=1,p=1",
        "$argon2id$v=19$m=8,t=1,p=1$AwMDAwMDAwMDAwMDAwMDAw",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$2b$99$x",
        "$scrypt$ln=99,r=8,p=1$AAAA$AAAA",
        "🦀🦀🦀🦀🦀🦀🦀🦀",
        "$argon2id$v=19$m=8,t=1,p=1$AwMDAwMDAwMDAwMDAwMDAw$AAAA",
    ]
    .map(String::from)
    .to_vec();
    cases.extend(
        [
            "m=4294967295,t=1,p=1",
            "m=8,t=4294967295,p=1",
            "m=262145,t=1,p=1",
            "m=8,t=17,p=1",
            "m=136,t=1,p=17",
            "m=0,t=0,p=0",
            "m=-1,t=1,p=1",
            "m=8",
            "x=1",
            "m=99999999999999999999,t=1,p=1",
        ]
        .map(with),
    );
    cases.push(good.replace("v=19", "v=99"));
    cases.push(good.replace("argon2id", "argon2x"));
    cases.push(good.repeat(100));
    for stored in cases {
        assert_eq!(check("password", &stored), Verdict::Wrong, "{stored}");
    }
}

#[test]
fn without_a_hash_as_much_memory_is_filled_as_with_one() {
    let mut argon = Argon::new(Cost { memory_kib: 64, iterations: 1, parallelism: 1 });
    assert_eq!(argon.memory_kib(), 0);
    assert_eq!(argon.verify(b"password", None), Verdict::Wrong);
    assert_eq!(argon.memory_kib(), 64);
}

#[test]
fn an_expensive_hash_leaves_no_memory_behind() {
    let text = Argon::new(Cost { memory_kib: 1024, iterations: 1, parallelism: 1 }).hash(b"password", &SALT).unwrap();
    let mut argon = Argon::new(CHEAP);
    assert_eq!(argon.verify(b"password", Some(&text)), Verdict::Right { rehash: true });
    assert_eq!(argon.memory_kib(), 8);
}

#[test]
fn memory_that_was_used_before_does_not_change_a_hash() {
    let mut argon = Argon::new(CHEAP);
    let first = argon.hash(b"password", &SALT).unwrap();
    argon.hash(b"something else", &SALT).unwrap();
    assert_eq!(argon.hash(b"password", &SALT).unwrap(), first);
    assert_eq!(first, phc("password"));
}

#[test]
fn a_cost_outside_the_range_is_brought_to_its_edge() {
    for cost in [Cost { memory_kib: 0, iterations: 0, parallelism: 0 }, Cost { memory_kib: 1, iterations: 1, parallelism: 4 }] {
        let text = Argon::new(cost).hash(b"password", &SALT).unwrap();
        assert_eq!(Argon::new(cost).verify(b"password", Some(&text)), RIGHT, "{text}");
    }
}

#[test]
fn the_usual_cost_is_the_recommended_one() {
    assert_eq!(Cost::default(), Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 });
}
