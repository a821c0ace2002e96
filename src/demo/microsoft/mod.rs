//! A stand-in for Microsoft Entra ID with Entra's paths: metadata, keys, a page to choose an account, tokens.
pub mod directories;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};
use url::Url;

use super::DemoError;
use super::html::{El, el};
use super::site::{Page, Site, Tongue, finished, see_other};
use crate::keys::KeyRing;
use crate::model::SigningAlg;
use crate::world::{Timestamp, same, token::sha256};
use directories::{Account, CLIENT_ID, Directory, directory};

/// What its pages call it, so that nobody takes it for the real one.
pub const NAME: &str = "Stand-in for Microsoft";
const CODE_TIME: Duration = Duration::from_secs(600);
const TOKEN_SECONDS: i64 = 3600;
/// Codes that wait at most; more are refused.
const CODES: usize = 1000;

type Fields = HashMap<String, String>;

/// The stand-in with its key and the codes that wait to be redeemed.
#[derive(Clone)]
pub struct StandIn(Arc<Inner>);

struct Inner {
    site: Site,
    ring: KeyRing,
    /// The published key, shaped as Microsoft does: no `alg`, but an `issuer` (microsoft.md 1.1).
    jwk: Map<String, Value>,
    codes: Mutex<HashMap<String, Waiting>>,
}

/// A code and what it was issued for.
struct Waiting {
    tid: &'static str,
    account: &'static Account,
    redirect_uri: String,
    nonce: String,
    challenge: String,
    expires_at: Timestamp,
}

impl StandIn {
    /// Opens the key that was made with the world.
    ///
    /// # Errors
    /// [`DemoError::Making`] when it cannot be opened: the world's file belongs to another master key.
    pub fn new(site: &Site) -> Result<Self, DemoError> {
        let stored = &site.world.microsoft_key;
        let ring = KeyRing::load(&[stored.row()], &site.sealer)?;
        let unusable = |_| DemoError::Making("the stand-in's public key is not JSON".to_owned());
        let mut jwk: Map<String, Value> = serde_json::from_str(&stored.public_jwk).map_err(unusable)?;
        jwk.remove("alg");
        jwk.insert("issuer".into(), format!("{}/{{tenantid}}/v2.0", site.world.ports().microsoft()).into());
        Ok(Self(Arc::new(Inner { site: site.clone(), ring, jwk, codes: Mutex::default() })))
    }

    fn origin(&self) -> String {
        self.0.site.world.ports().microsoft()
    }

    /// Tenantry's callbacks are registered, of whatever connection.
    fn is_registered(&self, client_id: &str, redirect_uri: &str) -> bool {
        let callback = redirect_uri.strip_prefix(&self.0.site.world.ports().provider());
        let connection = callback.and_then(|path| path.strip_prefix("/federation/")?.strip_suffix("/callback"));
        client_id == CLIENT_ID && connection.is_some_and(|id| !id.is_empty() && !id.contains(['/', '?', '#']))
    }
}

pub fn router(stand_in: &StandIn) -> Router {
    let router = Router::new()
        .route("/{tid}/v2.0/.well-known/openid-configuration", get(discovery))
        .route("/{tid}/discovery/v2.0/keys", get(keys))
        .route("/{tid}/oauth2/v2.0/authorize", get(authorize).post(choose))
        .route("/{tid}/oauth2/v2.0/token", post(token))
        .with_state(stand_in.clone());
    finished(router, None)
}

/// As Entra answers for a directory that does not exist (AADSTS90002).
fn unknown_directory() -> Response {
    refusal(StatusCode::BAD_REQUEST, "invalid_tenant", 90002, "the directory is not known")
}

fn refusal(status: StatusCode, error: &str, number: u32, description: &str) -> Response {
    let text = format!("AADSTS{number}: {description}");
    (status, Json(json!({ "error": error, "error_description": text, "error_codes": [number] }))).into_response()
}

async fn discovery(State(stand_in): State<StandIn>, Path(tid): Path<String>) -> Response {
    if directory(&tid).is_none() {
        return unknown_directory();
    }
    let base = format!("{}/{tid}", stand_in.origin());
    Json(json!({
        "issuer": format!("{base}/v2.0"),
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
        "response_modes_supported": ["query"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "request_uri_parameter_supported": false,
    }))
    .into_response()
}

async fn keys(State(stand_in): State<StandIn>, Path(tid): Path<String>) -> Response {
    if directory(&tid).is_none() {
        return unknown_directory();
    }
    Json(json!({ "keys": [stand_in.0.jwk] })).into_response()
}

/// What of an authorization request is needed later. Refused requests never redirect.
struct Asked<'a> {
    redirect_uri: &'a str,
    state: &'a str,
    nonce: &'a str,
    challenge: &'a str,
}

