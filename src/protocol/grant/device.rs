//! `grant_type=urn:ietf:params:oauth:grant-type:device_code` (RFC 8628): what a device may ask for, the code that a person
//! types, and how often the device may look.
use std::time::Duration;

use super::invalid_grant;
use crate::model::{Acr, Apis, Client, ClientState, DeviceRequest, DeviceRow, DeviceState, GrantId, GrantType};
use crate::protocol::details;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::params::Params;
use crate::protocol::resources;
use crate::protocol::scope::Scopes;
use crate::world::{DeviceCode, Digest, Timestamp};

/// RFC 8628 3.2: ten minutes are enough to type a code, and short for whoever sends it to somebody else (N01).
pub const LIFETIME: Duration = Duration::from_secs(600);
/// RFC 8628 3.2 `interval`.
pub const INTERVAL: Duration = Duration::from_secs(5);
/// RFC 8628 3.5: what `slow_down` adds.
pub const SLOWER: Duration = Duration::from_secs(5);
/// A device that was told so often to slow down is not told any more (security.md N04).
const SLOWEST: Duration = Duration::from_secs(60);
/// RFC 8628 6.1: letters that are read alike in every script and make no words. 20^8 is more than 34 bits.
pub const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
pub const USER_CODE: usize = 8;

/// Reads what a device asks for (RFC 8628 3.1).
///
/// # Errors
/// `unauthorized_client` unless the client registered the grant: it is off by default (N01); `invalid_scope`, `invalid_target`,
/// `invalid_authorization_details`.
pub fn request(params: &Params, client: &Client, apis: &Apis) -> Result<DeviceRequest, OAuthError> {
    let refused = |text, reason| Err(OAuthError::new(ErrorCode::UnauthorizedClient, text, reason));
    if client.state != ClientState::Active {
        return refused("The client is not enabled", Reason::ClientDisabled);
    }
    if !client.metadata.grant_types.contains(&GrantType::DeviceCode) {
        return refused("The client is not registered for this grant_type", Reason::GrantTypeNotAllowed);
    }
    let scopes = Scopes::parse(params.get("scope").unwrap_or("")).only(&client.metadata.scopes);
    if scopes.is_empty() {
        let text = "No scope that this client may ask for was requested";
        return Err(OAuthError::new(ErrorCode::InvalidScope, text, Reason::ScopeEmpty));
    }
    // RFC 8707 2: a device names its resource servers where it asks to be let in.
    let resources = resources::named(params)?;
    resources::check(&resources, client)?;
    let authorization_details = details::parse(params.get("authorization_details"))?;
    details::check(&authorization_details, client, apis)?;
    Ok(DeviceRequest {
        scope: scopes.to_string(),
        tenant: params.get("tenant").map(str::to_owned),
        acr_values: params.get("acr_values").unwrap_or("").split(' ').filter_map(Acr::parse).collect(),
        resources,
        authorization_details,
    })
}

/// The code as it is meant, whatever was typed around it: case, spaces and dashes do not matter (RFC 8628 6.1).
pub fn typed(text: &str) -> Option<String> {
    let letters: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).take(64).collect();
    (letters.len() == USER_CODE && letters.bytes().all(|b| LETTERS.contains(&b))).then_some(letters)
}

/// The code as it is shown: two groups of four.
pub fn shown(code: &str) -> String {
    let (first, second) = code.split_at_checked(USER_CODE / 2).unwrap_or((code, ""));
    format!("{first}-{second}")
}

/// A poll of the device (RFC 8628 3.4).
#[derive(Clone, Debug)]
pub struct DeviceTokenRequest {
    pub code: Digest,
}

impl DeviceTokenRequest {
    pub(super) fn read(params: &Params) -> Result<Self, OAuthError> {
        Ok(Self { code: Digest::of::<DeviceCode>(params.require("device_code")?) })
    }
}

/// How a device code stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Waiting,
    Approved(GrantId),
}

/// May this client go on with this code? Whoever is not its client learns nothing and changes nothing (B01).
///
/// # Errors
/// `invalid_grant`, `expired_token`, `access_denied` (RFC 8628 3.5).
pub fn check(row: &DeviceRow, client: &Client, now: Timestamp) -> Result<Standing, OAuthError> {
    if row.client != client.id {
        return Err(invalid_grant(Reason::DeviceCodeOfAnotherClient));
    }
    match (row.state, &row.grant) {
        (DeviceState::Spent, _) => Err(spent()),
        (DeviceState::Denied, _) => Err(denied(Reason::DeviceDenied)),
        _ if row.expires_at <= now => {
            Err(OAuthError::new(ErrorCode::ExpiredToken, "The device code is no longer valid", Reason::DeviceCodeExpired))
        }
        (DeviceState::Approved, Some(grant)) => Ok(Standing::Approved(grant.clone())),
        (DeviceState::Pending | DeviceState::Approved, _) => Ok(Standing::Waiting),
    }
}

