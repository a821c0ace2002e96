//! `oidcc-basic-certification-test-plan`: `response_type=code`, `client_secret_basic`, default response mode. The bodies
//! stand in `modules.rs`, since the form post plan runs the same.
//!
//! | module | what counts |
//! | --- | --- |
//! | oidcc-server | code, id_token and userinfo of the plain flow; length and entropy of the code; `at_hash` |
//! | oidcc-response-type-missing | redirected `invalid_request` or `unsupported_response_type`, nothing unexpected beside it |
//! | oidcc-idtoken-signature | RS256 and `kid` without any registration of an algorithm |
//! | oidcc-idtoken-unsigned | skipped: `none` is not listed |
//! | oidcc-userinfo-get, -post-header, -post-body | three ways to bring the token; a refusal of the last one is a warning |
//! | oidcc-ensure-request-without-nonce-succeeds-for-code-flow | no nonce in, none out |
//! | oidcc-scope-profile, -email, -address, -phone, -all | every claim of the scope in userinfo, none in the id_token |
//! | oidcc-alternate-happy-flow | scopes and parameters in another order |
//! | oidcc-display-page, -popup, oidcc-login-hint, oidcc-ui-locales, oidcc-claims-locales | nothing fails |
//! | oidcc-ensure-request-with-unknown-parameter-succeeds | `extra=foobar` |
//! | oidcc-prompt-login, oidcc-max-age-1 | the login page again; `auth_time` is later |
//! | oidcc-prompt-none-not-logged-in | an error that says a page is needed |
//! | oidcc-prompt-none-logged-in, oidcc-id-token-hint, oidcc-max-age-10000 | no page; same `sub` and `auth_time` |
//! | oidcc-ensure-request-with-acr-values-succeeds | `acr` is one of `acr_values_supported` |
//! | oidcc-codereuse, oidcc-codereuse-30seconds | `invalid_grant`, and the access token is dead |
//! | oidcc-ensure-registered-redirect-uri | an error page |
//! | oidcc-ensure-post-request-succeeds | the request as a form from another site |
//! | oidcc-server-client-secret-post | the plain flow with the other client authentication |
//! | oidcc-request-uri-unsigned-…, oidcc-unsigned-request-object-…, oidcc-ensure-request-object-with-redirect-uri | skipped: `none` is not listed; refused as unsupported |
//! | oidcc-claims-essential | `name` in userinfo, not in the id_token |
//! | oidcc-refresh-token | same sign-in, bound to its client |
//! | oidcc-ensure-request-with-valid-pkce-succeeds | S256 |
use super::modules;
use super::suite::Mode;

super::modules::plan!(Mode::Default);
