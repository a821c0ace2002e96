//! Resource indicators (RFC 8707): which resource servers an authorization, and each access token of it, is for.
use serde_json::Value;
use url::Url;

use super::details;
use super::error::{ErrorCode, OAuthError, Reason};
use super::params::Params;
use super::scope::Scopes;
use crate::model::{AccessTokenFormat, Api, Apis, Client, GrantTerms};

/// May this name an API? An absolute URI without fragment (RFC 8707 2).
pub fn is_identifier(text: &str) -> bool {
    text.len() <= 512 && !text.contains('#') && text.bytes().all(|b| b.is_ascii_graphic()) && Url::parse(text).is_ok()
}

fn refused(text: &'static str, reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidTarget, text, reason)
}

/// The resource servers that a request names, each once.
///
/// # Errors
/// `invalid_target` for what is no absolute URI without fragment (RFC 8707 2).
pub fn named(params: &Params) -> Result<Vec<String>, OAuthError> {
    let mut names: Vec<String> = params.all("resource").to_vec();
    if !names.iter().all(|name| is_identifier(name)) {
        return Err(refused("resource must be an absolute URI without fragment", Reason::TargetMalformed));
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// May the client have tokens for all of these? Only for the APIs that it is registered for.
///
/// # Errors
/// `invalid_target`.
pub fn check(names: &[String], client: &Client) -> Result<(), OAuthError> {
    let known = |name: &String| client.metadata.audiences.contains(name);
    if names.iter().all(known) { Ok(()) } else { Err(refused("The client may not use this resource", Reason::TargetNotAllowed)) }
}

/// What a request at the token endpoint asks for, beside scopes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    pub resources: Vec<String>,
    pub details: Vec<Value>,
}

impl Asked {
    /// # Errors
    /// `invalid_target`, `invalid_authorization_details`.
    pub fn read(params: &Params) -> Result<Self, OAuthError> {
        Ok(Self { resources: named(params)?, details: details::parse(params.get("authorization_details"))? })
    }
}

/// What one access token is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Identifiers of resource servers; our own userinfo is not among them.
    pub audience: Vec<String>,
    /// Does the token answer for our userinfo too? Not when the request names its resource servers (RFC 8707 2.2).
    pub with_userinfo: bool,
    pub scopes: Scopes,
    pub details: Vec<Value>,
    pub format: AccessTokenFormat,
    pub minutes: u32,
}

/// Decides what an access token is for: what the request asks for, within the terms of its grant, within what the client
/// is registered for now (RFC 8707 2.2). Scopes and details of other APIs are not in it. Our userinfo is a resource too,
/// by the name of the issuer: `openid` asks for it.
///
/// # Errors
/// `invalid_target`, `invalid_authorization_details`.
pub fn target(
    asked: &Asked,
    terms: &GrantTerms,
    client: &Client,
    apis: &Apis,
    scopes: &Scopes,
    issuer: &str,
) -> Result<Target, OAuthError> {
    let registered = &client.metadata.audiences;
    let (possible, userinfo): (Vec<String>, bool) = match terms.resources.as_slice() {
        [] => (registered.clone(), scopes.contains("openid") || registered.is_empty()),
        granted => {
            let usable = granted.iter().filter(|name| registered.contains(name)).cloned().collect();
            (usable, granted.iter().any(|name| name == issuer))
        }
    };
    if !asked.resources.iter().all(|name| possible.contains(name) || userinfo && name == issuer) {
        return Err(refused("resource was not granted, or is not one of this client", Reason::TargetNotAllowed));
    }
    if possible.is_empty() && !userinfo {
        return Err(refused("The client may no longer use the granted resources", Reason::TargetNotAllowed));
    }
    let mut audience = if asked.resources.is_empty() { possible } else { asked.resources.clone() };
    audience.retain(|name| name != issuer);
    let with_userinfo = userinfo && (asked.resources.is_empty() || asked.resources.iter().any(|name| name == issuer));
    let granted = details::narrow(&asked.details, &terms.authorization_details)?;
    let theirs =
        |detail: &Value| details::owner(details::type_of(detail), client, apis).is_some_and(|(api, _)| audience.contains(&api.identifier));
    let addressed: Vec<&Api> = audience.iter().filter_map(|name| apis.get(name)).collect();
    Ok(Target {
        with_userinfo,
        scopes: scopes_for(&audience, scopes, apis),
        details: granted.into_iter().filter(theirs).collect(),
        format: format(&addressed, client),
        minutes: addressed.iter().filter_map(|api| api.settings.access_token_minutes).min().unwrap_or(client.metadata.access_token_minutes),
        audience,
    })
}

/// Without the scopes that belong to other APIs alone.
fn scopes_for(audience: &[String], scopes: &Scopes, apis: &Apis) -> Scopes {
    let belongs = |word: &str, addressed: bool| {
        let mut owners = apis.values().filter(|api| audience.contains(&api.identifier) == addressed);
        owners.any(|api| api.settings.scopes.iter().any(|scope| scope == word))
    };
    let kept: Vec<String> = scopes.iter().filter(|word| belongs(word, true) || !belongs(word, false)).map(str::to_owned).collect();
    scopes.only(&kept)
}

