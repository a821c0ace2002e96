//! The outgoing client: where it may go, what it follows, how long it waits and how much it takes.
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;

use super::super::guard::{Guard, Names};
use super::super::stand_in::StandIn;
use super::super::{Http, HttpFault, HttpOptions};

const LOOPBACK: HttpOptions = HttpOptions { allow_plain_http_loopback: true };

#[tokio::test]
async fn k02_only_https_is_spoken_and_plain_http_to_this_machine_where_allowed() {
    let strict = Http::new(HttpOptions::default()).unwrap();
    let lenient = Http::new(LOOPBACK).unwrap();
    let host = StandIn::start().await.host;

    let never = ["http://example.com/", "http://169.254.169.254/", "http://localhost.example/", "file:///etc/passwd", "ftp://x/", "x"];
    for url in never.iter().chain(&["http://u:p@127.0.0.1/", "https://u@example.com/"]) {
        assert!(matches!(lenient.get(url, &[]).await, Err(HttpFault::Forbidden)), "{url}");
    }
    assert!(matches!(strict.get(&host, &[]).await, Err(HttpFault::Forbidden)));
    assert_eq!(lenient.get(&host, &[]).await.unwrap().status, 404);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let other_side = StandIn::start().await;
    other_side.change(|script| script.token = (302, Vec::new()));
    let http = Http::new(LOOPBACK).unwrap();

    let answer = http.post_form(&format!("{}/token", other_side.host), &[("x-a", "b")], &[("a", "ä&=")]).await.unwrap();

    assert_eq!((answer.status, answer.headers["location"].to_str().unwrap()), (302, "/redirected"));
    assert_eq!(other_side.script.lock().unwrap().heard, [("/token".to_owned(), "a=%C3%A4%26%3D".to_owned())]);
}

#[tokio::test]
async fn r15_a_silent_server_is_left_in_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let http = Http::with_deadline(LOOPBACK, Duration::from_millis(300)).unwrap();

    let outcome = http.get(&format!("http://{}/", silent.local_addr().unwrap()), &[]).await;

    assert!(matches!(outcome, Err(HttpFault::TooSlow)));
}

#[tokio::test]
async fn a_port_where_nobody_listens_breaks_without_telling_the_address() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let http = Http::new(LOOPBACK).unwrap();

    let fault = http.get(&format!("http://{gone}/?code=s3cret"), &[]).await.unwrap_err();

    assert!(matches!(fault, HttpFault::Broken(_)));
    assert!(!fault.to_string().contains("s3cret"));
}

#[tokio::test]
async fn an_answer_of_more_than_one_mebibyte_is_not_taken() {
    let other_side = StandIn::start().await;
    let http = Http::new(LOOPBACK).unwrap();
    let url = format!("{}/keys", other_side.host);

    other_side.change(|script| script.jwks = (200, vec![b'1'; 1 << 20]));
    assert_eq!(http.get(&url, &[]).await.unwrap().body.len(), 1 << 20);

    other_side.change(|script| script.jwks = (200, vec![b'1'; (1 << 20) + 1]));
    assert!(matches!(http.get(&url, &[]).await, Err(HttpFault::TooLarge)));
}

#[tokio::test]
async fn json_is_wanted_with_status_200() {
    let other_side = StandIn::start().await;
    let http = Http::new(LOOPBACK).unwrap();
    let url = format!("{}/keys", other_side.host);

    assert!(http.get_json::<serde_json::Value>(&url).await.unwrap()["keys"].is_array());
    other_side.change(|script| script.jwks = (404, b"{}".to_vec()));
    assert!(matches!(http.get_json::<serde_json::Value>(&url).await, Err(HttpFault::ServerFailed(404))));
}

fn guard(allowed: &[&str]) -> Guard {
    Guard { allowed: allowed.iter().map(|net| net.parse().unwrap()).collect(), loopback: false }
}

#[test]
fn k02_only_addresses_of_the_open_internet_are_admitted() {
    let inner = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.1.2.3",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "3fff::1",
        "::7f00:1",
    ];
    let open = ["1.1.1.1", "100.63.255.255", "172.32.0.1", "192.167.1.1", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"];

    let admitted = |text: &&str| guard(&[]).admits(text.parse::<IpAddr>().unwrap());

    assert_eq!(inner.iter().filter(|address| admitted(address)).collect::<Vec<_>>(), Vec::<&&str>::new());
    assert_eq!(open.iter().filter(|address| !admitted(address)).collect::<Vec<_>>(), Vec::<&&str>::new());
}

