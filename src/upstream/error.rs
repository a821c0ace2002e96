//! What can go wrong with Microsoft: no answer, an answer that breaks a rule, or a refusal.
use super::{HttpFault, Refusal};

/// The outcome of a failed step at the upstream provider. Its text is for the log, never for a page.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No usable answer; trying again later may help.
    #[error("the upstream provider is not available: {0}")]
    Unavailable(#[from] HttpFault),
    /// An answer that must not be believed.
    #[error("the upstream provider's answer is refused: {0}")]
    BadAnswer(Reason),
    /// Microsoft said no, in its own words.
    #[error("the upstream provider refused: {0}")]
    Refused(Refusal),
}

/// The one rule that an answer broke (microsoft.md 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    #[error("the discovery document cannot be read")]
    Discovery,
    #[error("the discovery document belongs to another issuer")]
    DiscoveryIssuer,
    #[error("the discovery document names an endpoint outside the authority's host")]
    DiscoveryEndpoint,
    #[error("the key document cannot be read")]
    KeyDocument,
    #[error("the answer of the token endpoint cannot be read")]
    TokenAnswer,
    #[error("the answer of the token endpoint holds no ID token")]
    NoIdToken,
    #[error("the ID token cannot be read")]
    Malformed,
    #[error("the ID token's header demands an extension that is not known")]
    CriticalHeader,
    #[error("the ID token is not signed with RS256")]
    Algorithm,
    #[error("the ID token names no key")]
    NoKeyId,
    #[error("the ID token is not of version 2.0")]
    Version,
    #[error("tid is not a GUID")]
    DirectoryId,
    #[error("the ID token comes from another directory than the pinned one")]
    ForeignDirectory,
    #[error("iss does not belong to tid")]
    Issuer,
    #[error("the signing key is not published")]
    UnknownKey,
    #[error("the signing key is published for another issuer")]
    ForeignKey,
    #[error("the signature does not verify")]
    Signature,
    #[error("aud is not this application alone")]
    Audience,
    #[error("the nonce is missing or another one")]
    Nonce,
    #[error("the ID token has expired")]
    Expired,
    #[error("the ID token is not valid yet")]
    NotYetValid,
    #[error("iat lies in the future, too far back, or after exp")]
    IssuedAt,
    #[error("azp is another application")]
    AuthorizedParty,
    #[error("oid is not a GUID")]
    ObjectId,
    #[error("sub is empty")]
    Subject,
    #[error("our own credential for the provider cannot be used")]
    OwnCredential,
    #[error("our own request is not one that can be sent")]
    OwnRequest,
}

impl From<Reason> for UpstreamError {
    fn from(reason: Reason) -> Self {
        Self::BadAnswer(reason)
    }
}

impl From<Refusal> for UpstreamError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
