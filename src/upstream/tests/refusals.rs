//! Microsoft's refusals, at the callback and at the token endpoint (microsoft.md 2.9).
use serde_json::json;

use super::super::stand_in::*;
use super::super::{HttpFault, Reason, Refusal, RefusalKind, UpstreamError, refusal_from};

async fn at_token_endpoint(status: u16, body: &str) -> UpstreamError {
    let microsoft = StandIn::start().await;
    microsoft.change(|script| script.token = (status, body.as_bytes().to_vec()));
    microsoft.finish(NOW).await.unwrap_err()
}

#[test]
fn the_callbacks_errors_have_their_meaning() {
    let table = [
        ("access_denied", "AADSTS65004: User declined to consent.", "", RefusalKind::Cancelled),
        ("access_denied", "the user pressed cancel", "cancel", RefusalKind::Cancelled),
        ("access_denied", "AADSTS90094: The grant requires admin permission.", "", RefusalKind::ConsentMissing),
        ("consent_required", "AADSTS65001", "", RefusalKind::ConsentMissing),
        ("interaction_required", "AADSTS50105: not assigned to a role", "", RefusalKind::NotAssigned),
        ("unauthorized_client", "AADSTS700016: Application not found", "", RefusalKind::NotEnabled),
        ("access_denied", "AADSTS53003: Access has been blocked", "", RefusalKind::Policy),
        ("invalid_request", "AADSTS50020: User account does not exist", "", RefusalKind::OtherAccount),
        ("login_required", "AADSTS50058", "", RefusalKind::InteractionNeeded),
        ("interaction_required", "", "basic_action", RefusalKind::InteractionNeeded),
        ("interaction_required", "", "consent_required", RefusalKind::ConsentMissing),
        ("temporarily_unavailable", "", "", RefusalKind::Throttled),
        ("server_error", "AADSTS90055", "", RefusalKind::Throttled),
        ("invalid_client", "", "", RefusalKind::OurCredential),
        ("unauthorized_client", "AADSTS50194", "", RefusalKind::OurCredential),
        ("something_new", "AADSTS123456789012", "other", RefusalKind::Unknown),
        ("", "", "", RefusalKind::Unknown),
    ];
    for (error, description, subcode, kind) in table {
        assert_eq!(refusal_from(error, Some(description), Some(subcode)).kind, kind, "{error} {description} {subcode}");
    }
}

#[test]
fn what_the_operator_needs_is_kept_and_nothing_else() {
    let description =
        "AADSTS65004: anna@contoso.example declined. Trace ID: 1 Correlation ID: 7ABCDEF0-0000-4000-8000-0123456789ab Timestamp: x";

    let refusal = refusal_from("access_denied", Some(description), None);

    let correlation_id = Some("7abcdef0-0000-4000-8000-0123456789ab".to_owned());
    assert_eq!(refusal, Refusal { kind: RefusalKind::Cancelled, codes: vec![65004], correlation_id });
    assert!(!refusal.to_string().contains("anna"));
    assert_eq!(refusal_from("x", Some("Correlation ID: <script>alert(1)</script>aaaaaaaaaaaaaaaaaaaaa"), None).correlation_id, None);
}

#[tokio::test]
async fn an_expired_secret_is_our_own_credential() {
    let body = json!({
        "error": "invalid_client", "error_description": "AADSTS7000222: The provided client secret keys are expired.",
        "error_codes": [7000222], "correlation_id": "7abcdef0-0000-4000-8000-0123456789ab", "trace_id": "t", "timestamp": "x",
    });

    let UpstreamError::Refused(refusal) = at_token_endpoint(401, &body.to_string()).await else { panic!("it is a refusal") };

    assert_eq!(refusal.kind, RefusalKind::OurCredential);
    assert_eq!(refusal.codes, [7_000_222]);
    assert_eq!(refusal.correlation_id.as_deref(), Some("7abcdef0-0000-4000-8000-0123456789ab"));
}

#[tokio::test]
async fn a_spent_code_is_told_from_other_refusals() {
    for (body, kind) in [
        (json!({ "error": "invalid_grant", "error_codes": [54005] }), RefusalKind::CodeSpent),
        (json!({ "error": "invalid_grant" }), RefusalKind::CodeSpent),
        (json!({ "error": "invalid_grant", "error_codes": [50173] }), RefusalKind::InteractionNeeded),
        (json!({ "error": "interaction_required", "suberror": "basic_action" }), RefusalKind::InteractionNeeded),
    ] {
        let fault = at_token_endpoint(400, &body.to_string()).await;
        assert!(matches!(&fault, UpstreamError::Refused(refusal) if refusal.kind == kind), "{body}: {fault}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_told_from_a_refusal() {
    assert!(matches!(at_token_endpoint(503, "{}").await, UpstreamError::Unavailable(HttpFault::ServerFailed(503))));
    assert!(matches!(at_token_endpoint(400, "<html>").await, UpstreamError::BadAnswer(Reason::TokenAnswer)));
    assert!(matches!(at_token_endpoint(302, "").await, UpstreamError::BadAnswer(Reason::TokenAnswer)));
    assert!(matches!(at_token_endpoint(200, "{}").await, UpstreamError::BadAnswer(Reason::TokenAnswer)));
    let without = json!({ "access_token": "a", "token_type": "Bearer" }).to_string();
    assert!(matches!(at_token_endpoint(200, &without).await, UpstreamError::BadAnswer(Reason::NoIdToken)));
}

#[tokio::test]
async fn a_directory_that_does_not_exist_is_a_refusal() {
    let microsoft = StandIn::start().await;
    let body = json!({ "error": "invalid_tenant", "error_description": "AADSTS90002: Tenant not found.", "error_codes": [90002] });
    microsoft.change(|script| script.discovery = (400, body.to_string().into_bytes()));

    let fault = microsoft.finish(NOW).await.unwrap_err();

    assert!(matches!(fault, UpstreamError::Refused(refusal) if refusal.kind == RefusalKind::OurCredential));
}
