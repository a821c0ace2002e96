//! Order Desk, a web application that keeps a secret: code flow with PKCE, state and nonce; client_secret_basic.
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;
use url::Url;

use super::super::html::{El, el};
use super::super::site::{Page, Site, Tongue, button, cookie, finished, json_card, see_other, set_cookie};
use super::provider::{Metadata, Tokens, Trouble, tokens, userinfo};
use super::token::{Expected, Seen, examine, token_card};
use super::{random, vault};
use crate::world::{Timestamp, token::sha256};

const NAME: &str = "Order Desk";
/// Ports share cookies: the name must not be one of the provider's.
const COOKIE: &str = "demo-web-session";
/// Browsers that are remembered at most; the one seen longest ago makes room.
const SESSIONS: usize = 100;
/// Sign-ins that one browser may have begun at the same time.
const BEGUN: usize = 5;
const SCOPE: &str = "openid profile email offline_access tenant groups permissions locations";

type Parameters = Query<HashMap<String, String>>;

/// The application: its browsers, kept in memory.
#[derive(Clone)]
struct Desk {
    site: Site,
    sessions: Arc<Mutex<HashMap<String, Session>>>,
}

/// What the application remembers of one browser.
#[derive(Clone)]
struct Session {
    seen_at: Timestamp,
    begun: Vec<Begun>,
    signed_in: Option<SignedIn>,
    /// What the last step came to, shown once.
    news: Option<News>,
}

/// A sentence in English and German.
type Told = (&'static str, &'static str);

#[derive(Clone)]
enum News {
    Good(Told),
    Bad(Trouble),
}

/// A sign-in under way.
#[derive(Clone)]
struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    /// The page that asked for it.
    to: &'static str,
}

#[derive(Clone)]
struct SignedIn {
    tokens: Tokens,
    id_token: Option<Seen>,
    access_token: Seen,
    userinfo: Value,
}

pub fn router(site: &Site) -> Router {
    let desk = Desk { site: site.clone(), sessions: Arc::default() };
    let router = Router::new()
        .route("/", get(show))
        .route("/login", get(login))
        .route("/vault", get(vault))
        .route("/callback", get(callback))
        .route("/refresh", post(refresh))
        .route("/userinfo", post(ask_userinfo))
        .route("/logout", post(logout))
        .route("/signed-out", get(async || see_other("/")))
        .with_state(desk);
    finished(router, None)
}

impl Desk {
    /// Works on the session of this id, which is made if there is none.
    fn with<T>(&self, id: &str, work: impl FnOnce(&mut Session) -> T) -> T {
        let now = self.site.now();
        let mut sessions = self.sessions.lock().expect("nobody panics while working on a session");
        if sessions.len() >= SESSIONS && !sessions.contains_key(id) {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.seen_at).map(|(id, _)| id.clone());
            oldest.and_then(|id| sessions.remove(&id));
        }
        let fresh = || Session { seen_at: now, begun: Vec::new(), signed_in: None, news: None };
        let session = sessions.entry(id.to_owned()).or_insert_with(fresh);
        session.seen_at = now;
        work(session)
    }

    /// The browser's session id, if it names a session that is known.
    fn known(&self, headers: &HeaderMap) -> Option<String> {
        let id = cookie(headers, COOKIE)?;
        let sessions = self.sessions.lock().expect("nobody panics while working on a session");
        sessions.contains_key(&id).then_some(id)
    }

    /// Notes what a step came to and goes back to the page.
    fn back(&self, id: &str, outcome: Result<Told, Trouble>) -> Response {
        self.back_to(id, "/", outcome)
    }

    fn back_to(&self, id: &str, page: &str, outcome: Result<Told, Trouble>) -> Response {
        let news = outcome.map_or_else(News::Bad, News::Good);
        self.with(id, |session| session.news = Some(news));
        see_other(page)
    }
}

async fn show(State(desk): State<Desk>, tongue: Tongue, headers: HeaderMap) -> Response {
    let session = desk.known(&headers).map(|id| desk.with(&id, |session| (session.signed_in.clone(), session.news.take())));
    let (signed_in, news) = session.unwrap_or((None, None));
    let lead = tongue.say(
        "A web application with a secret. It speaks to Tenantry over HTTP alone, and believes a token only after all checks.",
        "Eine Webanwendung mit Geheimnis. Sie spricht mit Tenantry nur über HTTP und glaubt einem Token erst nach allen Prüfungen.",
    );
    let head =
        el("div").class("head").add(el("h1").text(NAME)).add(el("p").class("lead").text(lead)).add(news.map(|news| note(news, tongue)));
    let page = Page::new(tongue, NAME, tongue.say("Web application", "Webanwendung"));
    let Some(signed_in) = signed_in else {
        return page.show(&desk.site, [head, signed_out(tongue)]);
    };
    let mut parts = vec![head, actions(&signed_in, tongue)];
    parts.push(json_card("userinfo", &signed_in.userinfo));
    parts.extend(signed_in.id_token.iter().map(|seen| token_card(seen, tongue)));
    parts.push(token_card(&signed_in.access_token, tongue));
    page.show(&desk.site, parts)
}

