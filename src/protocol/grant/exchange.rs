//! `grant_type=urn:ietf:params:oauth:grant-type:token-exchange` (RFC 8693): an access token of ours becomes another one
//! that is never wider: fewer scopes, fewer resource servers, another tenant of the same person, an actor beside.
use serde_json::{Value, json};

use crate::model::{Client, ClientId, GrantType};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::params::Params;
use crate::protocol::resources;
use crate::protocol::scope::Scopes;
use crate::world::Secret;

/// RFC 8693 3.
pub const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
pub const REFRESH_TOKEN: &str = "urn:ietf:params:oauth:token-type:refresh_token";
pub const ID_TOKEN: &str = "urn:ietf:params:oauth:token-type:id_token";
/// RFC 8693 2.2.1: what is issued is not an access token.
pub const NOT_APPLICABLE: &str = "N_A";
/// An actor acts for an actor acts for … at most so often.
const MAX_ACTORS: usize = 4;

/// What the client wants to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    AccessToken,
    RefreshToken,
    IdToken,
}

impl Requested {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => ACCESS_TOKEN,
            Self::RefreshToken => REFRESH_TOKEN,
            Self::IdToken => ID_TOKEN,
        }
    }
}

#[derive(Clone, Debug)]
pub struct ExchangeRequest {
    pub subject_token: Secret<String>,
    pub actor_token: Option<Secret<String>>,
    pub requested: Requested,
    pub scope: Option<Scopes>,
    /// `audience` and `resource`: names of resource servers.
    pub targets: Vec<String>,
    pub tenant: Option<String>,
}

impl ExchangeRequest {
    pub(super) fn read(params: &Params) -> Result<Self, OAuthError> {
        let subject_token = Secret::from(params.require("subject_token")?);
        // RFC 8693 2.1: only access tokens of ours stand for a person here.
        if params.require("subject_token_type")? != ACCESS_TOKEN {
            return Err(refused("subject_token_type must be that of an access token", Reason::ExchangeTokenType));
        }
        let actor_token = match (params.get("actor_token"), params.get("actor_token_type")) {
            (None, None) => None,
            (Some(token), Some(ACCESS_TOKEN)) => Some(Secret::from(token)),
            _ => return Err(refused("actor_token and actor_token_type do not fit", Reason::ExchangeTokenType)),
        };
        let requested = match params.get("requested_token_type") {
            None | Some(ACCESS_TOKEN) => Requested::AccessToken,
            Some(REFRESH_TOKEN) => Requested::RefreshToken,
            Some(ID_TOKEN) => Requested::IdToken,
            Some(_) => return Err(refused("requested_token_type is not supported", Reason::ExchangeTokenType)),
        };
        Ok(Self {
            subject_token,
            actor_token,
            requested,
            scope: params.get("scope").map(Scopes::parse),
            targets: targets(params)?,
            tenant: params.get("tenant").map(str::to_owned),
        })
    }
}

/// RFC 8693 2.1 `audience`, RFC 8707 2 `resource`: both name where the token will be used.
fn targets(params: &Params) -> Result<Vec<String>, OAuthError> {
    let mut names = resources::named(params)?;
    names.extend(params.get("audience").map(str::to_owned));
    names.sort();
    names.dedup();
    Ok(names)
}

/// RFC 8693 2.2.2: a token that is invalid or not acceptable is an `invalid_request`.
fn refused(text: &'static str, reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, text, reason)
}

/// The subject token is not a living access token of a person.
pub fn unusable() -> OAuthError {
    refused("subject_token is not a living access token of a person", Reason::ExchangeSubject)
}

/// May this client exchange this request's token, which was issued to `holder`? Only its own, unless the operator
/// registered otherwise; another client's only under its own name, in the same tenant, as an access token.
///
/// # Errors
/// `invalid_request` (RFC 8693 2.2.2).
pub fn check(request: &ExchangeRequest, client: &Client, holder: &ClientId) -> Result<(), OAuthError> {
    let metadata = &client.metadata;
    let own = *holder == client.id;
    let listed = metadata.token_exchange_subject_clients.iter().any(|id| id == holder.as_str());
    // A public client proves nothing: whoever finds another client's token could exchange it.
    if !own && (!listed || client.is_public()) {
        return Err(refused("subject_token was issued to another client", Reason::ExchangeNotAllowed));
    }
    if request.actor_token.is_some() && (!metadata.token_exchange_may_act || client.is_public()) {
        return Err(refused("The client may not act for a person", Reason::ExchangeActor));
    }
    let delegated = !own || request.actor_token.is_some();
    if delegated && (request.requested != Requested::AccessToken || request.tenant.is_some()) {
        let text = "A delegated token is an access token of the same tenant";
        return Err(refused(text, Reason::ExchangeNotAllowed));
    }
    Ok(())
}

/// The actor must be this client itself: its own client_credentials token (`sub` = `client_id`, no person).
///
/// # Errors
/// `invalid_request` (RFC 8693 2.2.2).
pub fn check_actor(client: &Client, holder: &ClientId, is_person: bool) -> Result<(), OAuthError> {
    if *holder == client.id && !is_person {
        return Ok(());
    }
    Err(refused("actor_token is not a token of the client itself", Reason::ExchangeActor))
}

