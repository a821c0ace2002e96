//! A browser without a screen and without scripts: cookies, forms, redirects until the flow comes to rest.
use http::header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN};
use http::{HeaderMap, HeaderName, Method};
use url::Url;

use super::cookies::{Jar, Site};
use super::html::{Fill, Form, Page};
use super::net;

const HOPS: usize = 20;

#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    /// Tenantry's origin: redirects inside it are followed.
    home: String,
    pub jar: Jar,
    language: String,
    page: Option<Page>,
    fills: Vec<Fill>,
    left: Option<Url>,
    tolerates_errors: bool,
    /// Headers that every request carries besides.
    pub extra: Vec<(&'static str, String)>,
}

struct Request {
    method: Method,
    url: Url,
    form: Option<Vec<(String, String)>>,
    /// Bytes of a file that go with the form, in the field `file`.
    file: Option<Vec<u8>>,
    site: Site,
    /// Origin of the page that caused it.
    from: Option<String>,
}

impl Browser {
    pub fn new(home: &str) -> Self {
        Self {
            http: net::client(),
            home: home.to_owned(),
            jar: Jar::default(),
            language: "en".to_owned(),
            page: None,
            fills: Vec::new(),
            left: None,
            tolerates_errors: false,
            extra: Vec::new(),
        }
    }

    /// The language in which pages are asked for.
    pub fn speaking(mut self, language: &str) -> Self {
        self.language = language.to_owned();
        self
    }

    /// Answers of 500 and above no longer end the test.
    pub fn tolerating_errors(mut self) -> Self {
        self.tolerates_errors = true;
        self
    }

    /// Types an address; absolute, or a path of the home origin.
    pub async fn goto(&mut self, url: impl AsRef<str>) -> &mut Self {
        let home = Url::parse(&self.home).unwrap();
        let url = home.join(url.as_ref()).unwrap();
        self.travel(Request { method: Method::GET, url, form: None, file: None, site: Site::None, from: None }).await
    }

    /// Fills the one field that `css` names. Panics when it is missing.
    pub fn fill(&mut self, css: &str, value: &str) -> &mut Self {
        let fill = self.page().fill(css, value);
        self.fills.push(fill);
        self
    }

    /// Ticks the one box that `css` names.
    pub fn tick(&mut self, css: &str) -> &mut Self {
        let fill = self.page().tick(css);
        self.fills.push(fill);
        self
    }

    /// Presses the one button that `css` names and follows the redirects.
    pub async fn submit(&mut self, css: &str) -> &mut Self {
        let form = self.page().form(css, &self.fills);
        self.send(form).await
    }

    /// The form as the button would send it; for tests that tamper with it before [`Browser::send`].
    pub fn form(&self, css: &str) -> Form {
        self.page().form(css, &self.fills)
    }

    /// Sends a form from the page at which the browser rests.
    pub async fn send(&mut self, form: Form) -> &mut Self {
        let from = self.page().url.origin().ascii_serialization();
        self.send_from(&from, form).await
    }

    /// Sends a form as if the page at `from` (an origin) had made it: cookies travel as they do across sites.
    pub async fn send_from(&mut self, from: &str, form: Form) -> &mut Self {
        let site = if form.action.origin().ascii_serialization() == from { Site::SameOrigin } else { Site::Cross };
        if site == Site::Cross && form.action.origin().ascii_serialization() != self.home {
            self.left = Some(form.action.clone());
            return self;
        }
        let (method, url, form) = if form.is_post {
            (Method::POST, form.action, Some(form.fields))
        } else {
            let mut url = form.action;
            url.query_pairs_mut().clear().extend_pairs(form.fields);
            (Method::GET, url, None)
        };
        self.travel(Request { method, url, form, file: None, site, from: Some(from.to_owned()) }).await
    }

    /// Presses the button of a form with a file in it (RFC 7578).
    pub async fn upload(&mut self, css: &str, file: Vec<u8>) -> &mut Self {
        let form = self.form(css);
        self.send_file(form, file).await
    }

    /// Sends a form with a file.
    pub async fn send_file(&mut self, mut form: Form, file: Vec<u8>) -> &mut Self {
        form.fields.retain(|(name, _)| name != "file");
        let from = self.page().url.origin().ascii_serialization();
        let (url, fields) = (form.action, form.fields);
        self.travel(Request { method: Method::POST, url, form: Some(fields), file: Some(file), site: Site::SameOrigin, from: Some(from) })
            .await
    }

    /// Follows the one link that `css` names.
    pub async fn follow(&mut self, css: &str) -> &mut Self {
        let url = self.page().link(css);
        let from = self.page().url.origin().ascii_serialization();
        self.travel(Request { method: Method::GET, url, form: None, file: None, site: Site::SameOrigin, from: Some(from) }).await
    }