/// The page that needs a second factor. Who has not proved one is sent to do that, and comes back here.
async fn vault(State(desk): State<Desk>, tongue: Tongue, headers: HeaderMap) -> Response {
    let id = desk.known(&headers);
    let signed_in = id.as_ref().and_then(|id| desk.with(id, |session| session.signed_in.clone()));
    let id_token = signed_in.and_then(|signed_in| signed_in.id_token);
    let Some(seen) = id_token.filter(|seen| vault::is_open(&seen.claims)) else {
        return see_other("/login?vault=1");
    };
    let news = id.and_then(|id| desk.with(&id, |session| session.news.take()));
    let title = tongue.say("Vault", "Tresor");
    let head = el("div").class("head").add(el("h1").text(title)).add(news.map(|news| note(news, tongue)));
    Page::new(tongue, NAME, title).show(&desk.site, [head, vault::content(&seen.claims, tongue)])
}

fn note(news: News, tongue: Tongue) -> El {
    match news {
        News::Good(told) => el("div").class("note note-good").id("news").attr("role", "status").add(el("p").text(tongue.of(told))),
        News::Bad(text) => el("div").class("note").id("news").attr("role", "alert").add(el("p").text(&text)),
    }
}

fn signed_out(tongue: Tongue) -> El {
    let link = |url: &str, id: &str, class: &str, text: &str| el("a").class(class).attr("href", url).id(id).text(text);
    let text = tongue.say("Nobody is signed in here.", "Hier ist niemand angemeldet.");
    let actions = el("div")
        .class("actions")
        .add(link("/login", "sign-in", "button primary", tongue.say("Sign in with Tenantry", "Mit Tenantry anmelden")))
        .add(link(
            "/login?silent=1",
            "silent",
            "button secondary",
            tongue.say("Try without asking (prompt=none)", "Ohne Rückfrage versuchen (prompt=none)"),
        ));
    el("section").class("card").add(el("p").text(text)).add(actions)
}

fn actions(signed_in: &SignedIn, tongue: Tongue) -> El {
    let text = |claims: &Value, name: &str| claims[name].as_str().unwrap_or("-").to_owned();
    let id_token = signed_in.id_token.as_ref().map_or(&Value::Null, |seen| &seen.claims);
    let row = |term: &str, value: &str| el("div").add(el("dt").text(term)).add(el("dd").add(el("bdi").text(value)));
    let facts = el("dl")
        .class("facts facts-strong")
        .add(row(tongue.say("Signed in", "Angemeldet"), &text(&signed_in.userinfo, "name")))
        .add(row(tongue.say("Tenant", "Mandant"), &text(id_token, "tenant_name")))
        .add(row("acr", &text(id_token, "acr")));
    let link = |url: &str, id: &str, text: &str| el("a").class("button secondary").attr("href", url).id(id).text(text);
    let actions = el("div")
        .class("actions")
        .add(button("/refresh", "refresh", "primary", tongue.say("Renew tokens", "Token erneuern")))
        .add(button("/userinfo", "userinfo", "secondary", tongue.say("Ask userinfo", "Userinfo fragen")))
        .add(link("/login?switch=1", "switch", tongue.say("Switch tenant", "Mandant wechseln")))
        .add(link("/vault", "vault", tongue.say("Needs a second factor", "Braucht zweiten Faktor")))
        .add(link("/login?stronger=1", "stronger", tongue.say("Strong second factor", "Starker zweiter Faktor")))
        .add(button("/logout", "logout", "secondary", tongue.say("Sign out", "Abmelden")));
    el("section").class("card").add(facts).add(actions)
}

/// Sends the browser to the authorization endpoint (OpenID Connect Core 3.1.2.1). `switch`, `stronger`, `silent`,
/// `fresh` and `hint` choose what is asked for.
async fn login(State(desk): State<Desk>, headers: HeaderMap, Query(wish): Parameters) -> Response {
    let id = desk.known(&headers).unwrap_or_else(|| random(&*desk.site.entropy));
    let mut response = match begin(&desk, &id, &wish).await {
        Ok(url) => see_other(url.as_str()),
        Err(trouble) => desk.back(&id, Err(trouble)),
    };
    set_cookie(&mut response, COOKIE, &id);
    response
}