fn asked<'a>(stand_in: &StandIn, fields: &'a Fields) -> Result<Asked<'a>, &'static str> {
    let text = |name: &str| fields.get(name).map_or("", String::as_str);
    if !stand_in.is_registered(text("client_id"), text("redirect_uri")) {
        return Err("AADSTS50011: the application or its redirect URI is not registered");
    }
    if text("response_type") != "code" || !text("scope").split(' ').any(|scope| scope == "openid") {
        return Err("AADSTS70016: only the code flow with scope openid is played here");
    }
    // RFC 7636 4.3; Tenantry always sends both, so their absence is a fault worth seeing.
    if text("code_challenge_method") != "S256" || text("code_challenge").len() != 43 || text("nonce").is_empty() {
        return Err("AADSTS9002325: PKCE (S256) and a nonce are demanded here");
    }
    Ok(Asked { redirect_uri: text("redirect_uri"), state: text("state"), nonce: text("nonce"), challenge: text("code_challenge") })
}

async fn authorize(State(stand_in): State<StandIn>, tongue: Tongue, Path(tid): Path<String>, Query(fields): Query<Fields>) -> Response {
    let Some(directory) = directory(&tid) else { return unknown_directory() };
    let asked = match asked(&stand_in, &fields) {
        Ok(asked) => asked,
        Err(fault) => return (StatusCode::BAD_REQUEST, fault).into_response(),
    };
    // No account stays signed in here.
    if fields.get("prompt").is_some_and(|prompt| prompt == "none") {
        return back(&asked, &[("error", "login_required"), ("error_description", "AADSTS50058: nobody is signed in")]);
    }
    choice(&stand_in, tongue, directory, &fields)
}

fn choice(stand_in: &StandIn, tongue: Tongue, directory: &Directory, fields: &Fields) -> Response {
    let title = tongue.say("Choose an account", "Konto wählen");
    let lead = tongue.say("This is not Microsoft. It plays the directory of:", "Das ist nicht Microsoft. Es spielt das Verzeichnis von:");
    let lead = el("p").class("lead").text(lead).text(" ").add(el("strong").text(directory.name));
    let head = el("div").class("head").add(el("h1").text(title)).add(lead);
    let accounts = directory.accounts.iter().enumerate().map(|(at, account)| {
        let text = el("span")
            .class("choice-text")
            .add(el("span").class("choice-name").text(account.name))
            .add(el("span").class("choice-sub").text(account.email))
            .add(el("span").class("choice-sub").text(tongue.of(account.about)));
        form(fields, &at.to_string(), el("button").class("choice").id(&format!("account-{at}")).add(text))
    });
    let cancel = form(fields, "cancel", el("button").class("secondary").id("cancel").text(tongue.say("Cancel", "Abbrechen")));
    let body = el("div").class("card").add(el("div").class("accounts").each(accounts)).add(cancel);
    // The request is in the address, which a link to the other language would drop.
    Page { translatable: false, ..Page::new(tongue, NAME, title) }.show(&stand_in.0.site, [head, body])
}

/// A form that carries the request on, with one button.
fn form(fields: &Fields, account: &str, button: El) -> El {
    let hidden = |(name, value): (&String, &String)| el("input").attr("type", "hidden").attr("name", name).attr("value", value);
    el("form")
        .attr("method", "post")
        .each(fields.iter().map(hidden))
        .add(button.attr("type", "submit").attr("name", "account").attr("value", account))
}

