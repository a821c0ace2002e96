//! The one outgoing HTTP client: no redirects, short deadlines, bounded answers, bounded concurrency.
//!
//! It exists twice. The plain one speaks to identity providers that an operator configured, through the machine's proxy
//! if it has one. The guarded one speaks to addresses that relying applications registered: see [`Http::guarded`].
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use ipnet::IpNet;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::{Host, Url};

use super::guard::{Blocked, Guard, GuardedNames, Names};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
const LARGEST_ANSWER: usize = 1 << 20;
/// Requests under way at once; more wait, within their deadline (security.md R15).
const CONCURRENT: usize = 32;
/// The guarded client asks many strangers: more at once, few of them at the same host, and shorter answers.
const GUARDED_CONCURRENT: usize = 256;
const GUARDED_PER_HOST: usize = 4;
const GUARDED_WITHIN: Duration = Duration::from_secs(5);
const GUARDED_LARGEST_ANSWER: usize = 128 << 10;
/// Hosts that are remembered before those without a request are forgotten.
const HOSTS: usize = 1024;

/// What the client may do beyond https.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpOptions {
    /// Plain http to this machine itself, and no proxy from the environment. For the demo and for tests.
    pub allow_plain_http_loopback: bool,
}

/// The guarded client. Cheap to clone; clones share connections and the bound on concurrency.
#[derive(Clone, Debug)]
pub struct Http(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: reqwest::Client,
    options: HttpOptions,
    permits: Semaphore,
    answer_within: Duration,
    largest_answer: usize,
    guarded: Option<Guarded>,
}

/// What the guarded client has beside: its rule about addresses and the requests under way per host.
#[derive(Debug)]
struct Guarded {
    guard: Guard,
    hosts: Mutex<HashMap<String, Weak<Semaphore>>>,
}

/// Why there is no answer. The text is for the log and holds no URL, since a URL may hold a code.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    #[error("the address is not https (or plain http to this machine where that is allowed)")]
    Forbidden,
    #[error("the address leads into a network that may not be reached (outbound.allowed_networks)")]
    Guarded,
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
    #[error("no connection or a broken one: {0}")]
    Broken(String),
    #[error("no complete answer in time")]
    TooSlow,
    #[error("the answer is too large")]
    TooLarge,
    #[error("the other side failed with status {0}")]
    ServerFailed(u16),
    #[error("the other side failed moments ago and is left alone")]
    Resting,
    #[error("the answer is not the JSON that was expected")]
    NotJson,
}

/// A complete answer of whatever status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ::http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// The body read as JSON, whatever the status.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpFault> {
        serde_json::from_slice(&self.body).map_err(|_| HttpFault::NotJson)
    }
}

impl Http {
    /// Builds the client. Trust anchors are those of the operating system (`SSL_CERT_FILE` is obeyed); a machine
    /// without any still gets a client, whose https requests then all fail. Errors when TLS cannot start at all.
    pub fn new(options: HttpOptions) -> Result<Self, HttpFault> {
        Self::with_deadline(options, ANSWER_WITHIN)
    }

    /// The client for addresses that others chose (jwks_uri, request_uri, logout, webhooks): resolved addresses must be
    /// public or lie in `allowed` (security.md K02), no proxy, few requests per host, 5 seconds, 128 KiB.
    pub fn guarded(options: HttpOptions, allowed: Vec<IpNet>) -> Result<Self, HttpFault> {
        Self::guarded_by(options, allowed, Names::System)
    }

    pub(super) fn guarded_by(options: HttpOptions, allowed: Vec<IpNet>, names: Names) -> Result<Self, HttpFault> {
        let guard = Guard { allowed, loopback: options.allow_plain_http_loopback };
        let resolver = Arc::new(GuardedNames { guard: guard.clone(), names });
        // A proxy would resolve names itself, past the guard.
        let client = client(|| builder(options).no_proxy().dns_resolver(Arc::clone(&resolver)))?;
        Ok(Self(Arc::new(Inner {
            client,
            options,
            permits: Semaphore::new(GUARDED_CONCURRENT),
            answer_within: GUARDED_WITHIN,
            largest_answer: GUARDED_LARGEST_ANSWER,
            guarded: Some(Guarded { guard, hosts: Mutex::default() }),
        })))
    }

    pub(super) fn with_deadline(options: HttpOptions, answer_within: Duration) -> Result<Self, HttpFault> {
        Ok(Self(Arc::new(Inner {
            client: client(|| builder(options))?,
            options,
            permits: Semaphore::new(CONCURRENT),
            answer_within,
            largest_answer: LARGEST_ANSWER,
            guarded: None,
        })))
    }

    /// May this client be sent there at all, as far as the address tells without resolving it?
    pub fn permits(&self, url: &Url) -> bool {
        permitted(url, self.0.options) && self.0.guarded.as_ref().is_none_or(|guarded| guarded.guard.admits_host(url))
    }

