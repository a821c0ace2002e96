//! `grant_type=refresh_token` (RFC 6749 6, RFC 9700 4.14): rotation, grace and the end of a family.
use std::time::Duration;

use super::invalid_grant;
use crate::model::{Binding, Client, Grant, RefreshRotation, RefreshRow};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::params::Params;
use crate::protocol::scope::Scopes;
use crate::world::{Digest, Refresh, Timestamp};

#[derive(Clone, Debug)]
pub struct RefreshRequest {
    pub token: Digest,
    /// Nothing: all that was granted.
    pub scope: Option<Scopes>,
    /// Another tenant to speak of from now on: id, number or slug (protocol.md §3).
    pub tenant: Option<String>,
}

impl RefreshRequest {
    pub(super) fn read(params: &Params) -> Result<Self, OAuthError> {
        Ok(Self {
            token: Digest::of::<Refresh>(params.require("refresh_token")?),
            scope: params.get("scope").map(Scopes::parse),
            tenant: params.get("tenant").map(str::to_owned),
        })
    }
}

/// What a good refresh token is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It is the newest of its family: it gets a successor.
    Fresh,
    /// It was rotated a moment ago and its answer may have been lost: the same successor again (security.md finding 6).
    Again { successor_sealed: String },
}

/// Which rotation is due? `Reason::RefreshReused` means that the family must end.
///
/// # Errors
/// `invalid_grant`.
pub fn check(row: &RefreshRow, grant: &Grant, client: &Client, now: Timestamp) -> Result<Rotation, OAuthError> {
    if row.client != client.id || grant.client != client.id {
        return Err(invalid_grant(Reason::RefreshOfAnotherClient));
    }
    if grant.ended_at.is_some() {
        return Err(invalid_grant(Reason::GrantEnded));
    }
    let grace = Duration::from_secs(u64::from(client.metadata.refresh_grace_seconds));
    match (row.rotated_at, &row.successor_sealed) {
        // The absolute end counts from the sign-in (ASVS 10.4.8), the idle end from the last rotation.
        _ if grant.expires_at <= now => Err(invalid_grant(Reason::RefreshExpired)),
        (None, _) if row.expires_at <= now => Err(invalid_grant(Reason::RefreshExpired)),
        (None, _) => Ok(Rotation::Fresh),
        (Some(at), Some(sealed)) if now.since(at) < grace => Ok(Rotation::Again { successor_sealed: sealed.clone() }),
        (Some(_), _) => Err(invalid_grant(Reason::RefreshReused)),
    }
}

/// Is a refresh token replaced when it is used? A stolen one is worth nothing where its client and its key must be proven
/// (RFC 9700 4.14.2), and FAPI 2.0 Security Profile 5.3.2.1 wants no rotation there.
pub fn rotates(client: &Client, binding: Option<&Binding>) -> bool {
    match client.metadata.refresh_rotation {
        RefreshRotation::Always => true,
        RefreshRotation::Never => client.is_public() && binding.is_none(),
        RefreshRotation::Auto => client.is_public() || binding.is_none(),
    }
}

/// The scopes of the answer: those asked for, never more than were granted, and none that the client lost since.
///
/// # Errors
/// `invalid_scope` for more than was granted (RFC 6749 6); `invalid_grant` when offline access was withdrawn (C05).
pub fn scopes(request: &RefreshRequest, granted: &Scopes, client: &Client) -> Result<Scopes, OAuthError> {
    let current = granted.only(&client.metadata.scopes);
    if !current.contains("offline_access") {
        return Err(invalid_grant(Reason::ScopeNotAllowed));
    }
    match &request.scope {
        None => Ok(current),
        Some(asked) if asked.is_subset_of(granted) => Ok(asked.only(&client.metadata.scopes)),
        Some(_) => Err(OAuthError::new(ErrorCode::InvalidScope, "scope exceeds what was granted", Reason::ScopeGrew)),
    }
}

/// No such token.
pub fn unknown() -> OAuthError {
    invalid_grant(Reason::RefreshUnknown)
}

