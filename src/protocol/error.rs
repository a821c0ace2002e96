//! What is answered when a request is refused: a code of the specifications, a fixed public text, and the exact reason.
use std::borrow::Cow;

use super::authorize::VerifiedRedirect;
use crate::model::Acr;

macro_rules! codes {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// Error codes of RFC 6749 4.1.2.1 and 5.2, RFC 6750 3.1, OpenID Connect Core 3.1.2.6, RFC 9470 3, RFC 8628 3.5,
        /// RFC 8707 2, RFC 7591 3.2.2.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode { $($name),+ }
        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$name),+];
            pub const fn as_str(self) -> &'static str { match self { $(Self::$name => $text),+ } }
        }
    };
}

codes! {
    InvalidRequest = "invalid_request",
    InvalidClient = "invalid_client",
    InvalidGrant = "invalid_grant",
    InvalidScope = "invalid_scope",
    InvalidTarget = "invalid_target",
    InvalidAuthorizationDetails = "invalid_authorization_details",
    InvalidToken = "invalid_token",
    InsufficientScope = "insufficient_scope",
    UnauthorizedClient = "unauthorized_client",
    UnsupportedGrantType = "unsupported_grant_type",
    UnsupportedResponseType = "unsupported_response_type",
    AccessDenied = "access_denied",
    ServerError = "server_error",
    TemporarilyUnavailable = "temporarily_unavailable",
    LoginRequired = "login_required",
    ConsentRequired = "consent_required",
    AccountSelectionRequired = "account_selection_required",
    InteractionRequired = "interaction_required",
    RequestNotSupported = "request_not_supported",
    InvalidRequestObject = "invalid_request_object",
    InvalidRequestUri = "invalid_request_uri",
    RegistrationNotSupported = "registration_not_supported",
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    InsufficientUserAuthentication = "insufficient_user_authentication",
    InvalidDpopProof = "invalid_dpop_proof",
    UseDpopNonce = "use_dpop_nonce",
    AuthorizationPending = "authorization_pending",
    SlowDown = "slow_down",
    ExpiredToken = "expired_token",
    InvalidRedirectUri = "invalid_redirect_uri",
    InvalidClientMetadata = "invalid_client_metadata",
    InvalidSoftwareStatement = "invalid_software_statement",
    UnapprovedSoftwareStatement = "unapproved_software_statement",
}

/// A refusal in the words of the specifications.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    pub code: ErrorCode,
    /// Printable ASCII without `"` and `\` (RFC 6749 4.1.2.1), a fixed text, never an echo.
    pub description: Cow<'static, str>,
    /// For the log and for tests: which rule was broken.
    pub reason: Reason,
    /// The rung that would do: `acr_values` of RFC 9470 3.
    pub needs: Option<Acr>,
    /// Seconds that the sign-in may lie back: `max_age` of RFC 9470 3.
    pub needs_age: Option<u32>,
}

impl OAuthError {
    pub fn new(code: ErrorCode, description: &'static str, reason: Reason) -> Self {
        Self { code, description: Cow::Borrowed(description), reason, needs: None, needs_age: None }
    }

    /// The person must prove more: what to ask the authorization endpoint for (RFC 9470 3).
    pub fn step_up(needs: Acr, reason: Reason) -> Self {
        let text = "A stronger authentication of the person is demanded";
        Self { needs: Some(needs), ..Self::new(ErrorCode::InsufficientUserAuthentication, text, reason) }
    }

    /// The person must sign in anew, and perhaps prove more (RFC 9470 3).
    pub fn sign_in_again(needs_age: u32, needs: Option<Acr>) -> Self {
        let text = "A more recent authentication of the person is demanded";
        let reason = Reason::SignInTooOld;
        Self { needs, needs_age: Some(needs_age), ..Self::new(ErrorCode::InsufficientUserAuthentication, text, reason) }
    }
}

impl OAuthError {
    /// The JSON body of an error answer (RFC 6749 5.2; `acr_values` and `max_age` as RFC 9470 3 names them).
    pub fn body(&self) -> serde_json::Value {
        let mut body = serde_json::json!({ "error": self.code.as_str(), "error_description": self.description });
        if let Some(acr) = self.needs {
            body["acr_values"] = acr.as_str().into();
        }
        if let Some(seconds) = self.needs_age {
            body["max_age"] = seconds.into();
        }
        body
    }
}

