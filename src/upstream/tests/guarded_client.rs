//! The outgoing client: where it may go, what it follows, how long it waits and how much it takes.
use std::time::Duration;

use tokio::net::TcpListener;

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
