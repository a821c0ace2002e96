//! The house keeps its floors (house.md 1 and 2): who may import whom, which package lives in which room, how long
//! a file and a function may be. rustc does not forbid cycles inside a crate; this does.
mod rules;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use rules::{faults_of, packages_without_room};

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("node_modules") {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn all_faults(folder: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&root.join(folder), &mut files);
    assert!(!files.is_empty(), "{folder} holds Rust files");
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        faults_of(&name, &fs::read_to_string(path).unwrap())
    };
    files.iter().flat_map(read).collect()
}

#[test]
fn every_file_keeps_to_its_floor() {
    let faults = all_faults("src");

    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn the_tests_are_short_and_never_sleep() {
    let faults = all_faults("tests");

    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_package_has_a_room() {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();

    assert_eq!(packages_without_room(&manifest), Vec::<String>::new());
}

/// The faults that the checker finds in one planted file, without their place.
fn planted(file: &str, source: &str) -> Vec<String> {
    let source = format!("//! A planted file.\n{source}");
    faults_of(file, &source).iter().map(|fault| fault.split_once(": ").unwrap().1.to_owned()).collect()
}

#[test]
fn an_import_from_a_higher_floor_is_found() {
    let fault = ["store (floor 3) imports service (floor 5)"];

    assert_eq!(planted("src/store/x.rs", "use crate::service::token;"), fault);
    assert_eq!(planted("src/store/x.rs", "use crate::{model::Person, service::{a, b}};").len(), 2);
    assert_eq!(planted("src/store/x.rs", "fn f() { crate::service::go() }"), fault);
    assert_eq!(planted("src/store/mod.rs", "use super::service::go;"), fault);
    assert_eq!(planted("src/store/x.rs", "mod inner { use super::super::super::service::go; }"), fault);
    assert_eq!(planted("src/store/x.rs", "#[cfg(test)]\nmod tests { use crate::service::go; }"), fault);
}

#[test]
fn an_import_from_the_same_floor_is_found() {
    assert_eq!(planted("src/mail/mod.rs", "use crate::pages::Page;"), ["mail (floor 3) imports pages (floor 3)"]);
    assert_eq!(planted("src/policy/a.rs", "use crate::protocol::scope;"), ["policy (floor 2) imports protocol (floor 2)"]);
}

#[test]
fn imports_from_below_and_from_the_own_room_are_fine() {
    let source = "use super::{Result, on};\nuse crate::store::Read;\nuse crate::model::*;\nuse crate::world::{Digest, Timestamp};
        use sqlx::query;\npub(crate) use on;\nmod inner { use super::super::Read; use super::local; }";

    assert_eq!(planted("src/store/x.rs", source), Vec::<String>::new());
}

#[test]
fn what_stands_in_comments_and_strings_is_not_code() {
    let source = r##"// use crate::service::a;
        /* crate::web::b() /* nested */ sqlx::query */
        const A: &str = "use crate::web::c; \" println!"; const B: &str = r#"crate::"service"::d"#; const C: char = '"'; const D: &[u8] = b"sqlx::x";
        fn f<'a>(x: &'a str) -> &'a str { x }"##;

    assert_eq!(planted("src/model/x.rs", source), Vec::<String>::new());
}

#[test]
fn a_package_outside_its_room_is_found() {
    let fault = ["web may not use the package sqlx"];

    assert_eq!(planted("src/web/x.rs", "use sqlx::query;"), fault);
    assert_eq!(planted("src/web/x.rs", "#[derive(sqlx::FromRow)] struct A;"), fault);
    assert_eq!(planted("src/web/x.rs", "fn f() { ::sqlx::query() }"), fault);
    assert_eq!(planted("src/protocol/x.rs", "use tokio::spawn;"), ["protocol may not use the package tokio"]);
    assert_eq!(planted("src/service/x.rs", "use crate::keys::{ring::Ring, seal};"), Vec::<String>::new());
}

#[test]
fn a_pure_room_may_not_wait_nor_ask_the_clock() {
    assert_eq!(planted("src/protocol/x.rs", "pub async fn f() {}"), ["protocol is pure: no async"]);
    assert_eq!(planted("src/policy/x.rs", "use crate::world::Clock;"), ["policy is pure: no Clock"]);
    assert_eq!(planted("src/protocol/x.rs", "fn f(e: &dyn crate::world::Entropy) {}"), ["protocol is pure: no Entropy"]);
    assert_eq!(planted("src/protocol/x.rs", "#[cfg(test)]\nmod tests { use crate::world::Seeded; }"), Vec::<String>::new());
}

#[test]
fn the_environment_is_read_at_the_start_only() {
    assert_eq!(planted("src/service/x.rs", "fn f() { std::env::var(A); }"), ["only config and cli read the environment"]);
    assert_eq!(planted("src/service/x.rs", "use std::{env, fs};"), ["only config and cli read the environment"]);
    assert_eq!(planted("src/config/x.rs", "use std::env;"), Vec::<String>::new());
    assert_eq!(planted("src/mail/tests.rs", "use std::env;"), Vec::<String>::new());
}

#[test]
fn printing_is_for_the_command_line() {
    assert_eq!(planted("src/web/x.rs", "fn f() { println!(A); }"), ["only cli and demo print"]);
    assert_eq!(planted("src/cli/x.rs", "fn f() { println!(A); }"), Vec::<String>::new());
}

#[test]
fn decisions_stay_in_their_rooms() {
    assert_eq!(planted("src/store/x.rs", "use crate::policy::permission::may;"), ["store decides nothing about permission"]);
    assert_eq!(planted("src/service/x.rs", "use http::StatusCode;"), ["service knows no status code"]);
    assert_eq!(planted("src/web/x.rs", "#[allow(dead_code)] fn f() {}"), ["expect with a reason instead of allow"]);
}

#[test]
fn what_is_too_long_is_found() {
    let lines = "\n".repeat(60);

    assert_eq!(planted("src/web/x.rs", &format!("fn f() {{ let a = [1; 2];{lines}}}")), ["the function f has 61 lines; 60 are allowed"]);
    assert_eq!(planted("src/web/x.rs", &format!("trait T {{ fn g() -> [u8; 3]; }}{lines}fn f() {{}}")), Vec::<String>::new());
    assert_eq!(planted("src/web/x.rs", &"\n".repeat(500)), ["the file has 501 lines; 500 are allowed"]);
}

#[test]
fn a_file_without_a_header_and_an_unknown_room_are_found() {
    assert_eq!(faults_of("src/web/x.rs", "fn f() {}"), ["src/web/x.rs:1: the file does not say what it owns (//!)"]);
    assert_eq!(planted("src/web/x.rs", "use crate::helpers::x;"), ["helpers is no room of the house"]);
    assert_eq!(planted("src/helpers/x.rs", ""), ["helpers is no room of the house"]);
    assert_eq!(planted("src/main.rs", "fn main() { tenantry::server::go() }"), ["main.rs imports server instead of cli"]);
}

#[test]
fn a_test_that_sleeps_is_found() {
    assert_eq!(planted("tests/it/x.rs", "fn f() { tokio::time::sleep(A); }"), ["tests never sleep"]);
    assert_eq!(planted("tests/it/x.rs", "use std::thread::sleep;"), ["tests never sleep"]);
}

#[test]
fn a_package_without_a_room_is_found() {
    let manifest = "[dependencies]\nsqlx = { version = \"1\" }\nleft-pad = \"1\"\n[dev-dependencies]\nother = \"1\"\n";

    assert_eq!(packages_without_room(manifest), ["left_pad"]);
}
