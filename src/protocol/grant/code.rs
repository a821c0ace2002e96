//! `grant_type=authorization_code` (RFC 6749 4.1.3, RFC 7636 4.6).
use super::invalid_grant;
use crate::model::{Client, CodeRow};
use crate::protocol::error::{OAuthError, Reason};
use crate::protocol::params::Params;
use crate::protocol::pkce;
use crate::world::{Code, Digest, Secret, Timestamp, same};

#[derive(Clone, Debug)]
pub struct CodeRequest {
    pub code: Digest,
    pub redirect_uri: Option<String>,
    pub verifier: Option<Secret<String>>,
}

impl CodeRequest {
    pub(super) fn read(params: &Params) -> Result<Self, OAuthError> {
        Ok(Self {
            code: Digest::of::<Code>(params.require("code")?),
            redirect_uri: params.get("redirect_uri").map(str::to_owned),
            verifier: params.get("code_verifier").map(Secret::from),
        })
    }
}

/// May this client redeem this code? Whether it was spent is asked last: only a request that would otherwise be good is a
/// replay that ends the grant (`Reason::CodeSpent`); whoever merely saw a code cannot end anything.
///
/// # Errors
/// `invalid_grant`, or `invalid_request` for a malformed verifier.
pub fn check(request: &CodeRequest, row: &CodeRow, client: &Client, now: Timestamp) -> Result<(), OAuthError> {
    if row.client != client.id {
        return Err(invalid_grant(Reason::CodeOfAnotherClient));
    }
    // RFC 6749 4.1.3: repeated and identical if it was sent before; never another one.
    let repeated = match request.redirect_uri.as_deref() {
        Some(uri) => same(uri.as_bytes(), row.redirect_uri.as_bytes()),
        None => !row.redirect_uri_sent,
    };
    if !repeated {
        return Err(invalid_grant(Reason::RedirectUriChanged));
    }
    pkce::verify(row.challenge.as_deref(), request.verifier.as_ref().map(|v| v.expose().as_str()))?;
    if row.used_at.is_some() {
        return Err(spent());
    }
    if row.expires_at <= now {
        return Err(invalid_grant(Reason::CodeExpired));
    }
    Ok(())
}

/// No such code.
pub fn unknown() -> OAuthError {
    invalid_grant(Reason::CodeUnknown)
}

/// The code was redeemed before, or by another request just now.
pub fn spent() -> OAuthError {
    invalid_grant(Reason::CodeSpent)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{ClientId, GrantId};
    use crate::protocol::error::ErrorCode;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::{NOW, client};

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn row() -> CodeRow {
        CodeRow {
            grant: GrantId::from_text("gra_1"),
            client: ClientId::from_text("cli_1"),
            redirect_uri: "https://rp1.test/cb".into(),
            redirect_uri_sent: true,
            challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into()),
            dpop_jkt: None,
            expires_at: NOW.plus(Duration::from_secs(60)),
            used_at: None,
        }
    }

    fn checked(pairs: &[(&str, &str)], row: &CodeRow, now: Timestamp) -> Option<Reason> {
        let pairs: Vec<_> = [&[("code", "tnc_x")][..], pairs].concat();
        let request = CodeRequest::read(&params(&pairs)).expect("a code is there");
        check(&request, row, &client(), now).err().map(|e| e.reason)
    }

    const GOOD: &[(&str, &str)] = &[("redirect_uri", "https://rp1.test/cb"), ("code_verifier", VERIFIER)];

    #[test]
    fn b01_a_code_is_bound_to_client_uri_and_challenge() {
        let foreign = CodeRow { client: ClientId::from_text("cli_2"), ..row() };

        assert_eq!(checked(GOOD, &row(), NOW), None);
        assert_eq!(checked(GOOD, &foreign, NOW), Some(Reason::CodeOfAnotherClient));
        assert_eq!(checked(&GOOD[1..], &row(), NOW), Some(Reason::RedirectUriChanged));
        assert_eq!(checked(&[("redirect_uri", "https://rp1.test/cb/"), GOOD[1]], &row(), NOW), Some(Reason::RedirectUriChanged));
        assert_eq!(checked(&GOOD[..1], &row(), NOW), Some(Reason::VerifierMissing));
        assert_eq!(checked(&[GOOD[0], ("code_verifier", &"x".repeat(43))], &row(), NOW), Some(Reason::VerifierWrong));
    }

    #[test]
    fn the_uri_need_not_be_repeated_when_it_was_never_sent() {
        let unsent = CodeRow { redirect_uri_sent: false, ..row() };

        assert_eq!(checked(&GOOD[1..], &unsent, NOW), None);
        assert_eq!(checked(&[("redirect_uri", "https://evil.test/"), GOOD[1]], &unsent, NOW), Some(Reason::RedirectUriChanged));
    }

    #[test]
    fn a_code_ends_after_its_time() {
        assert_eq!(checked(GOOD, &row(), NOW.plus(Duration::from_secs(59))), None);
        assert_eq!(checked(GOOD, &row(), NOW.plus(Duration::from_secs(60))), Some(Reason::CodeExpired));
    }

    #[test]
    fn only_an_otherwise_good_replay_counts_as_one() {
        let used = CodeRow { used_at: Some(NOW), ..row() };

        assert_eq!(checked(GOOD, &used, NOW), Some(Reason::CodeSpent));
        assert_eq!(checked(&GOOD[..1], &used, NOW), Some(Reason::VerifierMissing));
        assert_eq!((spent().code, unknown().reason), (ErrorCode::InvalidGrant, Reason::CodeUnknown));
    }
}