/// One API that wants random text decides for all: only it can be asked.
fn format(addressed: &[&Api], client: &Client) -> AccessTokenFormat {
    let wishes: Vec<AccessTokenFormat> = addressed.iter().filter_map(|api| api.settings.access_token_format).collect();
    match wishes.as_slice() {
        [] => client.metadata.access_token_format,
        some if some.contains(&AccessTokenFormat::Opaque) => AccessTokenFormat::Opaque,
        _ => AccessTokenFormat::Jwt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ApiId, ApiSettings};
    use crate::protocol::testing::{NOW, client};

    const ISSUER: &str = "https://id.test";
    const ORDERS: &str = "https://orders.test";
    const PAY: &str = "https://pay.test";

    fn apis() -> Apis {
        let api = |identifier: &str, scope: &str, format| {
            let settings = ApiSettings {
                name: scope.into(),
                scopes: vec![scope.into()],
                access_token_format: format,
                access_token_minutes: format.map(|_| 1),
                ..ApiSettings::default()
            };
            (identifier.to_owned(), Api { id: ApiId::from_text(scope), identifier: identifier.into(), settings, created_at: NOW })
        };
        [api(ORDERS, "orders", None), api(PAY, "pay", Some(AccessTokenFormat::Opaque))].into()
    }

    fn decided(asked: &[&str], granted: &[&str]) -> Result<Target, Reason> {
        let mut client = client();
        client.metadata.audiences = vec![ORDERS.into(), PAY.into()];
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let asked = Asked { resources: own(asked), details: Vec::new() };
        let terms = GrantTerms { resources: own(granted), ..GrantTerms::default() };
        target(&asked, &terms, &client, &apis(), &Scopes::parse("openid orders pay api"), ISSUER).map_err(|e| e.reason)
    }

    #[test]
    fn only_absolute_uris_without_fragment_name_an_api() {
        for (text, good) in [
            ("https://api.test", true),
            ("urn:example:api", true),
            ("https://api.test/#x", false),
            ("/api", false),
            ("api", false),
            ("https://api.test/ x", false),
        ] {
            assert_eq!(is_identifier(text), good, "{text}");
        }
    }

    #[test]
    fn a_malformed_resource_is_told_from_a_foreign_one() {
        let params = crate::protocol::params::tests::params(&[("resource", "https://api.test/#x")]);

        assert_eq!(named(&params).map_err(|e| e.reason), Err(Reason::TargetMalformed));
        assert_eq!(check(&[ORDERS.to_owned()], &client()).map_err(|e| e.reason), Err(Reason::TargetNotAllowed));
    }

    #[test]
    fn a_token_is_for_what_was_asked_within_what_was_granted() {
        let all = decided(&[], &[]).expect("good");
        let one = decided(&[ORDERS], &[]).expect("good");
        let granted = decided(&[], &[ORDERS, ISSUER]).expect("good");
        let without = decided(&[], &[ORDERS]).expect("good");
        let userinfo = decided(&[ISSUER], &[]).expect("good");

        assert_eq!((all.audience.len(), all.with_userinfo), (2, true));
        assert_eq!((one.audience.as_slice(), one.with_userinfo), (&[ORDERS.to_owned()][..], false));
        assert_eq!((granted.audience.as_slice(), granted.with_userinfo), (&[ORDERS.to_owned()][..], true));
        assert!(!without.with_userinfo && userinfo.with_userinfo && userinfo.audience.is_empty());
        assert_eq!(decided(&[ISSUER], &[ORDERS]), Err(Reason::TargetNotAllowed));
        assert_eq!(decided(&[PAY], &[ORDERS]), Err(Reason::TargetNotAllowed));
        assert_eq!(decided(&["https://evil.test"], &[]), Err(Reason::TargetNotAllowed));
        assert_eq!(decided(&[], &["https://gone.test"]), Err(Reason::TargetNotAllowed));
    }

    #[test]
    fn scopes_of_other_apis_are_left_out() {
        assert_eq!(decided(&[ORDERS], &[]).expect("good").scopes.to_string(), "api openid orders");
        assert_eq!(decided(&[PAY], &[]).expect("good").scopes.to_string(), "api openid pay");
        assert_eq!(decided(&[], &[]).expect("good").scopes.to_string(), "api openid orders pay");
    }

    #[test]
    fn an_api_decides_about_the_form_and_the_life_of_its_tokens() {
        let (orders, pay) = (decided(&[ORDERS], &[]).expect("good"), decided(&[ORDERS, PAY], &[]).expect("good"));

        assert_eq!((orders.format, orders.minutes), (AccessTokenFormat::Jwt, client().metadata.access_token_minutes));
        assert_eq!((pay.format, pay.minutes), (AccessTokenFormat::Opaque, 1));
    }
}
