//! Every page and every letter in every state: rendered, inspected, and attacked. Also writes them to `target/pages/`,
//! to be opened in a browser after a change of style.
mod hostile;
mod seen;
mod tag;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::{fs, iter};

use tag::{Tag, tags};
use tenantry::model::Locale;
use tenantry::pages::{Brand, Chrome, Pages, Specimen, asset, brand_css, gallery, letter_gallery};

/// Everything that can stand around a page.
fn chrome(locale: Locale) -> Chrome {
    Chrome {
        brand: Some(Brand {
            tenant_id: "ten_1".to_owned(),
            name: "Northwind Foods GmbH".to_owned(),
            logo: None,
            contact: Some("Questions? +49 30 1234567".to_owned()),
            greeting: Some("Welcome. On 24 December we close at noon.".to_owned()),
        }),
        csrf: "csrf-of-the-test".to_owned(),
        lang_links: Locale::ALL.iter().map(|l| (*l, format!("?lang={l}"))).collect(),
        signed_in: Some("Anna Berg".to_owned()),
        ..Chrome::plain(locale, "Tenantry")
    }
}

/// What stands around a page before anything is known.
fn bare(locale: Locale) -> Chrome {
    Chrome { brand: None, signed_in: None, ..chrome(locale) }
}

/// A page as it was drawn.
struct Drawn {
    what: String,
    html: String,
    tags: Vec<Tag>,
}

/// Every page in all languages, drawn and taken apart once for all tests.
fn all_pages() -> &'static [Drawn] {
    static ALL: OnceLock<Vec<Drawn>> = OnceLock::new();
    ALL.get_or_init(|| {
        let pages = Pages::new();
        let mut out = Vec::new();
        for specimen in gallery() {
            for &locale in Locale::ALL {
                for (look, chrome) in [("", bare(locale)), ("-tenant", chrome(locale))] {
                    out.push(drawn(&pages, &specimen, locale, look, &chrome));
                }
            }
        }
        out
    })
}

fn drawn(pages: &Pages, specimen: &Specimen, locale: Locale, look: &str, chrome: &Chrome) -> Drawn {
    let file = specimen.template.trim_end_matches(".html").replace('/', "-");
    let html = (specimen.draw)(pages, chrome).unwrap_or_else(|e| panic!("{} {}: {e:#}", specimen.template, specimen.name));
    let tags = tags(&html);
    Drawn { what: format!("{file}-{}{look}-{locale}", specimen.name), html, tags }
}

fn templates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")
}

/// All files below a folder, relative to `templates/`.
fn files_below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let each = |path: PathBuf| {
        if path.is_dir() { files_below(&path) } else { vec![path.strip_prefix(templates()).unwrap().to_string_lossy().into_owned()] }
    };
    entries.flat_map(each).collect()
}

/// Fails with every page that does not fulfil a rule.
fn on_every_page(rule: &str, fault: impl Fn(&[Tag], &str) -> Option<String>) {
    let faults: Vec<String> =
        all_pages().iter().filter_map(|page| Some(format!("{}: {}", page.what, fault(&page.tags, &page.html)?))).collect();
    assert!(faults.is_empty(), "{rule}\n{}", faults.join("\n"));
}

#[test]
fn every_page_renders_in_every_language_and_has_one_heading() {
    on_every_page("one h1, one main, a language, a title", |tags, html| {
        let count = |name: &str| tags.iter().filter(|t| t.name == name).count();
        let whole = html.starts_with("<!doctype html>") && count("h1") == 1 && count("main") == 1 && count("title") == 1;
        let language = tags.iter().any(|t| t.name == "html" && t.get("lang").is_some_and(|l| Locale::parse(l).is_some()));
        // Markup in a title would be shown as it is written.
        let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or("<");
        let titled = !title.contains('<') && !title.starts_with(" – ") && !html.contains("<h1></h1>");
        (!(whole && language && titled)).then(|| html.chars().take(300).collect())
    });
}

#[test]
fn headings_leave_out_no_level() {
    on_every_page("h1 before h2 before h3", |tags, _| {
        let levels: Vec<u8> = tags.iter().filter_map(|t| t.name.strip_prefix('h')?.parse().ok()).collect();
        iter::once(&0).chain(&levels).zip(&levels).find(|(a, b)| **b > **a + 1).map(|_| format!("{levels:?}"))
    });
}

#[test]
fn every_form_of_ours_carries_the_csrf_field() {
    on_every_page("method post and csrf, unless the form leaves the house or only searches", |tags, _| {
        let starts: Vec<usize> = (0..tags.len()).filter(|n| tags[*n].name == "form").collect();
        let bad = |at: &&usize| {
            let form = &tags[**at];
            let inside = tags[**at..].iter().take_while(|t| t.name != "/form");
            let csrf = inside.filter(|t| t.get("name") == Some("csrf") && t.get("value") == Some("csrf-of-the-test")).count();
            let ours = form.get("action").is_some_and(|a| a.starts_with('/'));
            let searches = form.get("role") == Some("search") && form.get("method") == Some("get");
            if searches { csrf != 0 || !ours } else { form.get("method") != Some("post") || csrf != usize::from(ours) }
        };
        starts.iter().find(bad).map(|at| format!("{:?}", tags[*at]))
    });
}