#[test]
fn an_allowed_network_opens_itself_and_never_a_metadata_service() {
    let guard = guard(&["10.1.0.0/16", "fd00::/8", "169.254.0.0/16", "168.0.0.0/8"]);
    let admitted = |text: &str| guard.admits(text.parse().unwrap());

    assert!(admitted("10.1.2.3") && admitted("::ffff:10.1.2.3") && admitted("fd12::1"));
    assert!(!admitted("10.2.0.1") && !admitted("127.0.0.1"));
    assert!(!admitted("169.254.169.254") && !admitted("fd00:ec2::254") && !admitted("168.63.129.16"));
}

#[tokio::test]
async fn k02_every_spelling_of_an_inner_address_is_refused_before_a_connection() {
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = canary.local_addr().unwrap().port();
    let http = Http::guarded(HttpOptions::default(), Vec::new()).unwrap();

    let hosts = [
        "127.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "017700000001",
        "[::1]",
        "[::ffff:7f00:1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "169.254.169.254",
    ];
    for host in hosts {
        let outcome = http.get(&format!("https://{host}:{port}/"), &[]).await;
        // A machine may know no `localhost.`; then there is nothing to guard.
        let unknown = host == "localhost." && matches!(outcome, Err(HttpFault::Broken(_)));
        assert!(unknown || matches!(outcome, Err(HttpFault::Guarded)), "{host}: {outcome:?}");
    }

    let hit = tokio::time::timeout(Duration::from_millis(50), canary.accept()).await;
    assert!(hit.is_err(), "the canary was reached");
}

#[tokio::test]
async fn k02_a_name_that_is_rebound_after_its_first_answer_leads_nowhere() {
    let names = Names::Scripted(Arc::new(Mutex::new(vec!["10.0.0.7".parse().unwrap(), "127.0.0.1".parse().unwrap()])));
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://rebinding.example:{}/", canary.local_addr().unwrap().port());
    let http = Http::guarded_by(HttpOptions::default(), vec!["10.0.0.7/32".parse().unwrap()], names).unwrap();

    // The first answer is allowed (and nobody listens there), the second is this machine.
    let first = tokio::time::timeout(Duration::from_millis(200), http.get(&url, &[])).await;
    let second = http.get(&url, &[]).await;

    assert!(!matches!(first, Ok(Err(HttpFault::Guarded))));
    assert!(matches!(second, Err(HttpFault::Guarded)));
    assert!(tokio::time::timeout(Duration::from_millis(50), canary.accept()).await.is_err(), "the canary was reached");
}

#[tokio::test]
async fn r15_a_hanging_host_keeps_nobody_else_waiting() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let awake = StandIn::start().await.host;
    let http = Http::guarded(LOOPBACK, Vec::new()).unwrap();
    let hanging = format!("http://{}/", silent.local_addr().unwrap());

    let stuck: Vec<_> = (0..40)
        .map(|_| {
            let (http, url) = (http.clone(), hanging.clone());
            tokio::spawn(async move { http.get(&url, &[]).await })
        })
        .collect();
    let (_first, _) = silent.accept().await.unwrap();
    let answer = tokio::time::timeout(Duration::from_secs(2), http.get(&awake, &[])).await.unwrap().unwrap();

    assert_eq!(answer.status, 404);
    assert!(stuck.iter().all(|request| !request.is_finished()));
    stuck.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_guarded_answer_is_taken_up_to_128_kibibytes() {
    let other_side = StandIn::start().await;
    let http = Http::guarded(LOOPBACK, Vec::new()).unwrap();
    let url = format!("{}/keys", other_side.host);

    other_side.change(|script| script.jwks = (200, vec![b'1'; 128 << 10]));
    assert_eq!(http.get(&url, &[]).await.unwrap().body.len(), 128 << 10);

    other_side.change(|script| script.jwks = (200, vec![b'1'; (128 << 10) + 1]));
    assert!(matches!(http.get(&url, &[]).await, Err(HttpFault::TooLarge)));
}
