//! What `docs` names exists: the tests in the table of specifications, the files behind links, the members of a
//! registration; in the guides for people the pages, the words on them, and the pictures.
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use tenantry::model::ClientMetadata;
use tenantry::protocol::error::ErrorCode;

use crate::harness::net;
use crate::harness::pictures;
use crate::harness::tenantry::Tenantry;

/// Tests that a macro makes from the functions in these folders, one for each plan of the conformance suite.
const MADE_BY_MACRO: [&str; 2] = ["tests/it/conformance/modules/", "tests/it/conformance/fapi2/modules/"];

/// The guides for those who use the pages. In them bold words stand on the pages, and addresses are code.
const GUIDES: [&str; 4] = ["people", "admins", "operators", "journeys"];

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

/// The name and the text of every guide.
fn guides() -> Vec<(&'static str, String)> {
    GUIDES.into_iter().map(|name| (name, fs::read_to_string(root().join(format!("docs/{name}.md"))).unwrap())).collect()
}

/// What stands between a sign and the next one, outside blocks of code.
fn between<'a>(page: &'a str, sign: &str) -> Vec<&'a str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|part| part.split(sign).skip(1).step_by(2)).collect()
}

/// Every text of a catalogue.
fn texts(table: &toml::Table, out: &mut BTreeSet<String>) {
    for value in table.values() {
        match value {
            toml::Value::Table(inner) => texts(inner, out),
            toml::Value::String(text) => {
                out.insert(text.clone());
            }
            _ => {}
        }
    }
}

/// `People › Add a person` is two texts.
#[test]
fn every_bold_word_of_the_guides_stands_on_a_page() {
    let catalogue = fs::read_to_string(root().join("templates/text/en.toml")).unwrap();
    let mut known = BTreeSet::new();
    texts(&catalogue.parse().unwrap(), &mut known);
    let mut bold = 0;
    let mut unknown = Vec::new();
    for (guide, page) in guides() {
        for word in between(&page, "**").into_iter().flat_map(|words| words.split('›')) {
            let word = word.split_whitespace().collect::<Vec<_>>().join(" ");
            bold += 1;
            if word != "bold" && !known.contains(&word) {
                unknown.push(format!("{guide}: {word}"));
            }
        }
    }

    assert!(bold > 100, "{bold}");
    assert_eq!(unknown, Vec::<String>::new());
}

/// `…` in an address stands for whatever a route takes there.
#[test]
fn every_address_in_the_guides_is_a_route() {
    let table = fs::read_to_string(root().join("tests/it/rights/table.txt")).unwrap();
    let route = |line: &str| line.strip_prefix("GET ").map(|rest| rest.split_whitespace().next().unwrap().to_owned());
    let shape = |path: &str| path.split('/').map(|part| if part.starts_with('{') { "…" } else { part }).collect::<Vec<_>>().join("/");
    let routes: BTreeSet<String> = table.lines().filter_map(route).map(|path| shape(&path)).collect();
    let mut seen = 0;
    let mut gone = Vec::new();
    for (guide, page) in guides() {
        for address in between(&page, "`").into_iter().filter(|code| code.starts_with('/')) {
            seen += 1;
            if !routes.contains(address) {
                gone.push(format!("{guide}: {address}"));
            }
        }
    }

    assert!(routes.len() > 100 && seen > 4, "{} routes, {seen} addresses", routes.len());
    assert_eq!(gone, Vec::<String>::new());
}

/// Width and height of a PNG (its IHDR).
fn dimensions(png: &[u8]) -> (u32, u32) {
    assert!(png.starts_with(b"\x89PNG\r\n"));
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[test]
fn every_picture_of_the_guides_is_made_by_a_journey_shown_and_small() {
    let mut pages_of_docs = vec![root().join("README.md")];
    pages(&root().join("docs"), &mut pages_of_docs);
    let prose: String = pages_of_docs.iter().map(|page| fs::read_to_string(page).unwrap()).collect();
    let sources = fs::read_dir(root().join("tests/it/journeys")).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let journeys: String = sources.collect();
    let listed: BTreeSet<String> = pictures::all().iter().map(|picture| picture.file.to_owned()).collect();
    let there = fs::read_dir(pictures::folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<String> = there.filter(|name| name.ends_with(".png")).collect();
    let mut total = 0;
    for picture in pictures::all() {
        let png = fs::read(pictures::folder().join(picture.file)).unwrap_or_else(|_| panic!("{} is not there", picture.file));
        total += png.len();
        let (width, height) = dimensions(&png);
        assert!(width <= 1000 && height <= 1100 && png.len() < 90_000, "{}: {width} × {height}, {} bytes", picture.file, png.len());
        assert!(prose.contains(&format!("screenshots/{})", picture.file)), "no page shows {}", picture.file);
        for word in [picture.journey, picture.look] {
            assert!(journeys.contains(&format!("\"{word}\"")), "no journey says {word}, for {}", picture.file);
        }
    }

    assert_eq!(there, listed);
    assert!(total < 700_000, "{total} bytes of pictures");
}
