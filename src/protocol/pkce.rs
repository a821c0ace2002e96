//! Proof Key for Code Exchange (RFC 7636), method S256 alone.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::error::{ErrorCode, OAuthError, Reason};
use super::params::Params;
use crate::model::Client;
use crate::world::same;
use crate::world::token::sha256;

/// The challenge of an authorization request. A challenge that was sent is always enforced later; none may be sent only
/// by a confidential client that is registered with `require_pkce = false` (RFC 9700 2.1.1).
///
/// # Errors
/// `invalid_request` (RFC 7636 4.4.1).
pub fn challenge(params: &Params, client: &Client) -> Result<Option<String>, OAuthError> {
    let required = client.metadata.require_pkce || client.is_public();
    match (params.get("code_challenge"), params.get("code_challenge_method")) {
        (None, None) if !required => Ok(None),
        (None, _) => Err(refused("code_challenge is missing", Reason::ChallengeMissing)),
        // RFC 7636 4.2 defines 43 to 128 unreserved characters for either value.
        (Some(challenge), _) if !well_formed(challenge) => Err(refused("code_challenge is malformed", Reason::ChallengeMalformed)),
        (Some(challenge), Some("S256")) => Ok(Some(challenge.to_owned())),
        // RFC 7636 4.3: without a method it would be plain, which RFC 9700 2.1.1 rules out.
        (Some(_), _) => Err(refused("code_challenge_method must be S256", Reason::ChallengeMethod)),
    }
}

/// Compares the verifier of a token request with the challenge of its code (RFC 7636 4.6).
///
/// # Errors
/// `invalid_request` for a malformed verifier, `invalid_grant` for any other mismatch.
pub fn verify(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), OAuthError> {
    let wrong = |reason| OAuthError::new(ErrorCode::InvalidGrant, "code_verifier does not match the authorization request", reason);
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(wrong(Reason::VerifierMissing)),
        // RFC 9700 2.1.1: a verifier without a challenge is a downgrade attempt.
        (None, Some(_)) => Err(wrong(Reason::VerifierUnexpected)),
        (Some(_), Some(verifier)) if !well_formed(verifier) => Err(refused("code_verifier is malformed", Reason::VerifierMalformed)),
        (Some(challenge), Some(verifier)) => {
            let computed = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
            if same(computed.as_bytes(), challenge.as_bytes()) { Ok(()) } else { Err(wrong(Reason::VerifierWrong)) }
        }
    }
}

fn well_formed(value: &str) -> bool {
    (43..=128).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

fn refused(text: &'static str, reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, text, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::AuthMethod;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::client;

    // RFC 7636 Appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn asked(pairs: &[(&str, &str)], client: &Client) -> Result<Option<String>, Reason> {
        challenge(&params(pairs), client).map_err(|e| e.reason)
    }

    #[test]
    fn b05_a_challenge_is_required_and_s256() {
        let client = client();

        assert_eq!(asked(&[], &client), Err(Reason::ChallengeMissing));
        assert_eq!(asked(&[("code_challenge", "")], &client), Err(Reason::ChallengeMissing));
        assert_eq!(asked(&[("code_challenge", CHALLENGE)], &client), Err(Reason::ChallengeMethod));
        assert_eq!(asked(&[("code_challenge", CHALLENGE), ("code_challenge_method", "plain")], &client), Err(Reason::ChallengeMethod));
        assert_eq!(asked(&[("code_challenge", "short"), ("code_challenge_method", "S256")], &client), Err(Reason::ChallengeMalformed));
        assert_eq!(asked(&[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")], &client), Ok(Some(CHALLENGE.into())));
    }

    #[test]
    fn a_legacy_client_may_omit_the_challenge_but_a_public_one_never() {
        let mut client = client();
        client.metadata.require_pkce = false;

        assert_eq!(asked(&[], &client), Ok(None));
        assert_eq!(asked(&[("code_challenge_method", "S256")], &client), Err(Reason::ChallengeMissing));
        client.metadata.token_endpoint_auth_method = AuthMethod::None;
        assert_eq!(asked(&[], &client), Err(Reason::ChallengeMissing));
    }

    #[test]
    fn b05_the_verifier_must_fit_the_challenge() {
        let check = |c, v| verify(c, v).map_err(|e| e.reason);

        assert_eq!(check(Some(CHALLENGE), Some(VERIFIER)), Ok(()));
        assert_eq!(check(None, None), Ok(()));
        assert_eq!(check(Some(CHALLENGE), None), Err(Reason::VerifierMissing));
        assert_eq!(check(None, Some(VERIFIER)), Err(Reason::VerifierUnexpected));
        assert_eq!(check(Some(CHALLENGE), Some("x")), Err(Reason::VerifierMalformed));
        assert_eq!(check(Some(CHALLENGE), Some(CHALLENGE)), Err(Reason::VerifierWrong));
    }
}