/// What a waiting device is told (RFC 8628 3.5). `pace` is the new one if it came too early.
pub fn waiting(pace: Option<Duration>) -> OAuthError {
    match pace {
        None => OAuthError::new(ErrorCode::AuthorizationPending, "The person has not answered yet", Reason::DevicePending),
        Some(pace) if pace > SLOWEST => denied(Reason::DevicePolled),
        Some(_) => OAuthError::new(ErrorCode::SlowDown, "Ask less often: wait 5 seconds longer each time", Reason::DeviceSlowDown),
    }
}

fn denied(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "The request was denied", reason)
}

/// No such code.
pub fn unknown() -> OAuthError {
    invalid_grant(Reason::DeviceCodeUnknown)
}

/// Its tokens were handed out.
pub fn spent() -> OAuthError {
    invalid_grant(Reason::DeviceCodeSpent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ClientId;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::{NOW, client};

    fn row(state: DeviceState) -> DeviceRow {
        DeviceRow {
            digest: Digest::of::<DeviceCode>("tnd_x"),
            user_code: String::new(),
            user_code_sealed: String::new(),
            client: ClientId::from_text("cli_1"),
            request: DeviceRequest::default(),
            network: "192.0.2.1".into(),
            grant: (state == DeviceState::Approved).then(|| GrantId::from_text("gra_1")),
            state,
            poll_seconds: 5,
            polled_at: None,
            created_at: NOW,
            expires_at: NOW.plus(LIFETIME),
        }
    }

    #[test]
    fn n01_the_grant_is_off_unless_registered() {
        let mut client = client();
        let asked = |client: &Client, pairs: &[(&str, &str)]| request(&params(pairs), client, &Apis::new()).map_err(|e| e.reason);

        assert_eq!(asked(&client, &[("scope", "openid")]), Err(Reason::GrantTypeNotAllowed));
        client.metadata.grant_types.push(GrantType::DeviceCode);
        assert_eq!(asked(&client, &[("scope", "openid admin")]).map(|r| r.scope), Ok("openid".into()));
        assert_eq!(asked(&client, &[("scope", "admin")]), Err(Reason::ScopeEmpty));
        let foreign = [("scope", "openid"), ("resource", "https://evil.test")];
        assert_eq!(asked(&client, &foreign), Err(Reason::TargetNotAllowed));
        assert_eq!(asked(&client, &[("scope", "openid"), ("resource", "evil")]), Err(Reason::TargetMalformed));
        let unknown = [("scope", "openid"), ("authorization_details", r#"[{"type":"payment"}]"#)];
        assert_eq!(asked(&client, &unknown), Err(Reason::DetailsNotAllowed));
        client.state = ClientState::Disabled;
        assert_eq!(asked(&client, &[("scope", "openid")]), Err(Reason::ClientDisabled));
    }

    #[test]
    fn a_code_is_understood_however_it_is_typed() {
        for text in ["WDJBMJHT", "wdjb-mjht", " wdjb mjht ", "W-D-J-B-M-J-H-T"] {
            assert_eq!(typed(text).as_deref(), Some("WDJBMJHT"), "{text}");
        }
        for text in ["", "WDJB", "WDJBMJHTX", "WDJB-MJHA", "wdjbmjh1", "ÄDJBMJHT"] {
            assert_eq!(typed(text), None, "{text}");
        }
        assert_eq!(shown("WDJBMJHT"), "WDJB-MJHT");
    }

    #[test]
    fn b01_a_device_code_is_bound_to_its_client_and_ends() {
        let mut foreign = row(DeviceState::Approved);
        foreign.client = ClientId::from_text("cli_2");
        let checked = |row: &DeviceRow, now| check(row, &client(), now).map_err(|e| (e.code, e.reason));
        let late = NOW.plus(LIFETIME);

        assert_eq!(checked(&row(DeviceState::Pending), NOW), Ok(Standing::Waiting));
        assert_eq!(checked(&row(DeviceState::Approved), NOW), Ok(Standing::Approved(GrantId::from_text("gra_1"))));
        assert_eq!(checked(&foreign, NOW), Err((ErrorCode::InvalidGrant, Reason::DeviceCodeOfAnotherClient)));
        assert_eq!(checked(&row(DeviceState::Spent), NOW), Err((ErrorCode::InvalidGrant, Reason::DeviceCodeSpent)));
        assert_eq!(checked(&row(DeviceState::Denied), NOW), Err((ErrorCode::AccessDenied, Reason::DeviceDenied)));
        assert_eq!(checked(&row(DeviceState::Pending), late), Err((ErrorCode::ExpiredToken, Reason::DeviceCodeExpired)));
        assert_eq!(checked(&row(DeviceState::Approved), late), Err((ErrorCode::ExpiredToken, Reason::DeviceCodeExpired)));
        assert_eq!(unknown().reason, Reason::DeviceCodeUnknown);
    }

    #[test]
    fn n04_a_hasty_device_is_told_to_slow_down_and_then_refused() {
        let told = |seconds: Option<u64>| {
            let error = waiting(seconds.map(Duration::from_secs));
            (error.code, error.reason)
        };

        assert_eq!(told(None), (ErrorCode::AuthorizationPending, Reason::DevicePending));
        assert_eq!(told(Some(10)), (ErrorCode::SlowDown, Reason::DeviceSlowDown));
        assert_eq!(told(Some(65)), (ErrorCode::AccessDenied, Reason::DevicePolled));
    }
}
