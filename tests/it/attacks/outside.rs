//! What comes from outside in odd shapes leads nowhere: foreign hosts in headers, files in addresses, bodies without an end,
//! texts without a bottom. And when the database is away, nobody learns where it was.
use std::io::ErrorKind;
use std::net::TcpListener;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{ALL, Scene, answered, call, get};
use crate::harness::net;

/// Every route of the table of rights by this verb, with something in place of its parts.
fn routes(verb: &str) -> Vec<String> {
    let lines = include_str!("../rights/table.txt").lines().filter_map(|line| line.strip_prefix(verb));
    lines.filter_map(|line| line.split_whitespace().next()).map(filled).collect()
}

fn filled(route: &str) -> String {
    let part = |part: &str| match part {
        "{tenant}" => "acme".to_owned(),
        part if part.starts_with('{') => "x".to_owned(),
        part => part.to_owned(),
    };
    route.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn k05_no_header_makes_the_server_call_anybody_or_name_another_host() {
    let s = Scene::set().await;
    let canary = TcpListener::bind("127.0.0.1:0").unwrap();
    canary.set_nonblocking(true).unwrap();
    let evil = canary.local_addr().unwrap().to_string();
    let authorize = s.party.authorize(ALL, &[]).url.to_string();
    let pages = ["/", "/login/start", "/recovery", "/account", "/admin/acme", "/.well-known/openid-configuration", "/jwks", "/x"];
    let forged = [
        ("host", evil.clone()),
        ("x-forwarded-host", evil.clone()),
        ("x-forwarded-server", evil.clone()),
        ("forwarded", format!("host={evil};proto=https")),
        ("x-original-url", format!("http://{evil}/")),
        ("referer", format!("http://{evil}/")),
    ];

    for url in pages.map(|page| s.t.url(page)).into_iter().chain([authorize]) {
        for (name, value) in &forged {
            let page = answered(net::client().get(&url).header(*name, value)).await;
            assert!(page.status < 500, "{url} {name}: {page}");
            let said = format!("{:?} {}", page.headers, page.body);
            assert!(!said.contains(&evil), "{url} {name}: {said}");
        }
    }

    assert_eq!(canary.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody was called");
}

#[tokio::test]
async fn k08_no_part_of_an_address_names_a_file() {
    let s = Scene::set().await;
    let (mut browser, _) = s.signed_in().await;
    let files =
        ["../Cargo.toml", "../../Cargo.toml", "../../../../../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "..\\Cargo.toml"];
    let spellings = |file: &str| {
        let whole: String =
            file.bytes().map(|b| if b.is_ascii_alphanumeric() { (b as char).to_string() } else { format!("%{b:02x}") }).collect();
        [whole.clone(), whole.replace('%', "%25"), file.replace('/', "%2f").replace('\\', "%5c")]
    };
    let doors = |file: &str| {
        [
            format!("/assets/{file}"),
            format!("/brand/{file}"),
            format!("/brand/{file}.css"),
            format!("/brand/{file}/logo"),
            format!("/picture/{file}"),
            format!("/admin/{file}"),
            format!("/login/start?lang={file}"),
            format!("/invitation/{file}"),
        ]
    };

    for file in files {
        for door in spellings(file).iter().flat_map(|file| doors(file)) {
            let page = get(&mut browser, &s.t.url(&door)).await;
            assert!(page.status < 500, "{door}: {page}");
            assert!(!page.body.contains("[package]") && !page.body.contains("root:"), "{door}: {page}");
        }
    }
}

#[tokio::test]
async fn m01_a_body_that_is_too_long_or_has_no_end_is_refused_early() {
    let s = Scene::set().await;
    let long = format!("csrf=x&a={}", "a".repeat(70 * 1024));

    for path in ["/login", "/login/code", "/recovery", "/consent", "/device", "/token", "/introspect", "/revoke", "/par", "/authorize"] {
        let kind = "application/x-www-form-urlencoded";
        let page = answered(net::client().post(s.t.url(path)).header("content-type", kind).body(long.clone())).await;
        assert_eq!(page.status, 413, "{path}: {page}");
    }
    for path in ["/login", "/token"] {
        let mut stream = TcpStream::connect(s.t.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n",
            s.t.address
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("4000\r\n{}\r\n", "a".repeat(0x4000));
        // 80 KiB, and it would go on: the answer comes before the end.
        for _ in 0..5 {
            stream.write_all(chunk.as_bytes()).await.unwrap();
        }
        let mut answer = [0; 12];
        tokio::time::timeout(net::PATIENCE, stream.read_exact(&mut answer)).await.expect("an answer").unwrap();
        assert_eq!(&answer, b"HTTP/1.1 413", "{path}");
    }
}

#[tokio::test]
async fn m07_texts_that_are_nested_without_end_are_refused() {
    let s = Scene::set().await;
    let deep = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    let colliding: String = (0..1500).map(|n| format!("\"k{n}\":{{}},")).collect();

    for text in [deep("[", "]", 5_000), deep("{\"a\":", "}", 3_000), format!("{{\"userinfo\":{{{colliding}\"z\":null}}}}")] {
        for name in ["claims", "authorization_details"] {
            let request = [("response_type", "code"), ("redirect_uri", "https://app.example/callback"), ("scope", "openid"), (name, &text)];
            let (status, body) = call(&s.party, &s.t.url("/par"), &request).await;
            assert_eq!(status, 400, "{name}: {body}");
        }
    }
    assert!(s.t.log.lines_with("panic").is_empty());
    assert_eq!(answered(net::client().get(s.t.url("/readyz"))).await.status, 200);
}

#[tokio::test]
async fn l14_while_the_database_is_away_no_page_tells_where_it_was() {
    let s = Scene::set().await;
    let (mut browser, tokens) = s.signed_in().await;
    s.t.expect_errors();
    let url = s.t.database.url.clone();
    // Its file or database, its user; on which machine the server itself is, everybody knows.
    let tells = |part: &&str| part.len() > 8 && !s.t.origin.contains(part);
    let names: Vec<&str> = url.split(['/', ':', '@', '?']).filter(tells).collect();
    assert!(!names.is_empty(), "{url}");

    s.t.app.store.close().await;

    let mut failed = 0;
    for path in routes("GET ") {
        let page = get(&mut browser, &s.t.url(&path)).await;
        failed += usize::from(page.status == 503);
        assert!(page.status != 500, "{path}: {page}");
        let said = format!("{:?} {}", page.headers, page.body);
        for word in names.iter().copied().chain(["sqlx", "SELECT", "from persons", "pool", "connection refused"]) {
            assert!(!said.contains(word), "{path} says {word}: {said}");
        }
    }
    assert!(failed > 30, "only {failed} asked the database");
    let page = answered(net::client().get(s.t.url("/userinfo")).bearer_auth(&tokens.access)).await;
    assert!(page.status == 503 && !names.iter().any(|name| page.body.contains(name)), "{page}");
}
