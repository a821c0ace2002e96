//! What clients send: forms with parameters of the protocol, and bearer tokens. Strict: one content type, UTF-8, no
//! parameter twice.
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};

use crate::app::App;
use crate::protocol::dpop;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::form;
use crate::protocol::params::Params;
use crate::service::bearer::{PresentedToken, Scheme};
use crate::service::client_auth::Caller;
use crate::service::possession::Possession;
use crate::web::oidc::api::ApiError;
use crate::web::peer;

/// A request of a client to the token, introspection or revocation endpoint.
pub struct ClientRequest {
    pub params: Params,
    pub caller: Caller,
}

impl FromRequest<Arc<App>> for ClientRequest {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let authorization = one(&parts.headers, &header::AUTHORIZATION, Reason::ClientAuthenticationTwice)?.map(str::to_owned);
        let network = peer::network(&parts, &app.config);
        let possession = possession(&parts, app)?;
        let params = read(&parts, body, app).await?;
        Ok(Self { params, caller: Caller { authorization, possession, network } })
    }
}

/// What the request proves about a key of its sender.
fn possession(parts: &Parts, app: &App) -> Result<Possession, OAuthError> {
    let certificates = peer::certificates(parts, &app.config)
        .map_err(|peer::Unreadable| invalid("The certificate of the connection is malformed", Reason::ParameterMalformed))?;
    Ok(Possession { proof: proof(parts)?, certificates })
}

fn proof(parts: &Parts) -> Result<Option<String>, OAuthError> {
    // RFC 9449 4.3, number 1: not more than one proof.
    let proof = one(&parts.headers, &HeaderName::from_static("dpop"), Reason::ProofTwice).map_err(|error| dpop::invalid(error.reason))?;
    Ok(proof.map(str::to_owned))
}

/// The one access token of a request to a protected resource (RFC 6750 2, RFC 9449 7.1): in the header or in the form.
/// None: the request names no token.
pub struct Bearer(pub Option<PresentedToken>);

impl FromRequest<Arc<App>> for Bearer {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let network = peer::network(&parts, &app.config);
        // RFC 6750 2.3 allows the query only as a last resort; it ends up in logs (security.md E08).
        let query = form::decode(parts.uri.query().unwrap_or("").as_bytes()).map_err(ApiError::bearer)?;
        if query.iter().any(|(name, _)| name == "access_token") {
            return Err(ApiError::bearer(invalid("The access token must not be in the query", Reason::ParameterMalformed)));
        }
        let header = one(&parts.headers, &header::AUTHORIZATION, Reason::TokenTwice).map_err(ApiError::bearer)?;
        let in_header = header.and_then(sent);
        let possession = possession(&parts, app).map_err(ApiError::bearer)?;
        let posted = parts.method == Method::POST && parts.headers.contains_key(header::CONTENT_TYPE);
        let in_form = if posted { read(&parts, body, app).await?.get("access_token").map(str::to_owned) } else { None };
        match (in_header, in_form) {
            // RFC 6750 2: not more than one method in each request.
            (Some(_), Some(_)) => Err(ApiError::bearer(invalid("The access token is sent in two ways", Reason::TokenTwice))),
            (in_header, in_form) => {
                let method = if parts.method == Method::POST { "POST" } else { "GET" };
                let token = in_header.or(in_form.map(|token| (Scheme::Bearer, token)));
                Ok(Self(token.map(|(scheme, token)| PresentedToken { token, scheme, method, possession, network })))
            }
        }
    }
}

/// The token in an `Authorization` header; schemes are compared without regard to case (RFC 9110 11.1).
fn sent(header: &str) -> Option<(Scheme, String)> {
    let (name, token) = header.split_once(' ')?;
    let schemes = [("bearer", Scheme::Bearer), ("dpop", Scheme::Dpop)];
    let (_, scheme) = schemes.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known))?;
    Some((scheme, token.trim().to_owned()))
}

/// The only value of a header.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName, twice: Reason) -> Result<Option<&'a str>, OAuthError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| invalid("A header is malformed", Reason::ParameterMalformed)),
        (Some(_), Some(_)) => Err(invalid("A header is sent twice", twice)),
    }
}

/// Reads the parameters of a form body (RFC 6749 Appendix B).
async fn read(parts: &Parts, body: Body, app: &App) -> Result<Params, ApiError> {
    if !is_form(&parts.headers) {
        return Err(invalid("The body must be application/x-www-form-urlencoded in UTF-8", Reason::BodyMalformed).into());
    }
    let too_large = |_| ApiError::with_status(StatusCode::PAYLOAD_TOO_LARGE, invalid("The body is too large", Reason::ParameterTooLong));
    let bytes = to_bytes(body, app.config.server.request_body_limit()).await.map_err(too_large)?;
    Ok(Params::parse(form::decode(&bytes)?.into_iter())?)
}

/// One content type, with no other charset than UTF-8.
fn is_form(headers: &HeaderMap) -> bool {
    let Ok(Some(kind)) = one(headers, &header::CONTENT_TYPE, Reason::BodyMalformed) else { return false };
    let mut parts = kind.split(';').map(str::trim);
    let charset = |parameter: &str| match parameter.split_once('=') {
        Some((name, value)) => !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8"),
        None => parameter.is_empty(),
    };
    parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")) && parts.all(charset)
}

fn invalid(text: &'static str, reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, text, reason)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn f14_only_forms_in_utf_8_are_read() {
        let table = [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true),
            ("application/x-www-form-urlencoded;charset=\"utf-8\"", true),
            ("application/x-www-form-urlencoded; charset=iso-8859-1", false),
            ("application/json", false),
            ("multipart/form-data; boundary=x", false),
            ("", false),
        ];
        for (kind, good) in table {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(kind))]);
            assert_eq!(is_form(&headers), good, "{kind}");
        }
    }

    #[test]
    fn one_proof_is_read_and_a_second_one_is_refused() {
        let parts = |count: usize| {
            let request = (0..count).fold(axum::http::Request::builder(), |request, _| request.header("DPoP", "a.b.c"));
            request.body(()).expect("a plain request").into_parts().0
        };

        assert_eq!(proof(&parts(0)).expect("none"), None);
        assert_eq!(proof(&parts(1)).expect("one").as_deref(), Some("a.b.c"));
        let refused = proof(&parts(2)).expect_err("two");
        assert_eq!((refused.code, refused.reason), (ErrorCode::InvalidDpopProof, Reason::ProofTwice));
    }

    #[test]
    fn a_header_that_comes_twice_is_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(one(&headers, &header::AUTHORIZATION, Reason::TokenTwice), Ok(None));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer a"));
        assert_eq!(one(&headers, &header::AUTHORIZATION, Reason::TokenTwice), Ok(Some("Bearer a")));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer b"));
        let refused = one(&headers, &header::AUTHORIZATION, Reason::TokenTwice).expect_err("twice");
        assert_eq!(refused.reason, Reason::TokenTwice);
    }
}
