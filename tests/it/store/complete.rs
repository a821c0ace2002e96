//! No function of the store stays untested: its name must occur in this suite.
use std::fs;
use std::path::Path;

#[test]
fn every_function_of_the_store_is_called_by_the_suite() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite = texts(&root.join("tests/it/store"));
    let mut names: Vec<String> = Vec::new();
    for line in texts(&root.join("src/store")).lines() {
        if let Some(rest) = line.trim_start().strip_prefix("pub async fn ") {
            names.push(rest.split(['(', '<']).next().unwrap().to_owned());
        }
    }

    let missing: Vec<&String> = names.iter().filter(|name| !called(&suite, name)).collect();

    assert!(names.len() > 100, "only {} functions were found", names.len());
    assert!(missing.is_empty(), "these are never called: {missing:?}");
}

fn texts(directory: &Path) -> String {
    let mut all = String::new();
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    for file in entries.filter(|path| path.is_file()) {
        all.push_str(&fs::read_to_string(file).unwrap());
    }
    all
}

fn called(suite: &str, name: &str) -> bool {
    suite.contains(&format!(".{name}(")) || suite.contains(&format!("Store::{name}("))
}
