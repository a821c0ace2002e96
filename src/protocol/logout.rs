//! The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0, 2 and 3): who may end a session without a question,
//! and where the browser goes afterwards; how applications learn of it (Back-Channel and Front-Channel Logout 1.0) or
//! find it out (Session Management 1.0).
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::discovery::url;
use super::params::Params;
use super::response;
use crate::model::{Client, ClientId, PersonId, SessionId};
use crate::world::{Timestamp, sha256};

/// Where the page for `check_session_iframe` is, below the issuer.
pub const CHECK_SESSION: &str = "/session/check";
/// A logout token is good for this long (Back-Channel Logout 2.4: two minutes are plenty).
const TOKEN_TIME: Duration = Duration::from_secs(120);

/// What an `id_token_hint` of ours says. Its signature is verified, its expiry is not (RP-Initiated Logout 4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutHint {
    pub client: ClientId,
    pub person: PersonId,
    pub session: Option<SessionId>,
}

/// The browser's session, as far as the decision needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub person: PersonId,
    pub session: SessionId,
}

impl LogoutHint {
    /// Is the hint about this session? One without `sid` is about whatever session its person has.
    fn means(&self, signed_in: &SignedIn) -> bool {
        self.session.as_ref().map_or(self.person == signed_in.person, |session| *session == signed_in.session)
    }
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogoutPlan {
    /// Ask on a page of ours first; go there once confirmed.
    Confirm { redirect: Option<String> },
    /// End the session, then go there or show a page.
    End { redirect: Option<String> },
}

/// Whom does the request speak for? The caller looks that client up.
pub fn client_of(params: &Params, hint: Option<&LogoutHint>) -> Option<ClientId> {
    hint.map(|hint| hint.client.clone()).or_else(|| params.get("client_id").map(ClientId::from_text))
}

/// Decides. `hint` is a valid one or nothing; `client` is the one of [`client_of`], if it exists.
/// A hint of another session, even of the same person, ends none without a question (2: such a request is suspect).
/// A wrong parameter never redirects; at worst the person is asked (security.md A16).
pub fn plan(params: &Params, hint: Option<&LogoutHint>, client: Option<&Client>, signed_in: Option<&SignedIn>) -> LogoutPlan {
    // RP-Initiated Logout 2: client_id must be the one to which the hint was issued.
    let contradicted = hint.zip(params.get("client_id")).is_some_and(|(hint, id)| hint.client.as_str() != id);
    if contradicted || params.first_fault().is_some() {
        return LogoutPlan::Confirm { redirect: None };
    }
    let redirect = target(params, client);
    let refused = params.get("post_logout_redirect_uri").is_some() && redirect.is_none();
    match (hint, signed_in) {
        (Some(hint), Some(signed_in)) if !refused && hint.means(signed_in) => LogoutPlan::End { redirect },
        (Some(_), None) if !refused => LogoutPlan::End { redirect },
        _ => LogoutPlan::Confirm { redirect },
    }
}

/// RP-Initiated Logout 3: only by exact match, with `state` as it was sent.
fn target(params: &Params, client: Option<&Client>) -> Option<String> {
    let asked = params.get("post_logout_redirect_uri")?;
    let uri = client?.metadata.post_logout_redirect_uris.iter().find(|uri| *uri == asked)?;
    Some(match params.get("state") {
        Some(state) => response::append(uri, &[("state", state.to_owned())]),
        None => uri.clone(),
    })
}

/// The claims of a logout token (Back-Channel Logout 2.4). `jti` is a new one for each attempt.
pub fn logout_token(issuer: &str, client: &ClientId, sub: &str, session: Option<&SessionId>, jti: &str, now: Timestamp) -> Value {
    let mut claims = json!({
        "iss": issuer,
        "aud": client,
        "iat": now.seconds(),
        "exp": now.plus(TOKEN_TIME).seconds(),
        "jti": jti,
        "sub": sub,
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    if let Some(session) = session {
        claims["sid"] = json!(session);
    }
    claims
}

/// The page of a client that a hidden frame loads (Front-Channel Logout 2): always with both `iss` and `sid`.
pub fn frame_url(issuer: &str, client: &Client, session: &SessionId) -> Option<String> {
    let uri = client.metadata.frontchannel_logout_uri.as_ref()?;
    Some(response::append(uri, &[("iss", issuer.to_owned()), ("sid", session.to_string())]))
}

/// Session Management 2: what the check_session_iframe computes again from `browser_state`, the readable cookie.
/// `redirect_uri` tells the origin from which the client will ask.
pub fn session_state(client: &ClientId, redirect_uri: &str, browser_state: &str, salt: &str) -> Option<String> {
    let origin = ::url::Url::parse(redirect_uri).ok()?.origin();
    if !origin.is_tuple() {
        return None;
    }
    let hash = sha256(format!("{client} {} {browser_state} {salt}", origin.ascii_serialization()).as_bytes());
    let hex = hash.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    Some(format!("{hex}.{salt}"))
}

/// What discovery says about all this (Back-Channel Logout 2.1, Front-Channel Logout 3, Session Management 3.3).
pub fn metadata(issuer: &str) -> Map<String, Value> {
    let own = json!({
        "check_session_iframe": url(issuer, CHECK_SESSION),
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "frontchannel_logout_supported": true,
        "frontchannel_logout_session_supported": true,
    });
    own.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::client;

    const BYE: &str = "https://rp1.test/bye";

    fn planned(pairs: &[(&str, &str)], hint: Option<&str>, signed_in: Option<&str>) -> LogoutPlan {
        let mut client = client();
        client.metadata.post_logout_redirect_uris = vec![BYE.into()];
        let params = params(pairs);
        let hint = hint.map(|person| LogoutHint {
            client: ClientId::from_text("cli_1"),
            person: PersonId::from_text(person),
            session: Some(session_of(person)),
        });
        let found = client_of(&params, hint.as_ref()).filter(|id| *id == client.id).map(|_| &client);
        plan(&params, hint.as_ref(), found, signed_in.map(browser).as_ref())
    }

    fn session_of(person: &str) -> SessionId {
        SessionId::from_text(format!("ses_of_{person}"))
    }

    fn browser(person: &str) -> SignedIn {
        SignedIn { person: PersonId::from_text(person), session: session_of(person) }
    }

    #[test]
    fn a_hint_of_another_session_of_the_same_person_asks() {
        let (anna, now) = (PersonId::from_text("per_anna"), SignedIn { session: session_of("now"), ..browser("per_anna") });
        let hint = |session: Option<SessionId>| LogoutHint { client: ClientId::from_text("cli_1"), person: anna.clone(), session };
        let planned = |hint: LogoutHint| plan(&params(&[]), Some(&hint), Some(&client()), Some(&now));

        assert_eq!(planned(hint(Some(session_of("earlier")))), LogoutPlan::Confirm { redirect: None });
        assert_eq!(planned(hint(Some(session_of("now")))), LogoutPlan::End { redirect: None });
        assert_eq!(planned(hint(None)), LogoutPlan::End { redirect: None });
    }

    #[test]
    fn n05_a_logout_token_has_the_members_of_the_specification_and_no_others() {
        let now = Timestamp::from_seconds(1_000);

        let token = logout_token("https://id.test", &ClientId::from_text("cli_1"), "per_1", Some(&session_of("x")), "j", now);

        let expected = json!({
            "iss": "https://id.test", "aud": "cli_1", "iat": 1_000, "exp": 1_120, "jti": "j", "sub": "per_1", "sid": "ses_of_x",
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        assert_eq!(token, expected);
        let without = logout_token("https://id.test", &ClientId::from_text("cli_1"), "per_1", None, "j", now);
        assert!(without.get("sid").is_none());
    }

    #[test]
    fn a_session_state_depends_on_client_origin_browser_and_salt() {
        let state = |client: &str, uri: &str, browser: &str, salt: &str| session_state(&ClientId::from_text(client), uri, browser, salt);
        let one = state("cli_1", "https://rp.test/cb?x", "b", "s").unwrap();

        assert_eq!(one.split_once('.').unwrap().1, "s");
        assert_eq!(state("cli_1", "https://rp.test/other", "b", "s").as_ref(), Some(&one));
        for other in [
            state("cli_2", "https://rp.test/", "b", "s"),
            state("cli_1", "https://rp.test:8443/", "b", "s"),
            state("cli_1", "https://rp.test/", "c", "s"),
        ] {
            assert_ne!(other.as_ref(), Some(&one));
        }
        assert_eq!(state("cli_1", "com.example.app:/cb", "b", "s"), None, "an application without an origin asks nobody");
    }

    const ANNA: Option<&str> = Some("per_anna");

    #[test]
    fn a16_without_a_fitting_hint_the_person_is_asked() {
        assert_eq!(planned(&[], None, ANNA), LogoutPlan::Confirm { redirect: None });
        assert_eq!(planned(&[], Some("per_ben"), ANNA), LogoutPlan::Confirm { redirect: None });
        assert_eq!(planned(&[("client_id", "cli_2")], ANNA, ANNA), LogoutPlan::Confirm { redirect: None });
        assert_eq!(planned(&[("client_id", "cli_1"), ("client_id", "cli_1")], ANNA, ANNA), LogoutPlan::Confirm { redirect: None });
    }

    #[test]
    fn a16_foreign_targets_are_not_followed() {
        for uri in ["https://evil.test/", "https://rp1.test/bye/", "https://rp1.test/bye?x=1", "HTTPS://rp1.test/bye"] {
            let pairs = [("post_logout_redirect_uri", uri), ("state", "s")];
            assert_eq!(planned(&pairs, ANNA, ANNA), LogoutPlan::Confirm { redirect: None }, "{uri}");
        }
        assert_eq!(planned(&[("post_logout_redirect_uri", BYE)], None, ANNA), LogoutPlan::Confirm { redirect: None });
        let foreign = [("post_logout_redirect_uri", BYE), ("client_id", "cli_2")];
        assert_eq!(planned(&foreign, None, ANNA), LogoutPlan::Confirm { redirect: None });
    }

    #[test]
    fn a_fitting_hint_ends_the_session_and_state_comes_back() {
        let pairs = [("post_logout_redirect_uri", BYE), ("state", "a b&\"")];
        let back = Some("https://rp1.test/bye?state=a%20b%26%22".to_owned());

        assert_eq!(planned(&pairs, ANNA, ANNA), LogoutPlan::End { redirect: back.clone() });
        assert_eq!(planned(&pairs, ANNA, None), LogoutPlan::End { redirect: back.clone() });
        assert_eq!(planned(&[pairs[0], pairs[1], ("client_id", "cli_1")], None, ANNA), LogoutPlan::Confirm { redirect: back });
        assert_eq!(planned(&[], ANNA, ANNA), LogoutPlan::End { redirect: None });
    }
}