#[test]
fn e11_no_page_needs_inline_script_inline_style_or_a_foreign_host() {
    on_every_page("nothing that a strict content security policy stops", |tags, _| {
        let script = |t: &Tag| t.name == "script" && !t.get("src").is_some_and(|s| s.starts_with("/assets/"));
        let inline = |t: &Tag| t.name == "style" || t.attributes.keys().any(|a| a == "style" || a.starts_with("on"));
        let loaded = |t: &Tag| (t.name == "link" || t.name == "img") && !t.get("href").or(t.get("src")).is_some_and(|u| u.starts_with('/'));
        // Front-Channel Logout 1.0: the signed-out page alone frames applications, under a policy of its own.
        let signed_out = tags.iter().any(|t| t.get("data-frames").is_some());
        let told = |t: &Tag| signed_out && (t.name == "iframe" || t.get("id") == Some("logout-continue"));
        let embeds = |t: &Tag| ["iframe", "object", "embed", "base", "meta-refresh"].contains(&t.name.as_str());
        // The way back to an application that must not be entered (people.md S35): its own registered address.
        let back = |t: &Tag| t.get("id") == Some("locked-back");
        let links = |t: &Tag| t.name == "a" && !back(t) && !t.get("href").is_some_and(|u| u.starts_with(['/', '?', '#']));
        tags.iter().filter(|t| !told(t)).find(|t| script(t) || inline(t) || loaded(t) || embeds(t) || links(t)).map(|t| format!("{t:?}"))
    });
}

#[test]
fn every_field_has_a_label_and_every_reference_a_target() {
    on_every_page("labels, unique ids, resolved references", |tags, _| {
        let ids: Vec<&str> = tags.iter().filter_map(|t| t.get("id")).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        let labelled = |t: &&Tag| matches!(t.name.as_str(), "input" | "select" | "textarea") && t.get("type") != Some("hidden");
        let label = |id: Option<&str>| tags.iter().any(|t| t.name == "label" && t.get("for").is_some() && t.get("for") == id);
        let references = ["for", "aria-describedby", "aria-labelledby", "aria-controls", "data-reveal", "data-copy", "data-filter"];
        let pointed = tags.iter().flat_map(|t| references.iter().filter_map(|r| t.get(r))).flat_map(str::split_whitespace);
        let jumps = tags.iter().filter_map(|t| t.get("href")?.strip_prefix('#'));
        let lost = pointed.chain(jumps).filter(|id| !unique.contains(id)).map(|id| format!("no element {id}"));
        let mute = tags.iter().filter(labelled).filter(|t| !label(t.get("id"))).map(|t| format!("no label: {t:?}"));
        let empty = tags.iter().filter(|t| t.get("aria-describedby") == Some("")).map(|t| format!("empty reference: {t:?}"));
        let twice = (ids.len() != unique.len()).then(|| format!("an id twice: {ids:?}"));
        lost.chain(mute).chain(empty).chain(twice).next()
    });
}

#[test]
fn no_list_offers_the_same_twice() {
    on_every_page("one option for each value", |tags, _| {
        let lists = (0..tags.len()).filter(|n| tags[*n].name == "select");
        let inside = |at: usize| tags[at..].iter().take_while(|t| t.name != "/select").filter(|t| t.name == "option");
        let values = |at: usize| inside(at).filter_map(|t| t.get("value"));
        let twice = |at: &usize| values(*at).count() != values(*at).collect::<BTreeSet<_>>().len();
        lists.filter(twice).map(|at| format!("{:?}", tags[at])).next()
    });
}

#[test]
fn the_element_ids_of_the_protocol_are_there() {
    let ids: BTreeSet<&str> = all_pages().iter().flat_map(|page| &page.tags).filter_map(|t| t.get("id")).collect();
    let promised = [
        "identifier",
        "password",
        "login-submit",
        "code",
        "code-submit",
        "tenant-northwind",
        "consent-allow",
        "consent-deny",
        "logout-confirm",
        "error-code",
        "password-repeat",
        "user-code",
        "device-allow",
        "device-deny",
    ];

    for id in promised {
        assert!(ids.contains(id), "{id}");
    }
}

#[test]
fn a_page_is_small() {
    on_every_page("at most 40 KB", |_, html| (html.len() > 40_000).then(|| html.len().to_string()));
    assert!(asset("app.css").unwrap().bytes.len() < 24_000);
    assert!(asset("console.css").unwrap().bytes.len() < 24_000);
    assert!(asset("app.js").unwrap().bytes.len() < 8_000);
}

