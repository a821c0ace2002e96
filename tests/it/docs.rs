//! What `docs/developers` names exists: the tests in the table of specifications, the files behind links, the members of a
//! registration.
use std::fs;
use std::path::{Path, PathBuf};

use tenantry::model::ClientMetadata;
use tenantry::protocol::error::ErrorCode;

use crate::harness::net;
use crate::harness::tenantry::Tenantry;

/// Tests that a macro makes from the functions in these folders, one for each plan of the conformance suite.
const MADE_BY_MACRO: [&str; 2] = ["tests/it/conformance/modules/", "tests/it/conformance/fapi2/modules/"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, out);
        } else if path.extension().is_some_and(|e| e == "md") {
            out.push(path);
        }
    }
}

/// The text and the target of every link in a page.
fn links(page: &str) -> Vec<(&str, &str)> {
    let cut = |start: usize| {
        let text = page[..start].rfind('[').map_or("", |from| &page[from + 1..start]);
        let target = page[start + 2..].split(')').next().unwrap();
        (text, target)
    };
    page.match_indices("](").map(|(start, _)| cut(start)).collect()
}

/// Does the file hold a test of this name?
fn holds(file: &str, name: &str) -> bool {
    let Ok(source) = fs::read_to_string(root().join(file)) else { return false };
    let Some(start) = source.find(&format!("fn {name}(")) else { return false };
    let before = source[..start].trim_end().trim_end_matches("async").trim_end().trim_end_matches("pub").trim_end();
    let made = MADE_BY_MACRO.iter().any(|folder| file.starts_with(folder));
    made || before.lines().rev().take_while(|l| l.trim_start().starts_with("#[")).any(|l| l.contains("test"))
}

#[test]
fn every_test_in_the_table_of_specifications_exists() {
    let page = fs::read_to_string(root().join("docs/developers/specifications.md")).unwrap();
    let named: Vec<_> = links(&page).into_iter().filter_map(|(text, to)| Some((text.strip_prefix('`')?.strip_suffix('`')?, to))).collect();
    let gone = |(name, to): &&(&str, &str)| !holds(to.trim_start_matches("../"), name);

    assert!(named.len() > 100, "the table names {} tests", named.len());
    assert_eq!(named.iter().filter(gone).collect::<Vec<_>>(), Vec::<&(&str, &str)>::new());
}

#[test]
fn a_test_that_is_gone_and_a_function_that_is_none_are_found() {
    assert!(holds("tests/it/docs.rs", "every_test_in_the_table_of_specifications_exists"));
    assert!(!holds("tests/it/docs.rs", "nobody_wrote_this_test"));
    assert!(!holds("tests/it/docs.rs", "links"));
    assert!(!holds("tests/it/nowhere.rs", "links"));
}

#[test]
fn every_link_of_the_pages_leads_to_a_file() {
    let mut files = vec![root().join("README.md")];
    pages(&root().join("docs"), &mut files);
    let mut dead = Vec::new();
    for file in &files {
        let page = fs::read_to_string(file).unwrap();
        let local = links(&page).into_iter().map(|(_, to)| to).filter(|to| !to.contains("://") && !to.starts_with('#'));
        let targets = local.map(|to| file.parent().unwrap().join(to.split('#').next().unwrap()));
        dead.extend(targets.filter(|target| !target.exists()).map(|target| format!("{}: {}", file.display(), target.display())));
    }

    assert!(files.len() > 10);
    assert_eq!(dead, Vec::<String>::new());
}

#[test]
fn every_member_of_a_registration_is_explained() {
    let page = fs::read_to_string(root().join("docs/developers/clients.md")).unwrap();
    let metadata = serde_json::to_value(ClientMetadata::default()).unwrap();
    let members = metadata.as_object().unwrap().keys();
    let unexplained: Vec<_> = members.filter(|name| !page.contains(&format!("`{name}`"))).collect();

    assert_eq!(unexplained, Vec::<&String>::new());
}

#[test]
fn every_error_is_explained_and_no_other() {
    let page = fs::read_to_string(root().join("docs/developers/errors.md")).unwrap();
    // What stands in code in the first cell of each row; `error` is the head of the tables.
    let cells = page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split(" | ").next());
    let named: Vec<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|name| *name != "error").collect();
    let unexplained: Vec<_> = ErrorCode::ALL.iter().filter(|code| !named.contains(&code.as_str())).collect();
    let unknown: Vec<_> = named.iter().filter(|name| !ErrorCode::ALL.iter().any(|code| code.as_str() == **name)).collect();

    assert_eq!(unexplained, Vec::<&ErrorCode>::new());
    assert_eq!(unknown, Vec::<&&str>::new());
}

/// The metadata on the page of endpoints is that of now: the same members, and lists with the same values.
#[tokio::test]
async fn the_metadata_on_the_page_of_endpoints_is_what_is_published() {
    let t = Tenantry::start().await;
    let page = fs::read_to_string(root().join("docs/developers/endpoints.md")).unwrap();
    let shown = page.split("<!-- captured: metadata -->").nth(1).unwrap().split("\n\n{").nth(1).unwrap();
    let shown: serde_json::Value = serde_json::from_str(&format!("{{{}", shown.split("```").next().unwrap())).unwrap();
    let published = net::client().get(t.url("/.well-known/openid-configuration")).send().await.unwrap();
    let published = published.text().await.unwrap().replace(&t.origin, "http://localhost:8080");

    assert_eq!(shown, serde_json::from_str::<serde_json::Value>(&published).unwrap());
}
