//! The rules themselves: floors, rooms of packages, and what each room never does.
use super::source::{Path, Token, functions, paths, tokens};

const FILE_LINES: usize = 500;
const FUNCTION_LINES: usize = 60;

/// Every room with its floor.
const FLOORS: &[(&str, u8)] = &[
    ("world", 0),
    ("config", 1),
    ("model", 1),
    ("policy", 2),
    ("protocol", 2),
    ("credentials", 3),
    ("keys", 3),
    ("mail", 3),
    ("pages", 3),
    ("pictures", 3),
    ("store", 3),
    ("upstream", 3),
    ("app", 4),
    ("service", 5),
    ("web", 6),
    ("cli", 9),
    ("demo", 8),
    ("server", 7),
];

/// Every package with its rooms; `*` is the whole house.
const PACKAGES: &[(&str, &[&str])] = &[
    ("argon2", &["credentials"]),
    ("axum", &["web", "server", "demo"]),
    ("base64", &["*"]),
    ("clap", &["cli"]),
    ("csv", &["service"]),
    ("getrandom", &["world"]),
    ("http", &["*"]),
    ("hyper", &["server"]),
    ("hyper_util", &["server"]),
    ("image", &["pictures"]),
    ("ipnet", &["config", "web", "server", "upstream"]),
    ("josekit", &["keys"]),
    ("lettre", &["mail"]),
    ("minijinja", &["pages"]),
    ("oauth2", &["upstream"]),
    ("openidconnect", &["upstream"]),
    ("openssl", &["keys"]),
    ("qrcodegen", &["credentials"]),
    ("reqwest", &["upstream"]),
    ("ring", &["keys", "upstream"]),
    ("rust_embed", &["pages"]),
    ("rustls", &["server", "upstream"]),
    ("rustls_pki_types", &["server"]),
    ("serde", &["*"]),
    ("serde_json", &["*"]),
    ("sha2", &["world"]),
    ("sqlx", &["store"]),
    ("subtle", &["world"]),
    ("thiserror", &["*"]),
    ("time", &["*"]),
    ("tokio", &["server", "service", "store", "app", "mail", "upstream", "credentials", "pictures", "web", "demo", "cli"]),
    ("tokio_rustls", &["server"]),
    ("toml", &["config", "pages"]),
    ("totp_rs", &["credentials"]),
    ("tower", &["web", "server"]),
    ("tower_http", &["web"]),
    ("tracing", &["*"]),
    ("tracing_subscriber", &["server", "cli"]),
    ("url", &["*"]),
    ("webauthn_rs", &["credentials"]),
    ("zeroize", &["*"]),
];

/// What a pure room must be handed instead of asking for it.
const WORLDLY: [&str; 6] = ["Clock", "SystemClock", "TestClock", "Entropy", "Os", "Seeded"];

/// Every breach of a rule in one file, as `file:line: what`.
pub fn faults_of(file: &str, source: &str) -> Vec<String> {
    let mut tokens = tokens(source);
    if is_for_tests(file) {
        tokens.iter_mut().for_each(|token| token.in_test = true);
    }
    let mut faults = lengths(source, &tokens);
    if !source.starts_with("//!") {
        faults.push((1, "the file does not say what it owns (//!)".to_owned()));
    }
    if file.starts_with("src/") {
        faults.extend(rooms(file, &tokens));
    } else {
        let sleeps = |t: &&Token| t.text == "sleep";
        faults.extend(tokens.iter().filter(sleeps).map(|t| (t.line, "tests never sleep".to_owned())));
    }
    faults.into_iter().map(|(line, what)| format!("{file}:{line}: {what}")).collect()
}

/// Files that are declared under `#[cfg(test)]`, known by their names.
fn is_for_tests(file: &str) -> bool {
    ["/tests.rs", "/testing.rs", "/stand_in.rs"].iter().any(|name| file.ends_with(name))
        || file.starts_with("src/") && file.contains("/tests/")
}

/// The dependencies of the manifest that have no line in [`PACKAGES`].
pub fn packages_without_room(manifest: &str) -> Vec<String> {
    let section = manifest.split("\n[").find(|s| s.trim_start_matches('[').starts_with("dependencies]")).unwrap_or_default();
    let names = section.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name.trim().replace('-', "_"));
    names.filter(|name| !name.starts_with('#') && !PACKAGES.iter().any(|(known, _)| known == name)).collect()
}

