//! Every route × every kind of actor against `table.txt` beside this file (security.md I11, I23, L08). A route that has
//! no line there fails, and so does an answer that is another than the table's. What was found stands in
//! `target/rights-table.txt`, to be read and taken over by hand.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use http::header::{CONTENT_TYPE, COOKIE, LOCATION};
use http::{Method, StatusCode};
use tenantry::model::MembershipKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use url::Url;

use super::doors::signed_in;
use crate::harness::browser::Browser;
use crate::harness::cookies::Site;
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

/// Constants that stand in the tables of routes instead of their texts.
const NAMES: [(&str, &str); 12] = [
    ("path::TOKEN", "/token"),
    ("path::USERINFO", "/userinfo"),
    ("path::REVOKE", "/revoke"),
    ("path::PAR", "/par"),
    ("path::JWKS", "/jwks"),
    ("path::OPENID_CONFIGURATION", "/.well-known/openid-configuration"),
    ("path::OAUTH_METADATA", "/.well-known/oauth-authorization-server"),
    ("path::INTROSPECT", "/introspect"),
    ("path::DEVICE_AUTHORIZATION", "/device_authorization"),
    ("path::DEVICE", "/device"),
    ("path::REGISTER", "/register"),
    ("CHECK_SESSION", "/session/check"),
];

/// All routes with their verbs, read from the source: the router itself cannot be asked.
fn routes() -> BTreeMap<String, Vec<Method>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out: BTreeMap<String, Vec<Method>> = BTreeMap::new();
    for file in ["src/web/routes.rs", "src/web/oidc/mod.rs"] {
        let source = std::fs::read_to_string(root.join(file)).unwrap();
        for part in source.split(".route(").skip(1) {
            let compact: String = part.split_whitespace().collect();
            let (path, rest) = compact.split_once(',').unwrap();
            let named = || NAMES.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
            let path = match path.strip_prefix('"') {
                Some(text) => text.trim_end_matches('"').to_owned(),
                None => named().unwrap_or_else(|| panic!("{path} has no text in NAMES")),
            };
            let call = call(rest);
            let verbs = [("get(", Method::GET), ("post(", Method::POST), ("put(", Method::PUT), ("delete(", Method::DELETE)];
            let verbs: Vec<Method> = verbs.into_iter().filter(|(word, _)| speaks(call, word)).map(|(_, verb)| verb).collect();
            assert!(!verbs.is_empty(), "{path} has no verb in {call}");
            out.entry(path).or_default().extend(verbs);
        }
    }
    out
}

/// The text up to the parenthesis that ends the call of `route`.
fn call(text: &str) -> &str {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return &text[..at],
            ')' => depth -= 1,
            _ => {}
        }
    }
    text
}

/// Is this function of axum called here: at the beginning, or on what came before?
fn speaks(call: &str, word: &str) -> bool {
    call.starts_with(word) || call.contains(&format!(").{word}"))
}

struct Actor {
    name: &'static str,
    browser: Browser,
}

/// Everybody who may come along. `clerk` holds one right, `other` administers another tenant, `half` gave a password
/// alone (security.md G04).
async fn actors(t: &Tenantry) -> Vec<Actor> {
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let member = t.member(&acme, "member@acme.example").await;
    let guest = t.member(&globex, "guest@globex.example").await;
    t.join(&guest, &acme, MembershipKind::Guest).await;
    let admin = t.admin(&acme, "admin@acme.example").await;
    let clerk = t.member(&acme, "clerk@acme.example").await;
    let clerks = t.group(&acme, "Clerks", &[("tenantry:people", false)]).await;
    t.put_into(&clerks, &clerk).await;
    let other = t.admin(&globex, "other@globex.example").await;
    let operator = t.person_with("root@example.com", |new| new.operator = true).await;
    let mut out = vec![Actor { name: "anonymous", browser: t.browser() }];
    for (name, person) in
        [("member", member), ("guest", guest), ("admin", admin), ("clerk", clerk), ("other", other), ("operator", operator)]
    {
        out.push(Actor { name, browser: signed_in(t, &person).await });
    }
    let half = t.member(&acme, "half@acme.example").await;
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    browser.fill("#identifier", &half.email).fill("#password", PASSWORD).submit("#login-submit").await;
    out.push(Actor { name: "half", browser });
    out
}

/// The address of a route for these tests: the tenant is acme, everything else names nothing.
fn address(t: &Tenantry, route: &str) -> Url {
    let filled: Vec<&str> = route
        .split('/')
        .map(|part| match part {
            "{tenant}" => "acme",
            part if part.starts_with('{') => "unknown",
            part => part,
        })
        .collect();
    Url::parse(&t.url(&filled.join("/"))).unwrap()
}

