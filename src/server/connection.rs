//! One connection: its protocol version, its timeouts, its requests, its end.
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, watch};
use tower::ServiceExt as _;

use super::Limits;
use super::activity::Activity;
use super::body::Punctual;
use crate::web::peer::ConnectionCertificates;

/// A connection without a request for this long is ended; browsers and proxies reconnect.
const IDLE: Duration = Duration::from_secs(75);
/// How long a connection without a request may still bring one after a stop was asked for.
const LAST_CALL: Duration = Duration::from_secs(1);
const HEADER_BYTES: usize = 32 * 1024;

/// Agreed on by TLS (ALPN); without TLS it is HTTP/1.1, so that nobody has to guess from first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Http1,
    Http2,
}

/// What a connection needs to answer requests.
pub(super) struct Context {
    pub router: axum::Router,
    pub limits: Arc<Limits>,
    pub stopping: watch::Receiver<bool>,
    pub alive: mpsc::Sender<()>,
    pub peer: SocketAddr,
    /// What the client showed of itself in the handshake.
    pub certificates: Option<ConnectionCertificates>,
}

impl Context {
    /// Serves requests until the client leaves, idles too long, or a stop is asked for.
    pub(super) async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, version: Version) {
        let builder = self.builder(version);
        let activity = Activity::new();
        let mut stopping = self.stopping.clone();
        let _alive = self.alive.clone();
        let context = Arc::new(self);
        let service = service_fn({
            let activity = Arc::clone(&activity);
            move |request| Arc::clone(&context).answer(request, Arc::clone(&activity), version)
        });
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let mut stopped = false;
        let mut look = tokio::time::interval(Duration::from_secs(5));
        loop {
            tokio::select! {
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    return;
                }
                _ = stopping.wait_for(|asked| *asked), if !stopped => {
                    stopped = true;
                    look = tokio::time::interval(Duration::from_millis(100));
                    if version == Version::Http2 {
                        connection.as_mut().graceful_shutdown();
                    }
                }
                _ = look.tick() => {
                    if activity.idle() > if stopped { LAST_CALL } else { IDLE } {
                        return;
                    }
                }
            }
        }
    }

    fn builder(&self, version: Version) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(self.limits.header_time).max_headers(100).max_buf_size(HEADER_BYTES);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(64)
            .max_header_list_size(HEADER_BYTES as u32)
            .initial_stream_window_size(64 * 1024)
            .initial_connection_window_size(256 * 1024)
            .max_send_buf_size(256 * 1024)
            .keep_alive_interval(Duration::from_secs(20))
            .keep_alive_timeout(Duration::from_secs(10));
        match version {
            Version::Http1 => builder.http1_only(),
            Version::Http2 => builder.http2_only(),
        }
    }

    /// Runs the handler in a task of its own: when the client goes away, what was begun is still finished.
    async fn answer(
        self: Arc<Self>,
        request: http::Request<Incoming>,
        activity: Arc<Activity>,
        version: Version,
    ) -> Result<http::Response<Body>, Infallible> {
        let busy = activity.begin();
        let body_time = self.limits.body_time;
        let mut request = request.map(|body| Body::new(Punctual::new(body, body_time)));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        if let Some(certificates) = &self.certificates {
            request.extensions_mut().insert(certificates.clone());
        }
        let router = self.router.clone();
        let alive = self.alive.clone();
        let work = tokio::spawn(async move {
            let answer = router.oneshot(request).await;
            drop(alive);
            answer
        });
        let mut response = match work.await {
            Ok(Ok(response)) => response,
            Ok(Err(never)) => match never {},
            Err(_) => {
                tracing::error!("a handler panicked; the request was answered with 500");
                plain_failure()
            }
        };
        if *self.stopping.borrow() && version == Version::Http1 {
            // RFC 9112 9.6: the client learns that this connection takes no further request.
            response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        }
        Ok(response.map(|body| Body::new(Sent { body, _busy: busy })))
    }
}

fn plain_failure() -> http::Response<Body> {
    let mut response = http::Response::new(Body::from("Internal Server Error"));
    *response.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    response
}

/// A response body that keeps its connection busy until it is sent.
struct Sent {
    body: Body,
    _busy: super::activity::Busy,
}

impl axum::body::HttpBody for Sent {
    type Data = axum::body::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
