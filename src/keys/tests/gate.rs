//! D14, the gate: nothing in the house compares a secret with `==`.
use std::path::Path;

/// Every `.rs` file below a folder with its text.
fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// Does this line compare something secret by other means than `world::same`?
fn suspicious(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    let names = |operand: &str| [".expose()", ".clear()", ".digest()", "Digest::of", ".mac("].iter().any(|name| operand.contains(name));
    let compared = [" == ", " != "].iter().any(|operator| {
        let sides = code.split(operator).collect::<Vec<_>>();
        sides.windows(2).any(|pair| {
            let left = pair[0].split_whitespace().next_back().unwrap_or_default();
            let right = pair[1].split_whitespace().next().unwrap_or_default();
            names(left) || names(right)
        })
    });
    let called = code.contains(".expose().eq(") || code.contains(".clear().eq(");
    compared || called || code.contains("verify_slices_are_equal") || code.contains("memcmp")
}

#[test]
fn d14_secrets_are_compared_through_one_door() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 50, "the gate reads the house");
    let lines = found.iter().flat_map(|(file, text)| {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        code.lines().filter(|line| suspicious(line)).map(move |line| format!("{file}: {}", line.trim()))
    });
    assert_eq!(lines.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn d14_the_gate_knows_a_secret_when_it_sees_one() {
    assert!(suspicious("if stored.expose() == given {"));
    assert!(suspicious("token.digest() != row.digest"));
    assert!(suspicious("row.digest == Digest::of::<Code>(given)"));
    assert!(!suspicious("decode(key.expose()).is_ok_and(|bytes| bytes.len() == 32)"));
    assert!(!suspicious("if same(stored.expose(), given) == wanted {"));
    assert!(!suspicious("// a.expose() == b"));
}

#[test]
fn joses_own_readers_of_times_are_never_used() {
    // security.md finding 1: they panic on huge numbers, and its validator lets missing claims pass.
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    for (file, text) in found {
        for name in ["JwtPayload", "josekit::jwt", "deserialize_json", "JwkSet"] {
            assert!(!text.contains(name), "{file} uses {name}");
        }
        // Clients get what is encrypted for them; nothing from outside is ever decrypted.
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let place = file.ends_with("src/keys/encryption.rs");
        assert!(place || !code.contains("josekit::jwe"), "{file} uses josekit::jwe");
        assert!(!place || !code.contains("deserialize") && !code.contains("decrypter"), "{file} decrypts");
    }
}