    /// GETs a URL; `headers` are pairs of name and value. Every status is an answer, no answer is an error.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Answer, HttpFault> {
        self.send(::http::Method::GET, url, headers, Vec::new()).await
    }

    /// GETs a JSON document; any status but 200 is an error.
    pub async fn get_json<T: DeserializeOwned>(&self, url: &str) -> Result<T, HttpFault> {
        let answer = self.get(url, &[("accept", "application/json")]).await?;
        match answer.status {
            200 => answer.json(),
            status => Err(HttpFault::ServerFailed(status)),
        }
    }

    /// POSTs a form (application/x-www-form-urlencoded). Every status is an answer.
    pub async fn post_form(&self, url: &str, headers: &[(&str, &str)], form: &[(&str, &str)]) -> Result<Answer, HttpFault> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
        all.extend_from_slice(headers);
        self.send(::http::Method::POST, url, &all, body.into_bytes()).await
    }

    /// Any request. Redirects are answers like others and are not followed.
    pub async fn send(&self, method: ::http::Method, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<Answer, HttpFault> {
        let mut request = ::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.execute(request.body(body).map_err(|_| HttpFault::Forbidden)?).await
    }

    async fn execute(&self, request: HttpRequest) -> Result<Answer, HttpFault> {
        let request: reqwest::Request = request.try_into().map_err(|_| HttpFault::Forbidden)?;
        if !permitted(request.url(), self.0.options) {
            return Err(HttpFault::Forbidden);
        }
        if !self.permits(request.url()) {
            return Err(HttpFault::Guarded);
        }
        let host = self.0.guarded.as_ref().map(|guarded| guarded.turn_at(request.url()));
        let whole = async {
            // A host that hangs fills its own few places, and nobody else's.
            let _turn = match &host {
                Some(host) => Some(host.acquire().await.expect("the semaphore is never closed")),
                None => None,
            };
            let _permit = self.0.permits.acquire().await.expect("the semaphore is never closed");
            let response = self.0.client.execute(request).await.map_err(broken)?;
            bounded(response, self.0.largest_answer).await
        };
        tokio::time::timeout(self.0.answer_within, whole).await.unwrap_or(Err(HttpFault::TooSlow))
    }
}

impl Guarded {
    /// The places of one host.
    fn turn_at(&self, url: &Url) -> Arc<Semaphore> {
        let host = format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let mut hosts = self.hosts.lock().expect("nobody panics while holding the hosts");
        if let Some(known) = hosts.get(&host).and_then(Weak::upgrade) {
            return known;
        }
        if hosts.len() >= HOSTS {
            hosts.retain(|_, places| places.strong_count() > 0);
        }
        let places = Arc::new(Semaphore::new(GUARDED_PER_HOST));
        hosts.insert(host, Arc::downgrade(&places));
        places
    }
}

/// Builds a client, without trust anchors where the machine has none.
fn client(builder: impl Fn() -> reqwest::ClientBuilder) -> Result<reqwest::Client, HttpFault> {
    // A provider that another room installed before is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = builder().build().or_else(|fault| {
        tracing::warn!(cause = %fault, "no trust anchors found in the operating system; https requests will fail");
        builder().tls_certs_only([]).build()
    });
    client.map_err(|fault| HttpFault::Setup(fault.to_string()))
}

#[expect(clippy::disallowed_methods, reason = "the one place that makes a client, guarded as this file says")]
fn builder(options: HttpOptions) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(ANSWER_WITHIN)
        .referer(false)
        .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")));
    if options.allow_plain_http_loopback { builder.no_proxy() } else { builder }
}

/// https to anywhere; http only to this machine and only where the options say so; never credentials in the URL.
fn permitted(url: &Url, options: HttpOptions) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    let plain = url.scheme() == "http" && loopback && options.allow_plain_http_loopback;
    let anonymous = url.username().is_empty() && url.password().is_none();
    anonymous && url.host().is_some() && (url.scheme() == "https" || plain)
}

async fn bounded(mut response: reqwest::Response, largest: usize) -> Result<Answer, HttpFault> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > largest {
            return Err(HttpFault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

fn broken(fault: reqwest::Error) -> HttpFault {
    if fault.is_timeout() {
        return HttpFault::TooSlow;
    }
    let fault = fault.without_url();
    let mut sources = std::iter::successors(std::error::Error::source(&fault), |deeper| deeper.source());
    if sources.any(|source| source.is::<Blocked>()) {
        return HttpFault::Guarded;
    }
    let cause = std::error::Error::source(&fault).map_or_else(|| fault.to_string(), |source| format!("{fault}: {source}"));
    HttpFault::Broken(cause)
}

/// Lets the `openidconnect` and `oauth2` crates speak through this client. A status of 500 and above is an error here.
impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpFault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpFault>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let answer = self.execute(request).await?;
            if answer.status >= 500 {
                return Err(HttpFault::ServerFailed(answer.status));
            }
            let mut response = ::http::Response::new(answer.body);
            *response.status_mut() = ::http::StatusCode::from_u16(answer.status).map_err(|_| HttpFault::NotJson)?;
            *response.headers_mut() = answer.headers;
            Ok(response)
        })
    }
}