/// Where a refused authorization request is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// On a page of our own: client or redirect URI are not proven (RFC 6749 4.1.2.1).
    Page(OAuthError),
    /// At the client.
    Redirect(VerifiedRedirect, OAuthError),
}

/// One variant per broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    ParameterRepeated,
    ParameterTooLong,
    ParameterMissing,
    ParameterMalformed,
    BodyMalformed,
    ClientUnknown,
    ClientDisabled,
    RedirectUriMissing,
    RedirectUriNotRegistered,
    ResponseTypeMissing,
    ResponseTypeUnsupported,
    ResponseTypeNotAllowed,
    ResponseModeNotAllowed,
    GrantTypeMissing,
    GrantTypeUnknown,
    GrantTypeNotAllowed,
    ScopeNotAllowed,
    ScopeEmpty,
    ScopeGrew,
    PromptMalformed,
    MaxAgeMalformed,
    ClaimsMalformed,
    RequestObjectUnsigned,
    RequestObjectSignature,
    RequestObjectClaims,
    RequestObjectAge,
    RequestObjectNested,
    RequestObjectTwice,
    RequestObjectRequired,
    RequestUriNotRegistered,
    RequestUriUnreachable,
    PushedUnknown,
    PushedExpired,
    PushedSpent,
    PushedNested,
    PushedRequired,
    NonceMissing,
    OpenidMissing,
    ResponseTypeUnbound,
    TargetMalformed,
    TargetNotAllowed,
    DetailsMalformed,
    DetailsNotAllowed,
    DetailsGrew,
    Registration,
    ChallengeMissing,
    ChallengeMalformed,
    ChallengeMethod,
    VerifierMissing,
    VerifierUnexpected,
    VerifierMalformed,
    VerifierWrong,
    CodeUnknown,
    CodeSpent,
    CodeExpired,
    CodeOfAnotherClient,
    RedirectUriChanged,
    RefreshUnknown,
    RefreshReused,
    RefreshExpired,
    RefreshOfAnotherClient,
    GrantEnded,
    ClientAuthenticationMissing,
    ClientAuthenticationTwice,
    ClientAuthenticationMalformed,
    ClientAuthenticationMethod,
    ClientSecretWrong,
    AssertionMalformed,
    AssertionSignature,
    AssertionClaims,
    AssertionAudience,
    AssertionExpired,
    AssertionTooFar,
    AssertionReplayed,
    SilentLogin,
    SilentConsent,
    SilentSelection,
    SilentInteraction,
    HintOfAnotherPerson,
    HintMalformed,
    EssentialAcr,
    PersonNotActive,
    TenantNamedTwice,
    ConsentMissing,
    ExchangeTokenType,
    ExchangeSubject,
    ExchangeNotAllowed,
    ExchangeActor,
    ExchangeTarget,
    ExchangeBinding,
    DeviceCodeUnknown,
    DeviceCodeOfAnotherClient,
    DeviceCodeSpent,
    DeviceCodeExpired,
    DevicePending,
    DeviceSlowDown,
    DeviceDenied,
    DeviceApprover,
    DevicePolled,
    TenantUnknown,
    TenantNotMember,
    TenantDisabled,
    MembershipNotActive,
    ClientNotEntitled,
    ApiAccessMissing,
    MembershipDormant,
    FactorMissing,
    SignInTooOld,
    PersonDenied,
    ProofMissing,
    ProofTwice,
    ProofMalformed,
    ProofTarget,
    ProofTime,
    ProofToken,
    ProofNonce,
    ProofReplayed,
    BindingMissing,
    CertificateMissing,
    CertificateUntrusted,
    CertificateOfAnother,
    BindingOfAnotherKey,
    TokenBound,
    TokenUnbound,
    TokenTwice,
    TokenInvalid,
    TokenScope,
    NotOurs,
    FlowSpent,
    ChallengeReused,
    RegistrationToken,
    RegistrationClient,
    RegistrationMember,
    RegistrationStatement,
    RegistrationSector,
    RegistrationOvertaken,
}