/// The grant ended while the answer was prepared.
pub fn ended() -> OAuthError {
    invalid_grant(Reason::GrantEnded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AuthMethod, ClientId, GrantId, GrantTerms, PersonId, Proof, TenantId};
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::{NOW, client};

    fn after(seconds: u64) -> Timestamp {
        NOW.plus(Duration::from_secs(seconds))
    }

    fn row() -> RefreshRow {
        RefreshRow {
            digest: Digest::of::<Refresh>("tnr_x"),
            grant: GrantId::from_text("gra_1"),
            client: ClientId::from_text("cli_1"),
            issued_at: NOW,
            expires_at: after(1000),
            rotated_at: None,
            successor_sealed: None,
        }
    }

    fn grant() -> Grant {
        Grant {
            id: GrantId::from_text("gra_1"),
            client: ClientId::from_text("cli_1"),
            person: PersonId::from_text("per_1"),
            tenant: TenantId::from_text("ten_1"),
            session: None,
            scope: "offline_access openid tenant".into(),
            nonce: None,
            proof: Proof::default(),
            auth_time_requested: false,
            terms: GrantTerms::default(),
            created_at: NOW,
            expires_at: after(2000),
            ended_at: None,
        }
    }

    fn checked(row: &RefreshRow, grant: &Grant, now: Timestamp) -> Result<Rotation, Reason> {
        check(row, grant, &client(), now).map_err(|e| e.reason)
    }

    #[test]
    fn c01_a_rotated_token_yields_the_same_successor_only_within_the_grace_time() {
        let rotated = RefreshRow { rotated_at: Some(NOW), successor_sealed: Some("sealed".into()), ..row() };

        assert_eq!(checked(&row(), &grant(), NOW), Ok(Rotation::Fresh));
        assert_eq!(checked(&rotated, &grant(), after(29)), Ok(Rotation::Again { successor_sealed: "sealed".into() }));
        assert_eq!(checked(&rotated, &grant(), after(30)), Err(Reason::RefreshReused));
    }

    #[test]
    fn c07_idle_and_absolute_ends_hold() {
        let long = RefreshRow { expires_at: after(5000), ..row() };

        assert_eq!(checked(&row(), &grant(), after(1000)), Err(Reason::RefreshExpired));
        assert_eq!(checked(&long, &grant(), after(1999)), Ok(Rotation::Fresh));
        assert_eq!(checked(&long, &grant(), after(2000)), Err(Reason::RefreshExpired));
    }

    #[test]
    fn b01_a_refresh_token_is_bound_to_its_client_and_grant() {
        let foreign = RefreshRow { client: ClientId::from_text("cli_2"), ..row() };
        let over = Grant { ended_at: Some(NOW), ..grant() };

        assert_eq!(checked(&foreign, &grant(), NOW), Err(Reason::RefreshOfAnotherClient));
        assert_eq!(checked(&row(), &over, NOW), Err(Reason::GrantEnded));
        assert_eq!(unknown().reason, Reason::RefreshUnknown);
        assert_eq!(ended().reason, Reason::GrantEnded);
    }

    #[test]
    fn c10_scopes_shrink_and_never_grow() {
        let granted = Scopes::parse("openid tenant offline_access");
        let asked = |scope: &str| {
            let request = RefreshRequest::read(&params(&[("refresh_token", "tnr_x"), ("scope", scope)])).expect("well formed");
            scopes(&request, &granted, &client()).map(|s| s.to_string()).map_err(|e| e.reason)
        };

        assert_eq!(asked(""), Ok("offline_access openid tenant".into()));
        assert_eq!(asked("openid"), Ok("openid".into()));
        assert_eq!(asked("openid groups"), Err(Reason::ScopeGrew));
    }

    #[test]
    fn c05_a_scope_that_the_client_lost_is_gone() {
        let mut client = client();
        let request = RefreshRequest { token: Digest::of::<Refresh>("x"), scope: None, tenant: None };
        let granted = Scopes::parse("openid tenant offline_access");

        client.metadata.scopes.retain(|s| s != "tenant");
        assert_eq!(scopes(&request, &granted, &client).map(|s| s.to_string()), Ok("offline_access openid".into()));
        client.metadata.scopes.retain(|s| s != "offline_access");
        assert_eq!(scopes(&request, &granted, &client).map_err(|e| e.reason), Err(Reason::ScopeNotAllowed));
    }

    #[test]
    fn a_token_rotates_unless_client_and_key_are_proven() {
        let key = Binding::Jkt("thumb".into());
        let mut client = client();
        let mut rotation = |policy, method| {
            client.metadata.refresh_rotation = policy;
            client.metadata.token_endpoint_auth_method = method;
            (rotates(&client, None), rotates(&client, Some(&key)))
        };

        assert_eq!(rotation(RefreshRotation::Auto, AuthMethod::PrivateKeyJwt), (true, false));
        assert_eq!(rotation(RefreshRotation::Auto, AuthMethod::None), (true, true));
        assert_eq!(rotation(RefreshRotation::Always, AuthMethod::PrivateKeyJwt), (true, true));
        assert_eq!(rotation(RefreshRotation::Never, AuthMethod::Basic), (false, false));
        // RFC 9700 2.2.2: a public client's tokens rotate or are bound, whatever is registered.
        assert_eq!(rotation(RefreshRotation::Never, AuthMethod::None), (true, false));
    }
}