#[test]
fn all_catalogues_have_the_same_texts_and_each_is_used() {
    let mut shown: BTreeMap<Locale, BTreeSet<String>> = BTreeMap::new();
    let pages = Pages::showing_keys();
    let mut note = |locale: Locale, text: &str| {
        let keys = text.split('⟦').skip(1).filter_map(|part| Some(part.split_once('⟧')?.0.to_owned()));
        shown.entry(locale).or_default().extend(keys);
    };
    for &locale in Locale::ALL {
        for specimen in gallery() {
            note(locale, &(specimen.draw)(&pages, &bare(locale)).unwrap());
            note(locale, &(specimen.draw)(&pages, &chrome(locale)).unwrap());
        }
        for letter in letter_gallery() {
            let letter = (letter.draw)(&pages, locale).unwrap();
            note(locale, &format!("{}{}{}", letter.subject, letter.text, letter.html));
        }
    }
    for (locale, used) in shown {
        let source = fs::read_to_string(templates().join(format!("text/{locale}.toml"))).unwrap();
        let mut written = BTreeSet::new();
        keys("", &source.parse().unwrap(), &mut written);
        assert_eq!(written.difference(&used).collect::<Vec<_>>(), Vec::<&String>::new(), "texts of {locale} that no sample shows");
        assert_eq!(used.difference(&written).collect::<Vec<_>>(), Vec::<&String>::new(), "texts that {locale} lacks");
    }
}

fn keys(prefix: &str, table: &toml::Table, out: &mut BTreeSet<String>) {
    for (name, value) in table {
        match value {
            toml::Value::Table(inner) => keys(&format!("{prefix}{name}."), inner, out),
            _ => {
                out.insert(format!("{prefix}{name}"));
            }
        }
    }
}

/// The text of all files below a folder.
fn sources_below(folder: &Path) -> String {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.map(|path| if path.is_dir() { sources_below(&path) } else { fs::read_to_string(path).unwrap_or_default() }).collect()
}

#[test]
fn every_file_in_templates_is_used() {
    let files: BTreeSet<String> = files_below(&templates()).into_iter().collect();
    let mut used: BTreeSet<String> = gallery().iter().map(|s| s.template.to_owned()).collect();
    used.extend(letter_gallery().iter().flat_map(|l| ["subject", "txt", "html"].map(|kind| format!("letters/{}.{kind}", l.letter))));
    used.extend(Locale::ALL.iter().map(|l| format!("text/{l}.toml")));
    for file in files.iter().filter(|f| [".html", ".txt", ".subject"].iter().any(|e| f.ends_with(e))) {
        let source = fs::read_to_string(templates().join(file)).unwrap();
        let quoted: Vec<&str> = source.split('"').collect();
        used.extend(quoted.iter().flat_map(|q| [(*q).to_owned(), format!("assets/{q}")]).filter(|f| files.contains(f)));
    }
    let demo = sources_below(&templates().join("../src/demo"));
    let in_demo = |f: &&String| f.starts_with("demo/") || f.starts_with("assets/logo/") && demo.contains(f.rsplit('/').next().unwrap());
    let idle: Vec<&String> = files.difference(&used).filter(|f| !in_demo(f) && !f.ends_with(".md")).collect();

    assert!(idle.is_empty(), "{idle:?}");
}

#[test]
fn all_pages_lie_in_target_to_be_looked_at() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pages");
    fs::create_dir_all(folder.join("brand")).unwrap();
    fs::write(folder.join("brand/ten_1.css"), brand_css("#0b7a5b")).unwrap();
    let (mut names, mut assets) = (Vec::new(), BTreeSet::new());
    for Drawn { what, html, tags } in all_pages() {
        assets.extend(tags.iter().filter_map(|t| t.get("href").or(t.get("src"))?.strip_prefix("/assets/")));
        fs::write(folder.join(format!("{what}.html")), html.replace("\"/assets/", "\"assets/").replace("\"/brand/", "\"brand/")).unwrap();
        names.push(what.clone());
    }
    for url in assets {
        let path = folder.join("assets").join(url);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, asset(url).unwrap().bytes).unwrap();
    }
    let pages = Pages::new();
    for letter in letter_gallery() {
        for &locale in Locale::ALL {
            let what = format!("letter-{}-{}-{locale}", letter.letter, letter.name);
            let drawn = (letter.draw)(&pages, locale).unwrap();
            fs::write(folder.join(format!("{what}.html")), drawn.html).unwrap();
            fs::write(folder.join(format!("{what}.txt")), format!("{}\n\n{}", drawn.subject, drawn.text)).unwrap();
            names.push(what);
        }
    }
    let list: String = names.iter().map(|n| format!("<li><a href=\"{n}.html\">{n}</a>\n")).collect();
    fs::write(folder.join("index.html"), format!("<!doctype html><title>Pages</title><ul>{list}</ul>")).unwrap();

    assert!(folder.join("signin-login-plain-en.html").exists() && folder.join("signin-login-plain-de.html").exists());
}