fn lengths(source: &str, tokens: &[Token]) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    let lines = source.lines().count();
    if lines > FILE_LINES {
        faults.push((lines, format!("the file has {lines} lines; {FILE_LINES} are allowed")));
    }
    for function in functions(tokens).into_iter().filter(|f| f.lines > FUNCTION_LINES) {
        let what = format!("the function {} has {} lines; {FUNCTION_LINES} are allowed", function.name, function.lines);
        faults.push((function.line, what));
    }
    faults
}

fn floor(room: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// The room of a file and how many modules deep the file lies.
fn place(file: &str) -> (String, usize) {
    let inner = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    let depth = if inner == "lib" || inner == "main" { 0 } else { inner.split('/').count() };
    (inner.split('/').next().unwrap_or_default().to_owned(), depth)
}

fn rooms(file: &str, tokens: &[Token]) -> Vec<(usize, String)> {
    let (room, depth) = place(file);
    let mut faults = Vec::new();
    if depth > 0 && floor(&room).is_none() {
        return vec![(1, format!("{room} is no room of the house"))];
    }
    for path in paths(tokens) {
        let segments = from_root(&path, depth);
        let found = match segments.first().map(String::as_str) {
            Some("crate") => import(&room, &segments, &path).or_else(|| conduct(&room, &segments, &path)),
            Some("tenantry") if room == "main" => main_import(&segments),
            _ => package(&room, &segments, &path).or_else(|| conduct(&room, &segments, &path)),
        };
        faults.extend(found.map(|what| (path.line, what)));
    }
    faults.extend(spelled(&room, tokens));
    faults
}

/// The path with `super` resolved to `crate` where it leaves the room.
fn from_root(path: &Path, depth: usize) -> Vec<String> {
    let ups = path.segments.iter().take_while(|s| *s == "super").count();
    if ups > 0 && ups >= depth + path.inline {
        let mut segments = vec!["crate".to_owned()];
        segments.extend_from_slice(&path.segments[ups..]);
        return segments;
    }
    path.segments.clone()
}

fn import(room: &str, segments: &[String], path: &Path) -> Option<String> {
    let other = segments.get(1)?;
    if other == room || path.is_macro && floor(other).is_none() || other == "self" {
        return None;
    }
    let Some(theirs) = floor(other) else { return Some(format!("{other} is no room of the house")) };
    let ours = floor(room)?;
    (theirs >= ours).then(|| format!("{room} (floor {ours}) imports {other} (floor {theirs})"))
}

fn main_import(segments: &[String]) -> Option<String> {
    let other = segments.get(1)?;
    (other != "cli").then(|| format!("main.rs imports {other} instead of cli"))
}

fn package(room: &str, segments: &[String], path: &Path) -> Option<String> {
    let name = segments.first()?;
    if segments.len() < 2 && !path.imported {
        return None;
    }
    let (_, rooms) = PACKAGES.iter().find(|(known, _)| known == name)?;
    (!rooms.contains(&"*") && !rooms.contains(&room)).then(|| format!("{room} may not use the package {name}"))
}

/// What a room never does although its floor would let it.
fn conduct(room: &str, segments: &[String], path: &Path) -> Option<String> {
    let names: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let (true, false, ["crate", "world", .., last]) = (is_pure(room), path.in_test, names.as_slice())
        && WORLDLY.contains(last)
    {
        return Some(format!("{room} is pure: no {last}"));
    }
    match names.as_slice() {
        ["std", "env", ..] if !path.in_test && !path.is_macro && !matches!(room, "config" | "cli" | "main") => {
            Some("only config and cli read the environment".to_owned())
        }
        ["crate", "policy", "permission", ..] if room == "store" => Some("store decides nothing about permission".to_owned()),
        [.., "StatusCode"] if room == "service" && path.imported => Some("service knows no status code".to_owned()),
        _ => None,
    }
}

fn is_pure(room: &str) -> bool {
    matches!(room, "protocol" | "policy")
}

/// Faults that one word shows.
fn spelled(room: &str, tokens: &[Token]) -> Vec<(usize, String)> {
    let mut faults = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1).map_or("", |t| t.text.as_str());
        let before = if at > 0 { tokens[at - 1].text.as_str() } else { "" };
        match token.text.as_str() {
            "async" if is_pure(room) => faults.push((token.line, format!("{room} is pure: no async"))),
            "println" | "print" | "eprintln" | "eprint" | "dbg" if next == "!" && !matches!(room, "cli" | "demo" | "main") => {
                faults.push((token.line, "only cli and demo print".to_owned()));
            }
            "allow" if before == "[" && next == "(" => faults.push((token.line, "expect with a reason instead of allow".to_owned())),
            _ => {}
        }
    }
    faults
}
