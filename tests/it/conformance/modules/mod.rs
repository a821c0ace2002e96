//! The modules that the plans `basic` and `formpost-basic` share. Each takes the variant of its plan.
mod objects;
mod scopes;
mod single;
mod twice;

pub use objects::*;
pub use scopes::*;
pub use single::*;
pub use twice::*;

use serde_json::Value;

use super::answers::Tokens;
use super::suite::{AuthRequest, CALLBACK, Callback, Client, Mode, Suite};

/// The whole way with this request: code, tokens, userinfo. What the pages were does not matter.
pub async fn happy(s: &mut Suite, request: &AuthRequest) -> (Tokens, Value) {
    let client = s.one.clone();
    happy_as(s, &client, request).await
}

async fn happy_as(s: &mut Suite, client: &Client, request: &AuthRequest) -> (Tokens, Value) {
    let callback = s.callback(request).await;
    finish(s, client, request, &callback, &[]).await
}

/// From the callback on. `extra` goes to the token endpoint.
async fn finish(s: &Suite, client: &Client, request: &AuthRequest, callback: &Callback, extra: &[(&str, &str)]) -> (Tokens, Value) {
    let code = s.good_callback(request, callback);
    let mut form = vec![("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
    form.extend_from_slice(extra);
    let tokens = s.good_tokens(client, &s.token(client, &form).await, request.get("nonce"));
    let userinfo = s.good_userinfo(&s.userinfo(&tokens.access).await, &tokens);
    (tokens, userinfo)
}

/// The usual request with one parameter more succeeds.
async fn tolerates(mode: Mode, name: &str, value: &str) {
    let mut s = Suite::new(mode).await;
    let request = s.request(&s.one, "openid").with(name, value);

    happy(&mut s, &request).await;
}

/// One test for each module, in the variant of the plan.
macro_rules! plan {
    ($mode:expr) => {
        $crate::conformance::modules::plan! { $mode, #[tokio::test],
            oidcc_server, oidcc_response_type_missing, oidcc_idtoken_signature, oidcc_idtoken_unsigned, oidcc_userinfo_get,
            oidcc_userinfo_post_header, oidcc_userinfo_post_body, oidcc_ensure_request_without_nonce_succeeds_for_code_flow,
            oidcc_scope_email, oidcc_alternate_happy_flow, oidcc_display_page, oidcc_display_popup, oidcc_prompt_login,
            oidcc_prompt_none_not_logged_in, oidcc_prompt_none_logged_in, oidcc_max_age_1, oidcc_max_age_10000,
            oidcc_ensure_request_with_unknown_parameter_succeeds, oidcc_id_token_hint, oidcc_login_hint, oidcc_ui_locales,
            oidcc_claims_locales, oidcc_ensure_request_with_acr_values_succeeds, oidcc_codereuse, oidcc_codereuse_30seconds,
            oidcc_ensure_registered_redirect_uri, oidcc_ensure_post_request_succeeds, oidcc_server_client_secret_post,
            oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported,
            oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported,
            oidcc_ensure_request_object_with_redirect_uri, oidcc_refresh_token, oidcc_ensure_request_with_valid_pkce_succeeds
        }
        $crate::conformance::modules::plan! { $mode, #[tokio::test],
            oidcc_scope_profile, oidcc_scope_address, oidcc_scope_phone, oidcc_scope_all, oidcc_claims_essential
        }
    };
    ($mode:expr, $(#[$meta:meta])+, $($module:ident),+) => {
        $crate::conformance::modules::plan! { @each $mode, { $(#[$meta])+ }, $($module),+ }
    };
    (@each $mode:expr, $metas:tt, $($module:ident),+) => {
        $($crate::conformance::modules::plan! { @one $mode, $metas, $module })+
    };
    (@one $mode:expr, { $(#[$meta:meta])+ }, $module:ident) => {
        $(#[$meta])+
        async fn $module() {
            modules::$module($mode).await;
        }
    };
}
pub(super) use plan;
