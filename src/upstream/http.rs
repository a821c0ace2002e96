//! The one outgoing HTTP client: no redirects, short deadlines, bounded answers, bounded concurrency.
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::{Host, Url};

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(8);
const LARGEST_ANSWER: usize = 1 << 20;
/// Requests under way at once; more wait, within their deadline (security.md R15).
const CONCURRENT: usize = 32;

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
}

/// Why there is no answer. The text is for the log and holds no URL, since a URL may hold a code.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    #[error("the address is not https (or plain http to this machine where that is allowed)")]
    Forbidden,
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
    #[error("no connection or a broken one: {0}")]
    Broken(String),
    #[error("no complete answer in time")]
    TooSlow,
    #[error("the answer is larger than 1 MiB")]
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

    pub(super) fn with_deadline(options: HttpOptions, answer_within: Duration) -> Result<Self, HttpFault> {
        // A provider that another room installed before is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = builder(options).build().or_else(|fault| {
            tracing::warn!(cause = %fault, "no trust anchors found in the operating system; https requests will fail");
            builder(options).tls_certs_only([]).build()
        });
        let client = client.map_err(|fault| HttpFault::Setup(fault.to_string()))?;
        Ok(Self(Arc::new(Inner { client, options, permits: Semaphore::new(CONCURRENT), answer_within })))
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
        let whole = async {
            let _permit = self.0.permits.acquire().await.expect("the semaphore is never closed");
            let response = self.0.client.execute(request).await.map_err(broken)?;
            bounded(response).await
        };
        tokio::time::timeout(self.0.answer_within, whole).await.unwrap_or(Err(HttpFault::TooSlow))
    }
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

async fn bounded(mut response: reqwest::Response) -> Result<Answer, HttpFault> {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > LARGEST_ANSWER {
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