async fn begin(desk: &Desk, id: &str, wish: &HashMap<String, String>) -> Result<Url, Trouble> {
    let site = &desk.site;
    let metadata = Metadata::fetch(site).await?;
    let to = if wish.contains_key("vault") { "/vault" } else { "/" };
    let begun = Begun { to, state: random(&*site.entropy), nonce: random(&*site.entropy), verifier: random(&*site.entropy) };
    let challenge = URL_SAFE_NO_PAD.encode(sha256(begun.verifier.as_bytes()));
    let mut url = Url::parse(&metadata.authorization_endpoint).map_err(|error| format!("discovery: {error}"))?;
    let redirect = format!("{}/callback", site.world.ports().web());
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &site.world.web.client_id)
        .append_pair("redirect_uri", &redirect)
        .append_pair("scope", SCOPE)
        .append_pair("state", &begun.state)
        .append_pair("nonce", &begun.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    let wishes = [
        ("switch", "prompt", "select_tenant"),
        ("silent", "prompt", "none"),
        ("fresh", "prompt", "login"),
        ("stronger", "acr_values", vault::DEMANDED),
        ("vault", "acr_values", vault::DEMANDED),
        ("vault", "claims", &vault::claims()),
    ];
    for (_, name, value) in wishes.iter().filter(|(wished, ..)| wish.contains_key(*wished)) {
        url.query_pairs_mut().append_pair(name, value);
    }
    if let Some(hint) = wish.get("hint") {
        url.query_pairs_mut().append_pair("login_hint", hint);
    }
    desk.with(id, |session| {
        session.begun.push(begun);
        if session.begun.len() > BEGUN {
            session.begun.remove(0);
        }
    });
    Ok(url)
}

/// The provider's answer (OpenID Connect Core 3.1.2.5).
async fn callback(State(desk): State<Desk>, headers: HeaderMap, Query(answer): Parameters) -> Response {
    let Some(id) = desk.known(&headers) else { return see_other("/") };
    let (outcome, to) = match arrive(&desk, &id, &answer).await {
        Ok((told, to)) => (Ok(told), to),
        Err(trouble) => (Err(trouble), "/"),
    };
    // A new id for the signed-in browser: one that was known before is worthless (session fixation).
    let fresh = random(&*desk.site.entropy);
    let moved = desk.sessions.lock().expect("nobody panics while working on a session").remove(&id);
    if let Some(session) = moved {
        desk.with(&fresh, |place| *place = session);
    }
    let mut response = desk.back_to(&fresh, to, outcome);
    set_cookie(&mut response, COOKIE, &fresh);
    response
}

async fn arrive(desk: &Desk, id: &str, answer: &HashMap<String, String>) -> Result<(Told, &'static str), Trouble> {
    let site = &desk.site;
    let state = answer.get("state").map_or("", String::as_str);
    let begun = desk.with(id, |session| {
        let at = session.begun.iter().position(|begun| begun.state == state)?;
        Some(session.begun.remove(at))
    });
    let begun = begun.ok_or("the answer belongs to no sign-in that this browser began (state)")?;
    let metadata = Metadata::fetch(site).await?;
    // RFC 9207 2.4
    if answer.get("iss") != Some(&metadata.issuer) {
        return Err("the answer does not come from our provider (iss)".to_owned());
    }
    if let Some(error) = answer.get("error") {
        return Err(format!("{error}: {}", answer.get("error_description").map_or("-", String::as_str)));
    }
    let code = answer.get("code").ok_or("the answer holds no code")?;
    let redirect = format!("{}/callback", site.world.ports().web());
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", redirect.as_str()),
        ("code_verifier", begun.verifier.as_str()),
    ];
    let fresh = tokens(site, &metadata.token_endpoint, &site.world.web, &form).await?;
    let signed_in = believe(site, &metadata, fresh, Some(&begun.nonce)).await?;
    // OpenID Connect Core 5.5.1.1: an essential acr is checked here too. Otherwise the page would send the browser off again.
    if begun.to == "/vault" && !signed_in.id_token.as_ref().is_some_and(|seen| vault::is_open(&seen.claims)) {
        return Err("the id_token does not say that a second factor was proved (acr)".to_owned());
    }
    desk.with(id, |session| session.signed_in = Some(signed_in));
    Ok((("Signed in.", "Angemeldet."), begun.to))
}