/// The choice on the page. The request is checked again: it came back through the browser.
async fn choose(State(stand_in): State<StandIn>, Path(tid): Path<String>, Form(fields): Form<Fields>) -> Response {
    let Some(directory) = directory(&tid) else { return unknown_directory() };
    let asked = match asked(&stand_in, &fields) {
        Ok(asked) => asked,
        Err(fault) => return (StatusCode::BAD_REQUEST, fault).into_response(),
    };
    let chosen = fields.get("account").map_or("", String::as_str);
    let account = chosen.parse::<usize>().ok().and_then(|at| directory.accounts.get(at));
    let Some(account) = account else {
        return back(&asked, &[("error", "access_denied"), ("error_subcode", "cancel"), ("error_description", "AADSTS65004: cancelled")]);
    };
    let (site, now) = (&stand_in.0.site, stand_in.0.site.now());
    let mut bytes = [0u8; 32];
    site.entropy.fill(&mut bytes);
    let code = URL_SAFE_NO_PAD.encode(bytes);
    let waiting = Waiting {
        tid: directory.tid,
        account,
        redirect_uri: asked.redirect_uri.to_owned(),
        nonce: asked.nonce.to_owned(),
        challenge: asked.challenge.to_owned(),
        expires_at: now.plus(CODE_TIME),
    };
    let mut codes = stand_in.0.codes.lock().expect("nobody panics while holding the codes");
    codes.retain(|_, waiting| waiting.expires_at > now);
    if codes.len() >= CODES {
        return (StatusCode::SERVICE_UNAVAILABLE, "AADSTS90055: too many sign-ins wait").into_response();
    }
    codes.insert(code.clone(), waiting);
    drop(codes);
    back(&asked, &[("code", &code)])
}

/// Back to Tenantry with the answer (RFC 6749 4.1.2), without the `iss` of RFC 9207, as Entra.
fn back(asked: &Asked<'_>, answer: &[(&str, &str)]) -> Response {
    let Ok(mut url) = Url::parse(asked.redirect_uri) else {
        return (StatusCode::BAD_REQUEST, "AADSTS50011: the redirect URI is none").into_response();
    };
    url.query_pairs_mut().extend_pairs(answer).append_pair("state", asked.state);
    see_other(url.as_str())
}

/// RFC 6749 4.1.3 with client_secret_post and PKCE (RFC 7636 4.6).
async fn token(State(stand_in): State<StandIn>, Path(tid): Path<String>, headers: HeaderMap, Form(fields): Form<Fields>) -> Response {
    let Some(directory) = directory(&tid) else { return unknown_directory() };
    let text = |name: &str| fields.get(name).map_or("", String::as_str);
    let site = &stand_in.0.site;
    let secret = site.world.microsoft_secret.as_bytes();
    if headers.contains_key("origin") || text("client_id") != CLIENT_ID || !same(text("client_secret").as_bytes(), secret) {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, "the application did not prove itself");
    }
    let waiting = stand_in.0.codes.lock().expect("nobody panics while holding the codes").remove(text("code"));
    let now = site.now();
    let verified = |waiting: &Waiting| {
        let challenge = URL_SAFE_NO_PAD.encode(sha256(text("code_verifier").as_bytes()));
        text("grant_type") == "authorization_code"
            && waiting.tid == directory.tid
            && waiting.expires_at > now
            && waiting.redirect_uri == text("redirect_uri")
            && waiting.challenge == challenge
    };
    let Some(waiting) = waiting.filter(verified) else {
        return refusal(StatusCode::BAD_REQUEST, "invalid_grant", 70_000, "the code is unknown, used, expired or was asked for otherwise");
    };
    let claims = claims(&stand_in, &waiting, now);
    match stand_in.0.ring.sign(SigningAlg::Rs256, "JWT", &claims) {
        Ok(id_token) => Json(json!({
            "token_type": "Bearer", "scope": "openid profile email", "expires_in": TOKEN_SECONDS,
            "access_token": "an access token for Microsoft Graph, which nobody plays here", "id_token": id_token,
        }))
        .into_response(),
        Err(error) => {
            tracing::error!(%error, "the stand-in cannot sign");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", 90_033, "signing failed")
        }
    }
}

/// The ID token (microsoft.md 1.5). A hostile directory writes into it what it likes.
fn claims(stand_in: &StandIn, waiting: &Waiting, now: Timestamp) -> Value {
    let (account, second) = (waiting.account, now.seconds());
    let tid = account.claimed_tid.unwrap_or(waiting.tid);
    let pairwise = URL_SAFE_NO_PAD.encode(sha256(format!("{}/{CLIENT_ID}", account.oid).as_bytes()));
    json!({
        "ver": "2.0", "iss": format!("{}/{tid}/v2.0", stand_in.origin()), "tid": tid, "oid": account.oid, "sub": pairwise,
        "aud": CLIENT_ID, "nonce": waiting.nonce, "iat": second, "nbf": second, "exp": second + TOKEN_SECONDS, "auth_time": second,
        "name": account.name, "email": account.email, "preferred_username": account.email, "xms_edov": true,
    })
}
