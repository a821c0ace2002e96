//! The server room: what a connection may take, and how it ends.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use axum::routing::{get, post};
use tenantry::server::{Limits, Stopped, run};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Long enough for a slow machine, short enough to fail a hanging test.
const PATIENCE: Duration = Duration::from_secs(20);

fn limits() -> Limits {
    Limits {
        connections: 64,
        trusted_proxies: Vec::new(),
        header_time: Duration::from_secs(10),
        body_time: Duration::from_secs(10),
        shutdown_time: Duration::from_secs(10),
    }
}

struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Stopped>,
}

impl Running {
    async fn start(router: Router, limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let ended = tokio::spawn(async move { run(listener, router, limits, None, shutdown).await.unwrap() });
        Self { address, stop, ended }
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(text.as_bytes()).await.unwrap();
        stream
    }
}

async fn rest_of(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("the server ends the connection").unwrap();
    String::from_utf8(answer).unwrap()
}

async fn soon(notify: &Notify) {
    tokio::time::timeout(PATIENCE, notify.notified()).await.expect("it happens soon");
}

/// A handler that tells when it began, waits at a gate, and tells when it is done.
#[derive(Clone, Default)]
struct Gate {
    begun: Arc<Notify>,
    open: Arc<Notify>,
    done: Arc<Notify>,
}

impl Gate {
    fn router(&self) -> Router {
        let gate = self.clone();
        let handler = move || async move {
            gate.begun.notify_one();
            gate.open.notified().await;
            gate.done.notify_one();
            "finished"
        };
        Router::new().route("/", get(handler))
    }
}

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_client_that_leaves_does_not_cancel_its_request() {
    let gate = Gate::default();
    let server = Running::start(gate.router(), limits()).await;
    let mut stream = server.send(GET).await;
    soon(&gate.begun).await;

    stream.shutdown().await.unwrap();
    assert_eq!(rest_of(stream).await, "");
    gate.open.notify_one();

    soon(&gate.done).await;
}

#[tokio::test]
async fn r29_a_request_under_way_is_answered_before_the_stop() {
    let gate = Gate::default();
    let server = Running::start(gate.router(), limits()).await;
    let stream = server.send(GET).await;
    soon(&gate.begun).await;

    server.stop.send(()).unwrap();
    let waits_for_the_stop = async {
        while TcpStream::connect(server.address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waits_for_the_stop).await.expect("the listener is closed");
    gate.open.notify_one();

    let answer = rest_of(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("finished"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(server.ended.await.unwrap(), Stopped::Drained);
}

#[tokio::test]
async fn r29_a_request_that_never_ends_does_not_stop_the_stop() {
    let gate = Gate::default();
    let server = Running::start(gate.router(), Limits { shutdown_time: Duration::from_millis(50), ..limits() }).await;
    let _stream = server.send(GET).await;
    soon(&gate.begun).await;

    server.stop.send(()).unwrap();

    let ended = tokio::time::timeout(PATIENCE, server.ended).await.expect("the server ends").unwrap();
    assert_eq!(ended, Stopped::TimeRanOut);
}

#[tokio::test]
async fn m02_headers_that_trickle_end_the_connection() {
    let server = Running::start(Router::new(), Limits { header_time: Duration::from_millis(50), ..limits() }).await;

    let silent = server.send("").await;
    let half = server.send("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await;

    assert!(!rest_of(silent).await.contains("200"));
    assert!(!rest_of(half).await.contains("200"));
}

#[tokio::test]
async fn m02_a_body_that_trickles_is_refused() {
    let router = Router::new().route("/", post(|_: Bytes| async { "whole" }));
    let server = Running::start(router, Limits { body_time: Duration::from_millis(50), ..limits() }).await;

    let stream = server.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this").await;

    let answer = rest_of(stream).await;
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test]
async fn m02_one_address_cannot_take_every_connection() {
    let who = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
    let server = Running::start(Router::new().route("/", get(who)), Limits { connections: 8, ..limits() }).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = server.send(GET).await;
        let mut first = [0u8; 15];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        held.push(stream);
    }

    let refused = TcpStream::connect(server.address).await.unwrap();

    let mut one = [0u8; 1];
    let mut refused = refused;
    let read = tokio::time::timeout(PATIENCE, refused.read(&mut one)).await.expect("the server hangs up");
    assert!(matches!(read, Ok(0) | Err(_)));
}

#[tokio::test]
async fn a_handler_that_panics_is_answered_with_500() {
    async fn broken() -> &'static str {
        panic!("on purpose")
    }
    let server = Running::start(Router::new().route("/", get(broken)), limits()).await;

    let stream = server.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await;

    assert!(rest_of(stream).await.starts_with("HTTP/1.1 500"));
}
