//! The modules that both plans share; the plan decides whether requests are signed and how answers come.
mod assertions;
mod flow;
mod possession;
mod pushed;

pub use assertions::*;
pub use flow::*;
pub use possession::*;
pub use pushed::*;

/// One test for each module that the two plans share. What waits for another piece of work says for which.
macro_rules! shared {
    // Those that are not about assertions and DPoP, for clients that show certificates.
    (mtls $plan:expr) => {
        $crate::conformance::fapi2::modules::shared! { $plan, { #[tokio::test] },
            discovery_end_point_verification, happy_flow, user_rejects_authentication,
            ensure_authorization_request_without_state_success, ensure_authorization_request_without_nonce_success,
            ensure_authorization_request_with_64_char_nonce_success, ensure_authorization_request_with_long_nonce,
            ensure_authorization_request_with_long_state, ensure_other_scope_order_succeeds,
            access_token_type_header_case_sensitivity, ensure_different_nonce_inside_and_outside_request_object,
            ensure_different_state_inside_and_outside_request_object, state_only_outside_request_object_not_used,
            ensure_request_object_without_redirect_uri_fails, tolerate_unregistered_redirect_uri,
            ensure_unsigned_authorization_request_without_using_par_fails, ensure_response_type_code_idtoken_fails,
            ensure_response_type_token_fails, refresh_token, ensure_holder_of_key_required,
            ensure_client_id_in_token_endpoint_mtls, ensure_client_is_known_by_its_own_certificate,
            ensure_authorization_code_is_bound_to_client, attempt_reuse_authorization_code_after_one_second,
            attempt_to_use_expired_auth_code, par_ensure_reused_request_uri_prior_to_auth_completion_succeeds,
            par_attempt_reuse_request_uri, par_attempt_to_use_expired_request_uri,
            par_attempt_to_use_request_uri_for_different_client,
            par_authorization_request_containing_request_uri_form_param, par_attempt_invalid_http_method,
            par_ensure_pkce_required, par_ensure_pkce_code_verifier_required, par_incorrect_pkce_code_verifier_rejected,
            par_ensure_plain_pkce_rejected, par_without_duplicate_parameters, test_claims_parameter_identity_claims
        }
    };
    ($plan:expr) => {
        $crate::conformance::fapi2::modules::shared! { $plan, { #[tokio::test] },
            discovery_end_point_verification, happy_flow, user_rejects_authentication,
            ensure_authorization_request_without_state_success, ensure_authorization_request_without_nonce_success,
            ensure_authorization_request_with_64_char_nonce_success, ensure_authorization_request_with_long_nonce,
            ensure_authorization_request_with_long_state, ensure_other_scope_order_succeeds,
            access_token_type_header_case_sensitivity, ensure_different_nonce_inside_and_outside_request_object,
            ensure_different_state_inside_and_outside_request_object, state_only_outside_request_object_not_used,
            ensure_request_object_without_redirect_uri_fails, tolerate_unregistered_redirect_uri,
            ensure_unsigned_authorization_request_without_using_par_fails, ensure_response_type_code_idtoken_fails,
            ensure_response_type_token_fails, refresh_token, check_dpop_proof_nbf_exp,
            ensure_dpop_proof_with_iat_10seconds_before_succeeds, ensure_dpop_proof_with_iat_10seconds_after_succeeds,
            ensure_token_endpoint_fails_with_mismatched_dpop_jkt, ensure_dpop_proof_at_par_endpoint_binding_success,
            ensure_dpop_auth_code_binding_success, dpop_negative_tests, ensure_holder_of_key_required,
            ensure_client_id_in_token_endpoint, ensure_authorization_code_is_bound_to_client,
            attempt_reuse_authorization_code_after_one_second, attempt_to_use_expired_auth_code,
            ensure_signed_client_assertion_with_rs256_fails, ensure_client_assertion_in_token_endpoint,
            ensure_client_assertion_with_exp_is_5_minutes_in_past_fails, ensure_client_assertion_with_wrong_aud_fails,
            ensure_client_assertion_with_no_sub_fails, par_ensure_reused_request_uri_prior_to_auth_completion_succeeds,
            par_attempt_reuse_request_uri, par_attempt_to_use_expired_request_uri,
            par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted,
            par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails,
            par_attempt_to_use_request_uri_for_different_client,
            par_authorization_request_containing_request_uri_form_param, par_attempt_invalid_http_method,
            par_ensure_pkce_required, par_ensure_pkce_code_verifier_required, par_incorrect_pkce_code_verifier_rejected,
            par_ensure_plain_pkce_rejected, par_without_duplicate_parameters,
            par_test_array_with_par_endpoint_url_as_audience_fails, par_test_par_endpoint_url_as_audience_fails
        }
        $crate::conformance::fapi2::modules::shared! { $plan, { #[tokio::test] },
            ensure_mismatched_dpop_jkt_fails, ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt
        }
        $crate::conformance::fapi2::modules::shared! { $plan, { #[tokio::test] },
            par_test_token_endpoint_url_as_audience_fails
        }
        $crate::conformance::fapi2::modules::shared! { $plan, { #[tokio::test] },
            test_claims_parameter_identity_claims
        }
    };
    ($plan:expr, $metas:tt, $($module:ident),+) => {
        $($crate::conformance::fapi2::modules::shared! { @one $plan, $metas, $module })+
    };
    (@one $plan:expr, { $(#[$meta:meta])+ }, $module:ident) => {
        $(#[$meta])+
        async fn $module() {
            modules::$module($plan).await;
        }
    };
}
pub(super) use shared;
