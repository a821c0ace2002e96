//! Believing an ID token: our own reading of it around the signature check of the `openidconnect` crate.
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{ClaimsVerificationError, ClientId, IssuerUrl, JsonWebKeySet, Nonce};

use super::Reason;
use super::claims::{self, Claimed, Expected, LEEWAY};
use crate::model::UpstreamClaims;
use crate::world::Timestamp;

/// Steps 6 and 7 of microsoft.md 1.3 for a token whose steps 1 to 5 hold. The crate checks signature, issuer,
/// audience, expiry and nonce; what it lets pass (1.4 rows 5f, 6, 6c) is checked here.
pub(super) fn verify(
    token: &str,
    claimed: Claimed,
    keys: Vec<CoreJsonWebKey>,
    expected: &Expected<'_>,
    nonce: &str,
    now: Timestamp,
    cloud_host: &str,
) -> Result<UpstreamClaims, Reason> {
    let issuer = IssuerUrl::new(expected.issuer.to_owned()).map_err(|_| Reason::Issuer)?;
    let parsed = CoreIdToken::from_str(token).map_err(|_| Reason::Malformed)?;
    let not_before_this = Duration::from_secs(u64::try_from(now.seconds() - LEEWAY).unwrap_or(0));
    let verifier = CoreIdTokenVerifier::new_public_client(ClientId::new(expected.client_id.to_owned()), issuer, JsonWebKeySet::new(keys))
        .set_allowed_algs([CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256])
        .set_time_fn(move || (UNIX_EPOCH + not_before_this).into())
        .set_other_audience_verifier_fn(|_| false);
    parsed.claims(&verifier, &Nonce::new(nonce.to_owned())).map_err(|fault| reason_of(&fault))?;
    claims::check(&claimed, expected, now)?;
    Ok(claims::accept(claimed, cloud_host))
}

fn reason_of(fault: &ClaimsVerificationError) -> Reason {
    match fault {
        ClaimsVerificationError::Expired(_) => Reason::Expired,
        ClaimsVerificationError::InvalidAudience(_) => Reason::Audience,
        ClaimsVerificationError::InvalidIssuer(_) => Reason::Issuer,
        ClaimsVerificationError::InvalidNonce(_) => Reason::Nonce,
        ClaimsVerificationError::InvalidSubject(_) => Reason::Subject,
        ClaimsVerificationError::SignatureVerification(_) => Reason::Signature,
        _ => Reason::Malformed,
    }
}
