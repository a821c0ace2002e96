//! The hot paths, each as one operation that is repeated.
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use super::http::{Answer, Connection};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tenantry::world::sha256;

use super::world::{CALLBACK, EMAIL, PASSWORD, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// `/healthz`: an axum request that does nothing.
    Empty,
    Discovery,
    Jwks,
    ClientCredentials,
    /// Two requests: `/authorize` in an existing session, then `/token`.
    CodeToToken,
    RefreshRotation,
    Introspection,
    UserInfo,
    /// Three requests: `/authorize`, the login page, the form with its argon2id hash.
    PasswordLogin,
}

pub const ALL: &[Scenario] = &[
    Scenario::Empty,
    Scenario::Discovery,
    Scenario::Jwks,
    Scenario::ClientCredentials,
    Scenario::CodeToToken,
    Scenario::RefreshRotation,
    Scenario::Introspection,
    Scenario::UserInfo,
    Scenario::PasswordLogin,
];

/// What one connection carries from operation to operation.
#[derive(Default)]
pub struct State {
    /// A header line with the connection's session cookie.
    cookie: String,
    access_token: String,
    refresh_token: String,
}

impl Scenario {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::ClientCredentials => "client_credentials",
            Self::CodeToToken => "code_to_token",
            Self::RefreshRotation => "refresh_rotation",
            Self::Introspection => "introspection",
            Self::UserInfo => "userinfo",
            Self::PasswordLogin => "password_login",
        }
    }

    /// Password hashes wait in a bounded queue: more connections would only measure its refusals.
    pub const fn connections(self, asked: usize) -> usize {
        match self {
            Self::PasswordLogin if asked > 8 => 8,
            _ => asked,
        }
    }

    /// What an operation needs beforehand; not measured.
    pub async fn prepare(self, world: &World, number: usize, connection: &mut Connection) -> State {
        let mut state = State { cookie: format!("cookie: tenantry-session={}\r\n", world.sessions[number]), ..State::default() };
        if matches!(self, Self::RefreshRotation | Self::Introspection | Self::UserInfo) {
            let answer = code_to_token(world, connection, &state.cookie).await;
            state.access_token = answer.member("access_token");
            state.refresh_token = answer.member("refresh_token");
        }
        state
    }

    /// One operation. Panics when it does not succeed.
    pub async fn once(self, world: &World, connection: &mut Connection, state: &mut State) {
        match self {
            Self::Empty => expect(200, connection.get("/healthz", "").await),
            Self::Discovery => expect(200, connection.get("/.well-known/openid-configuration", "").await),
            Self::Jwks => expect(200, connection.get("/jwks", "").await),
            Self::ClientCredentials => expect(200, connection.post("/token", &world.machine, "grant_type=client_credentials").await),
            Self::CodeToToken => code_to_token(world, connection, &state.cookie).await,
            Self::RefreshRotation => {
                let form = format!("grant_type=refresh_token&refresh_token={}", state.refresh_token);
                let answer = expect(200, connection.post("/token", &world.web, &form).await);
                state.refresh_token = answer.member("refresh_token");
                answer
            }
            Self::Introspection => {
                let form = format!("token={}", state.access_token);
                let answer = expect(200, connection.post("/introspect", &world.web, &form).await);
                assert!(answer.body.contains("\"active\":true"), "{}", answer.body);
                answer
            }
            Self::UserInfo => {
                let bearer = format!("authorization: Bearer {}\r\n", state.access_token);
                expect(200, connection.get("/userinfo", &bearer).await)
            }
            Self::PasswordLogin => password_login(world, connection).await,
        };
    }
}

fn expect(status: u16, answer: Answer) -> Answer {
    assert_eq!(answer.status, status, "{}{}", answer.head, answer.body);
    answer
}

/// A code verifier that was never used before: a challenge serves once (RFC 7636 4.1).
fn verifier() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("load-{:032}-{:016}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn authorize(world: &World, verifier: &str) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
    let callback: String = url::form_urlencoded::byte_serialize(CALLBACK.as_bytes()).collect();
    format!(
        "/authorize?response_type=code&client_id={}&redirect_uri={callback}&scope=openid%20offline_access%20tenant\
         &state=s&nonce=n&code_challenge={challenge}&code_challenge_method=S256",
        world.web_id
    )
}

async fn code_to_token(world: &World, connection: &mut Connection, cookie: &str) -> Answer {
    let verifier = verifier();
    let sent_back = expect(303, connection.get(&authorize(world, &verifier), cookie).await);
    let code = parameter(sent_back.location(), "code");
    let callback: String = url::form_urlencoded::byte_serialize(CALLBACK.as_bytes()).collect();
    let form = format!("grant_type=authorization_code&code={code}&redirect_uri={callback}&code_verifier={verifier}");
    expect(200, connection.post("/token", &world.web, &form).await)
}

/// A browser without cookies signs in by password.
async fn password_login(world: &World, connection: &mut Connection) -> Answer {
    let to_login = expect(303, connection.get(&authorize(world, &verifier()), "").await);
    let mut cookies = String::from("cookie: ");
    for line in to_login.headers("set-cookie") {
        write!(cookies, "{};", line.split(';').next().unwrap_or_default()).expect("a String takes everything");
    }
    cookies.push_str("\r\n");
    let path = to_login.location().trim_start_matches(&*world.origin).to_owned();
    let page = expect(200, connection.get(&path, &cookies).await);
    let (csrf, flow) = (field(&page.body, "csrf"), field(&page.body, "flow"));
    let email: String = url::form_urlencoded::byte_serialize(EMAIL.as_bytes()).collect();
    let password = PASSWORD.replace(' ', "+");
    let form = format!("csrf={csrf}&flow={flow}&identifier={email}&password={password}");
    let origin = format!("{cookies}origin: {}\r\n", world.origin);
    let answer = expect(303, connection.post("/login", &origin, &form).await);
    assert!(answer.location().contains("code="), "{}", answer.location());
    answer
}

fn parameter(location: &str, name: &str) -> String {
    let url = url::Url::parse(location).unwrap_or_else(|_| panic!("not the application: {location}"));
    let found = url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    found.unwrap_or_else(|| panic!("no {name} in {location}"))
}

/// The value of a hidden field of a page.
fn field(page: &str, name: &str) -> String {
    let marker = format!("name=\"{name}\" value=\"");
    let start = page.find(&marker).unwrap_or_else(|| panic!("no field {name}")) + marker.len();
    page[start..].split('"').next().unwrap_or_default().to_owned()
}