/// Verifies fresh tokens; they are taken only if every check is good.
async fn believe(site: &Site, metadata: &Metadata, tokens: Tokens, nonce: Option<&str>) -> Result<SignedIn, Trouble> {
    let (keys, now) = (metadata.keys(site).await?, site.now());
    let own = &site.world.web.client_id;
    let identity = Expected { issuer: &metadata.issuer, audience: own, typ: None, nonce, access_token: Some(&tokens.access_token) };
    let id_token = tokens.id_token.as_ref().map(|token| examine("id_token", token, &keys, &identity, now));
    let access = Expected { issuer: &metadata.issuer, audience: &metadata.issuer, typ: Some("at+jwt"), nonce: None, access_token: None };
    let access_token = examine("access_token", &tokens.access_token, &keys, &access, now);
    let bad = id_token.iter().chain([&access_token]).find(|seen| !seen.is_good());
    match bad.and_then(|seen| Some((seen.title, seen.checks.iter().find(|check| !check.good)?))) {
        Some((title, check)) => Err(format!("the {title} was refused: {} {}", check.name, check.detail)),
        None => {
            let userinfo = told_by_userinfo(site, metadata, &tokens, id_token.as_ref()).await?;
            Ok(SignedIn { tokens, id_token, access_token, userinfo })
        }
    }
}

/// OpenID Connect Core 5.3.2: what userinfo says counts only about the person of the id_token.
async fn told_by_userinfo(site: &Site, metadata: &Metadata, tokens: &Tokens, id_token: Option<&Seen>) -> Result<Value, Trouble> {
    let claims = userinfo(site, &metadata.userinfo_endpoint, &tokens.access_token).await?;
    if id_token.is_some_and(|seen| seen.claims["sub"] != claims["sub"]) {
        return Err("userinfo speaks of somebody else (sub)".to_owned());
    }
    Ok(claims)
}

async fn refresh(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let Some(id) = desk.known(&headers) else { return see_other("/") };
    let outcome = renew(&desk, &id).await;
    desk.back(&id, outcome)
}

/// RFC 6749 6, OpenID Connect Core 12.
async fn renew(desk: &Desk, id: &str) -> Result<Told, Trouble> {
    let site = &desk.site;
    let before = desk.with(id, |session| session.signed_in.clone()).ok_or("nobody is signed in")?;
    let token = before.tokens.refresh_token.clone().ok_or("there is no refresh token")?;
    let metadata = Metadata::fetch(site).await?;
    let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
    let mut fresh = tokens(site, &metadata.token_endpoint, &site.world.web, &form).await?;
    fresh.refresh_token = fresh.refresh_token.or(Some(token));
    let mut now = believe(site, &metadata, fresh, None).await?;
    // OpenID Connect Core 12.2: still the same person.
    let subject = |one: &SignedIn| one.id_token.as_ref().map(|seen| seen.claims["sub"].clone());
    if now.id_token.is_some() && subject(&now) != subject(&before) {
        return Err("the renewed id_token speaks of somebody else (sub)".to_owned());
    }
    now.id_token = now.id_token.or(before.id_token);
    desk.with(id, |session| session.signed_in = Some(now));
    Ok(("The tokens were renewed.", "Die Token wurden erneuert."))
}

async fn ask_userinfo(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let Some(id) = desk.known(&headers) else { return see_other("/") };
    let outcome = informed(&desk, &id).await;
    desk.back(&id, outcome)
}

async fn informed(desk: &Desk, id: &str) -> Result<Told, Trouble> {
    let signed_in = desk.with(id, |session| session.signed_in.clone()).ok_or("nobody is signed in")?;
    let metadata = Metadata::fetch(&desk.site).await?;
    let claims = told_by_userinfo(&desk.site, &metadata, &signed_in.tokens, signed_in.id_token.as_ref()).await?;
    desk.with(id, |session| {
        if let Some(signed_in) = &mut session.signed_in {
            signed_in.userinfo = claims;
        }
    });
    Ok(("Userinfo answered.", "Userinfo hat geantwortet."))
}

/// Forgets the person here and sends the browser to end the session there (RP-Initiated Logout 2).
async fn logout(State(desk): State<Desk>, headers: HeaderMap) -> Response {
    let Some(id) = desk.known(&headers) else { return see_other("/") };
    let signed_in = desk.with(&id, |session| session.signed_in.take());
    let hint = signed_in.and_then(|signed_in| signed_in.tokens.id_token);
    let metadata = match Metadata::fetch(&desk.site).await {
        Ok(metadata) => metadata,
        Err(trouble) => return desk.back(&id, Err(trouble)),
    };
    let Ok(mut url) = Url::parse(&metadata.end_session_endpoint) else { return see_other("/") };
    let back = format!("{}/signed-out", desk.site.world.ports().web());
    url.query_pairs_mut().append_pair("client_id", &desk.site.world.web.client_id).append_pair("post_logout_redirect_uri", &back);
    if let Some(hint) = hint {
        url.query_pairs_mut().append_pair("id_token_hint", &hint);
    }
    desk.with(&id, |session| session.news = Some(News::Good(("Signed out.", "Abgemeldet."))));
    see_other(url.as_str())
}