/// The `act` claim (RFC 8693 4.1): who acts now, and within it who acted before.
///
/// # Errors
/// `invalid_request` when the chain is too long.
pub fn actor(actor: &ClientId, before: Option<&Value>) -> Result<Value, OAuthError> {
    let mut depth = 1;
    let mut at = before;
    while let Some(inner) = at {
        depth += 1;
        at = inner.get("act");
    }
    if depth > MAX_ACTORS {
        return Err(refused("Too many actors stand in a row", Reason::ExchangeActor));
    }
    let mut claim = json!({ "sub": actor, "client_id": actor });
    if let Some(before) = before {
        claim["act"] = before.clone();
    }
    Ok(claim)
}

/// The scopes of the answer: never more than the subject token has, none that the client may not have (security.md B28).
/// `offline_access` only on demand, and only for the client's own token.
///
/// # Errors
/// `invalid_scope`.
pub fn scopes(request: &ExchangeRequest, held: &Scopes, client: &Client, holder: &ClientId) -> Result<Scopes, OAuthError> {
    let invalid = |text, reason| OAuthError::new(ErrorCode::InvalidScope, text, reason);
    let mut allowed = client.metadata.scopes.clone();
    let lasting = *holder == client.id && client.metadata.grant_types.contains(&GrantType::RefreshToken);
    allowed.retain(|scope| scope != "offline_access" || (lasting && request.scope.is_some()));
    let asked = request.scope.as_ref().unwrap_or(held);
    if !asked.is_subset_of(held) {
        return Err(invalid("scope exceeds that of subject_token", Reason::ScopeGrew));
    }
    let scopes = asked.only(&allowed);
    if scopes.is_empty() {
        return Err(invalid("No scope that this client may have is left", Reason::ScopeEmpty));
    }
    let needed = match request.requested {
        Requested::AccessToken => None,
        Requested::IdToken => Some("openid"),
        Requested::RefreshToken => Some("offline_access"),
    };
    if needed.is_some_and(|scope| !scopes.contains(scope)) {
        return Err(invalid("The requested type of token needs a scope that is not there", Reason::ScopeNotAllowed));
    }
    Ok(scopes)
}

/// The resource servers of the answer: those asked for, each of which the subject token must be good for already. The
/// token of another client is not for our userinfo, which tells the person's own application who signed in.
///
/// # Errors
/// `invalid_target` (RFC 8693 2.2.2), also when nothing is left: an empty list would mean all of this client's.
pub fn audience(request: &ExchangeRequest, held: &[String], own: bool, issuer: &str) -> Result<Vec<String>, OAuthError> {
    let usable: Vec<String> = held.iter().filter(|name| own || *name != issuer).cloned().collect();
    if usable.is_empty() || !request.targets.iter().all(|name| usable.contains(name)) {
        let text = "subject_token is not good for this resource server";
        return Err(OAuthError::new(ErrorCode::InvalidTarget, text, Reason::ExchangeTarget));
    }
    Ok(if request.targets.is_empty() { usable } else { request.targets.clone() })
}