    /// The page at which the browser rests. Panics when it rests nowhere or has left.
    pub fn page(&self) -> &Page {
        if let Some(url) = &self.left {
            panic!("the browser has left to {url}");
        }
        self.page.as_ref().expect("the browser has a page")
    }

    /// Where the last redirect or form led outside the home origin, if it did.
    pub fn left(&self) -> Option<&Url> {
        self.left.as_ref()
    }

    /// The address outside at which the flow came to rest. Panics when it rests on a page.
    pub fn landing(&self) -> &Url {
        self.left.as_ref().unwrap_or_else(|| panic!("the browser has not left: {}", self.page.as_ref().expect("the browser has a page")))
    }

    /// Path of the page at which the browser rests.
    pub fn path(&self) -> &str {
        self.page().url.path()
    }

    pub fn has(&self, css: &str) -> bool {
        self.page().has(css)
    }

    pub fn text(&self, css: &str) -> String {
        self.page().text(css)
    }

    async fn travel(&mut self, first: Request) -> &mut Self {
        self.fills.clear();
        self.left = None;
        let visited = first.url.origin().ascii_serialization();
        let mut request = first;
        for _ in 0..HOPS {
            let page = self.hop(&request).await;
            let Some(next) = page.headers.get(LOCATION).filter(|_| (300..400).contains(&page.status)) else {
                self.rest_at(page);
                return self;
            };
            let target = page.url.join(next.to_str().unwrap()).unwrap();
            let origin = target.origin().ascii_serialization();
            if origin != self.home && origin != visited {
                self.left = Some(target);
                return self;
            }
            request = redirected(request, page.status, target);
        }
        panic!("more than {HOPS} redirects, last to {}", request.url);
    }

    fn rest_at(&mut self, page: Page) {
        assert!(self.tolerates_errors || page.status < 500, "the server failed: {page}");
        self.page = Some(page);
    }

    async fn hop(&mut self, request: &Request) -> Page {
        let answer = self.http.request(request.method.clone(), request.url.clone()).headers(self.headers(request));
        let answer = match &request.form {
            Some(fields) if request.file.is_some() => {
                let (kind, body) = multipart(fields, request.file.as_deref().unwrap_or_default());
                answer.header(CONTENT_TYPE, kind).body(body)
            }
            Some(fields) => {
                let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
                answer.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(body)
            }
            None => answer,
        };
        let answer = answer.send().await.unwrap_or_else(|error| panic!("{}: {error:?}", request.url));
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let is_ours = request.url.origin().ascii_serialization() == self.home;
        self.jar.take(&request.url, &headers, is_ours);
        Page { url: request.url.clone(), status, headers, body: answer.text().await.unwrap() }
    }

    fn headers(&self, request: &Request) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name: HeaderName, value: &str| headers.insert(name, value.parse().unwrap());
        set(ACCEPT, "text/html,application/xhtml+xml");
        set(ACCEPT_LANGUAGE, &self.language);
        set(HeaderName::from_static("sec-fetch-site"), request.site.header());
        set(HeaderName::from_static("sec-fetch-mode"), "navigate");
        set(HeaderName::from_static("sec-fetch-dest"), "document");
        if let Some(origin) = request.from.as_ref().filter(|_| request.method == Method::POST) {
            set(ORIGIN, origin);
        }
        if let Some(cookies) = self.jar.header(&request.url, request.site, request.method == Method::POST) {
            set(COOKIE, &cookies);
        }
        for (name, value) in &self.extra {
            set(HeaderName::from_static(name), value);
        }
        headers
    }
}

/// The request that follows a redirect (RFC 9110 15.4, as browsers do it).
fn redirected(before: Request, status: u16, url: Url) -> Request {
    let here = before.url.origin().ascii_serialization();
    let crossed = before.site == Site::Cross || before.site != Site::None && here != url.origin().ascii_serialization();
    let site = if crossed { Site::Cross } else { before.site };
    let repeats = matches!(status, 307 | 308);
    let (method, form, file) = if repeats { (before.method, before.form, before.file) } else { (Method::GET, None, None) };
    Request { method, url, form, file, site, from: before.from }
}

/// Content type and body of a form with a file.
fn multipart(fields: &[(String, String)], file: &[u8]) -> (String, Vec<u8>) {
    const EDGE: &str = "tenantry-test-edge-7391";
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
    }
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"me.png\"\r\nContent-Type: image/png";
    body.extend(format!("--{EDGE}\r\n{head}\r\n\r\n").into_bytes());
    body.extend_from_slice(file);
    body.extend(format!("\r\n--{EDGE}--\r\n").into_bytes());
    (format!("multipart/form-data; boundary={EDGE}"), body)
}
