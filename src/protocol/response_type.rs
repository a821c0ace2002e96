//! Which answer an authorization request asks for, and how it travels (OAuth 2.0 Multiple Response Type Encoding
//! Practices 2 to 5, JARM 2.3).
use super::error::{ErrorCode, OAuthError, Reason};
use super::params::Params;
use crate::model::{Client, GrantType, ResponseMode, ResponseType};

/// What `response_type` and `response_mode` ask for. Errors travel in the mode too, so there always is one.
#[derive(Clone, Debug)]
pub struct Manner {
    pub kind: Result<ResponseType, OAuthError>,
    pub mode: ResponseMode,
    /// The refusal when another mode was asked for than the client may use.
    pub mode_fault: Option<OAuthError>,
}

/// Reads both parameters of a request.
pub fn read(params: &Params, client: &Client) -> Manner {
    let kind = kind(params, client);
    let front = kind.as_ref().is_ok_and(|kind| kind.in_front());
    // Multiple Response Types 5: tokens never travel in a query; JARM 2.3.1: nor does an unencrypted JWT with them.
    let unfit = |mode| front && matches!(mode, ResponseMode::Query | ResponseMode::QueryJwt);
    let allowed: Vec<ResponseMode> = client.metadata.response_modes.iter().copied().filter(|mode| !unfit(*mode)).collect();
    let default = if front { ResponseMode::Fragment } else { ResponseMode::Query };
    let asked = match params.get("response_mode") {
        None => Some(default),
        Some(text) => ResponseMode::parse(text),
    };
    let usual = || if allowed.contains(&default) { default } else { allowed.first().copied().unwrap_or(default) };
    let (mode, mode_fault) = match asked.filter(|mode| allowed.contains(mode)) {
        Some(mode) => (mode, None),
        None => (usual(), Some(refused(ErrorCode::InvalidRequest, "response_mode is not allowed here", Reason::ResponseModeNotAllowed))),
    };
    Manner { kind, mode: concrete(mode, front), mode_fault }
}

/// JARM 2.3.4: `jwt` is the default of the response type, in its signed form.
fn concrete(mode: ResponseMode, front: bool) -> ResponseMode {
    match mode {
        ResponseMode::Jwt if front => ResponseMode::FragmentJwt,
        ResponseMode::Jwt => ResponseMode::QueryJwt,
        other => other,
    }
}

fn kind(params: &Params, client: &Client) -> Result<ResponseType, OAuthError> {
    if let Some(fault) = params.fault_of("response_type") {
        return Err(fault);
    }
    let metadata = &client.metadata;
    let Some(text) = params.get("response_type") else {
        return Err(refused(ErrorCode::InvalidRequest, "response_type is missing", Reason::ResponseTypeMissing));
    };
    let unsupported = |reason| refused(ErrorCode::UnsupportedResponseType, "response_type is not one of this client", reason);
    let kind = parse(text).ok_or_else(|| unsupported(Reason::ResponseTypeUnsupported))?;
    // RFC 9700 2.1.2: what hands out tokens in front exists for clients that were registered for it alone.
    if !metadata.response_types.contains(&kind) {
        return Err(unsupported(Reason::ResponseTypeNotAllowed));
    }
    let has = |grant| metadata.grant_types.contains(&grant);
    if kind.has_code() && !has(GrantType::AuthorizationCode) || kind.in_front() && !has(GrantType::Implicit) {
        let text = "The client is not registered for the grant type of this response_type";
        return Err(refused(ErrorCode::UnauthorizedClient, text, Reason::GrantTypeNotAllowed));
    }
    if kind.has_token() && (metadata.dpop_bound_access_tokens || metadata.tls_client_certificate_bound_access_tokens) {
        let text = "The tokens of this client are bound to a key, which cannot be proved here";
        return Err(refused(ErrorCode::UnauthorizedClient, text, Reason::ResponseTypeUnbound));
    }
    Ok(kind)
}