/// The token is bound to a key that this request does not prove (RFC 9449 5, RFC 8705 3).
pub fn unbound() -> OAuthError {
    refused("subject_token is bound to a key that was not proved", Reason::ExchangeBinding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AuthMethod;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::client;

    fn request(more: &[(&str, &str)]) -> Result<ExchangeRequest, Reason> {
        let pairs = [&[("subject_token", "x.y.z"), ("subject_token_type", ACCESS_TOKEN)][..], more].concat();
        ExchangeRequest::read(&params(&pairs)).map_err(|e| e.reason)
    }

    fn asked(more: &[(&str, &str)]) -> ExchangeRequest {
        request(more).expect("well formed")
    }

    #[test]
    fn only_the_token_types_that_exist_are_taken() {
        let wrong = |pairs: &[(&str, &str)]| ExchangeRequest::read(&params(pairs)).expect_err("must be refused").reason;

        assert_eq!(wrong(&[("subject_token_type", ACCESS_TOKEN)]), Reason::ParameterMissing);
        assert_eq!(wrong(&[("subject_token", "x"), ("subject_token_type", ID_TOKEN)]), Reason::ExchangeTokenType);
        assert_eq!(request(&[("requested_token_type", "urn:x")]).err(), Some(Reason::ExchangeTokenType));
        assert_eq!(request(&[("actor_token", "x")]).err(), Some(Reason::ExchangeTokenType));
        assert_eq!(request(&[("actor_token_type", ACCESS_TOKEN)]).err(), Some(Reason::ExchangeTokenType));
        assert_eq!(asked(&[("requested_token_type", ID_TOKEN)]).requested, Requested::IdToken);
    }

    #[test]
    fn b28_another_clients_token_is_exchanged_only_where_that_is_registered() {
        let (own, other) = (ClientId::from_text("cli_1"), ClientId::from_text("cli_2"));
        let mut client = client();
        let tried = |client: &Client, holder: &ClientId, more: &[(&str, &str)]| check(&asked(more), client, holder).err().map(|e| e.reason);

        assert_eq!(tried(&client, &own, &[]), None);
        assert_eq!(tried(&client, &other, &[]), Some(Reason::ExchangeNotAllowed));
        client.metadata.token_exchange_subject_clients = vec!["cli_2".into()];
        assert_eq!(tried(&client, &other, &[]), None);
        assert_eq!(tried(&client, &other, &[("tenant", "globex")]), Some(Reason::ExchangeNotAllowed));
        assert_eq!(tried(&client, &other, &[("requested_token_type", ID_TOKEN)]), Some(Reason::ExchangeNotAllowed));
        client.metadata.token_endpoint_auth_method = AuthMethod::None;
        assert_eq!(tried(&client, &other, &[]), Some(Reason::ExchangeNotAllowed));
    }

    #[test]
    fn n10_an_actor_is_the_client_itself_and_registered_for_it() {
        let (own, other) = (ClientId::from_text("cli_1"), ClientId::from_text("cli_2"));
        let with_actor = asked(&[("actor_token", "x.y.z"), ("actor_token_type", ACCESS_TOKEN)]);
        let mut client = client();

        assert_eq!(check(&with_actor, &client, &own).err().map(|e| e.reason), Some(Reason::ExchangeActor));
        client.metadata.token_exchange_may_act = true;
        assert_eq!(check(&with_actor, &client, &own), Ok(()));
        assert_eq!(check_actor(&client, &own, false), Ok(()));
        assert_eq!(check_actor(&client, &own, true).err().map(|e| e.reason), Some(Reason::ExchangeActor));
        assert_eq!(check_actor(&client, &other, false).err().map(|e| e.reason), Some(Reason::ExchangeActor));
    }

    #[test]
    fn actors_stand_within_each_other_up_to_a_limit() {
        let mut chain = None;
        for n in 1..=4 {
            chain = Some(actor(&ClientId::from_text(format!("cli_{n}")), chain.as_ref()).expect("short enough"));
        }

        let chain = chain.expect("four actors");
        assert_eq!(chain["sub"], "cli_4");
        assert_eq!(chain["act"]["act"]["act"]["sub"], "cli_1");
        assert_eq!(actor(&ClientId::from_text("cli_5"), Some(&chain)).err().map(|e| e.reason), Some(Reason::ExchangeActor));
    }

    #[test]
    fn b28_the_answer_is_never_wider_than_the_token() {
        let (own, held) = (ClientId::from_text("cli_1"), Scopes::parse("openid tenant offline_access"));
        let tried = |more: &[(&str, &str)]| scopes(&asked(more), &held, &client(), &own).map(|s| s.to_string()).map_err(|e| e.reason);

        assert_eq!(tried(&[]), Ok("openid tenant".into()));
        assert_eq!(tried(&[("scope", "tenant")]), Ok("tenant".into()));
        assert_eq!(tried(&[("scope", "tenant offline_access")]), Ok("offline_access tenant".into()));
        assert_eq!(tried(&[("scope", "tenant groups")]), Err(Reason::ScopeGrew));
        assert_eq!(tried(&[("scope", "tenant"), ("requested_token_type", ID_TOKEN)]), Err(Reason::ScopeNotAllowed));
        let other = ClientId::from_text("cli_2");
        let foreign = scopes(&asked(&[("scope", "offline_access")]), &held, &client(), &other);
        assert_eq!(foreign.map_err(|e| e.reason), Err(Reason::ScopeEmpty));
    }

    #[test]
    fn b28_resource_servers_can_only_become_fewer() {
        let held = ["https://a.test".to_owned(), "https://b.test".to_owned()];
        let tried = |more: &[(&str, &str)], own| audience(&asked(more), &held, own, &held[0]).map_err(|e| (e.code, e.reason));
        let refused = Err((ErrorCode::InvalidTarget, Reason::ExchangeTarget));

        assert_eq!(tried(&[], true), Ok(held.to_vec()));
        assert_eq!(tried(&[("audience", "https://b.test")], true), Ok(vec![held[1].clone()]));
        assert_eq!(tried(&[("resource", "https://b.test")], true), Ok(vec![held[1].clone()]));
        assert_eq!(tried(&[("resource", "https://b.test"), ("audience", "https://a.test")], true), Ok(held.to_vec()));
        assert_eq!(tried(&[("audience", "https://c.test")], true), refused);
        assert_eq!(tried(&[("resource", "https://c.test"), ("audience", "https://a.test")], true), refused);
        assert_eq!(tried(&[], false), Ok(vec![held[1].clone()]), "the userinfo of another client is not its");
        assert_eq!(tried(&[("audience", "https://a.test")], false), refused);
        assert_eq!(audience(&asked(&[]), &held[..1], false, &held[0]).map_err(|e| (e.code, e.reason)), refused);
        assert_eq!(request(&[("resource", "x")]).err(), Some(Reason::TargetMalformed));
        assert_eq!((unusable().reason, unbound().reason), (Reason::ExchangeSubject, Reason::ExchangeBinding));
    }
}