/// What an actor gets, in one word.
async fn outcome(actor: &Actor, verb: &Method, url: &Url) -> String {
    let mut request = net::client().request(verb.clone(), url.clone());
    if let Some(cookies) = actor.browser.jar.header(url, Site::SameOrigin, *verb != Method::GET) {
        request = request.header(COOKIE, cookies);
    }
    if *verb == Method::POST {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body("");
    }
    let answer = request.send().await.unwrap();
    let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default().to_owned();
    match answer.status() {
        StatusCode::SEE_OTHER if to.starts_with("/login?") || to.contains("/login/code?") => "login".to_owned(),
        status => status.as_u16().to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i23_every_route_answers_every_actor_as_the_table_says() {
    let t = Tenantry::start().await;
    let actors = actors(&t).await;
    let names: Vec<&str> = actors.iter().map(|actor| actor.name).collect();
    let mut found = format!("{:<56} {}\n", "", names.iter().map(|name| format!("{name:<10}")).collect::<String>().trim_end());
    for (route, verbs) in routes() {
        for verb in verbs {
            let mut line = format!("{:<56} ", format!("{verb} {route}"));
            for actor in &actors {
                let _ = write!(line, "{:<9} ", outcome(actor, &verb, &address(&t, &route)).await);
            }
            found.push_str(line.trim_end());
            found.push('\n');
        }
    }

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::fs::write(root.join("target/rights-table.txt"), &found).unwrap();
    let table = std::fs::read_to_string(root.join("tests/it/rights/table.txt")).unwrap_or_default();
    let lines = |text: &str| text.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>();
    let (found, table) = (lines(&found), lines(&table));
    let unexpected: Vec<&String> = found.iter().filter(|line| !table.contains(line)).collect();
    let gone: Vec<&String> = table.iter().filter(|line| !found.contains(line)).collect();
    assert!(unexpected.is_empty() && gone.is_empty(), "not in the table: {unexpected:#?}\nin the table alone: {gone:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i23_no_route_answers_a_verb_that_it_does_not_name() {
    let t = Tenantry::start().await;
    let actors = actors(&t).await;
    let all = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    for (route, verbs) in routes() {
        for verb in all.iter().filter(|verb| !verbs.contains(verb)) {
            for actor in actors.iter().filter(|actor| ["anonymous", "admin"].contains(&actor.name)) {
                let got = outcome(actor, verb, &address(&t, &route)).await;
                let console = ["/account/", "/admin/", "/operator/"].iter().any(|console| route.starts_with(console));
                // A form without a page of its own leads to the page above; scripts of applications ask what they may.
                let fine = got == "405"
                    || *verb == Method::GET && console && got == "303"
                    || *verb == Method::OPTIONS && matches!(got.as_str(), "200" | "204");
                assert!(fine || route.contains("/register") && got == "404", "{verb} {route} as {}: {got}", actor.name);
            }
        }
    }
}

/// Sends a path exactly as it is written: libraries would tidy it up.
async fn raw(t: &Tenantry, actor: &Actor, path: &str) -> String {
    let home = Url::parse(&t.origin).unwrap();
    let host = format!("127.0.0.1:{}", home.port().unwrap());
    let cookies = actor.browser.jar.header(&home, Site::SameOrigin, false).map(|line| format!("cookie: {line}\r\n"));
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\n{}connection: close\r\n\r\n", cookies.unwrap_or_default());
    let mut stream = tokio::net::TcpStream::connect(&host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn l08_no_other_spelling_of_an_address_opens_what_the_address_does_not() {
    let t = Tenantry::start().await;
    let actors = actors(&t).await;
    let spellings = [
        "/%61dmin/acme",
        "//admin/acme",
        "/admin//acme",
        "/admin/acme/",
        "/admin/acme;x=1",
        "/admin;x=1/acme",
        "/Admin/acme",
        "/ADMIN/ACME",
        "/admin/./acme",
        "/admin/%2e/acme",
        "/x/../admin/acme",
        "/x/%2e%2e/admin/acme",
        "/admin/%61cme",
        "/admin/acme%2f",
        "/admin/acme%00",
        "/admin/acme%20",
        "/admin\\acme",
        "/operator/",
        "/%6fperator",
        "//operator",
        "/operator;x",
        "/Operator",
        "/operator%2f",
        "/account/../operator",
    ];
    for actor in actors.iter().filter(|actor| !["admin", "clerk", "operator"].contains(&actor.name)) {
        for path in spellings {
            let got = raw(&t, actor, path).await;
            let refused = ["303", "400", "403", "404"].contains(&got.as_str());
            assert!(refused, "{path} as {}: {got}", actor.name);
        }
    }
    let admin = actors.iter().find(|actor| actor.name == "admin").unwrap();
    assert_eq!((raw(&t, admin, "/admin/acme").await, raw(&t, admin, "/admin/%61cme").await), ("200".into(), "200".into()));
    assert_eq!(raw(&t, admin, "/admin/acme/").await, "404");
}