/// The types that are built; each client has those that it registered.
pub const SUPPORTED: &[ResponseType] = ResponseType::ALL;

/// The type that these words name, in any order (RFC 6749 3.1.1).
pub fn parse(text: &str) -> Option<ResponseType> {
    let sorted = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    let words = sorted(text);
    SUPPORTED.iter().copied().find(|kind| sorted(kind.as_str()) == words)
}

fn refused(code: ErrorCode, text: &'static str, reason: Reason) -> OAuthError {
    OAuthError::new(code, text, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::params::tests::params;
    use crate::protocol::testing::client;

    fn legacy(types: &[ResponseType], modes: &[ResponseMode]) -> Client {
        let mut client = client();
        client.metadata.response_types = types.to_vec();
        client.metadata.response_modes = modes.to_vec();
        client.metadata.grant_types.push(GrantType::Implicit);
        client
    }

    fn asked(client: &Client, kind: &str, mode: &str) -> (Result<ResponseType, Reason>, ResponseMode, bool) {
        let manner = read(&params(&[("response_type", kind), ("response_mode", mode)]), client);
        (manner.kind.map_err(|e| e.reason), manner.mode, manner.mode_fault.is_some())
    }

    #[test]
    fn the_words_of_a_response_type_may_stand_in_any_order() {
        for text in ["code id_token token", "token code id_token", "id_token token code"] {
            assert_eq!(parse(text), Some(ResponseType::CodeIdTokenToken), "{text}");
        }
        assert_eq!(parse("token id_token"), Some(ResponseType::IdTokenToken));
        for text in ["token", "none", "CODE", "code code", "code  id_token", "code ", ""] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn types_that_hand_out_tokens_travel_in_the_fragment_and_never_in_a_query() {
        use ResponseMode::{FormPost, Fragment, FragmentJwt, Jwt, Query, QueryJwt};
        let client = legacy(ResponseType::ALL, &[Query, Fragment, FormPost, Jwt, QueryJwt]);

        assert_eq!(asked(&client, "code", ""), (Ok(ResponseType::Code), Query, false));
        assert_eq!(asked(&client, "code", "jwt"), (Ok(ResponseType::Code), QueryJwt, false));
        assert_eq!(asked(&client, "id_token", ""), (Ok(ResponseType::IdToken), Fragment, false));
        assert_eq!(asked(&client, "code id_token", "form_post"), (Ok(ResponseType::CodeIdToken), FormPost, false));
        assert_eq!(asked(&client, "code token", "jwt"), (Ok(ResponseType::CodeToken), FragmentJwt, false));
        for mode in ["query", "query.jwt", "fragment.jwt", "x"] {
            assert_eq!(asked(&client, "code id_token", mode), (Ok(ResponseType::CodeIdToken), Fragment, true), "{mode}");
        }
    }

    #[test]
    fn b26_types_exist_only_where_they_are_registered() {
        let hybrid = legacy(&[ResponseType::CodeIdToken], &[ResponseMode::Fragment]);
        let mut bare = hybrid.clone();
        bare.metadata.grant_types = vec![GrantType::AuthorizationCode];
        let mut bound = legacy(&[ResponseType::CodeToken], &[ResponseMode::Fragment]);
        bound.metadata.dpop_bound_access_tokens = true;

        assert_eq!(asked(&hybrid, "code", "").0, Err(Reason::ResponseTypeNotAllowed));
        assert_eq!(asked(&hybrid, "id_token", "").0, Err(Reason::ResponseTypeNotAllowed));
        assert_eq!(asked(&hybrid, "none", "").0, Err(Reason::ResponseTypeUnsupported));
        assert_eq!(asked(&bare, "code id_token", "").0, Err(Reason::GrantTypeNotAllowed));
        assert_eq!(asked(&bound, "code token", "").0, Err(Reason::ResponseTypeUnbound));
    }
}
