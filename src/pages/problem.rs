//! The page for everything that cannot go on: faults, refusals, and what came back from Microsoft (microsoft.md 2.9).
use serde::Serialize;

use super::Page;

/// Something went wrong or was refused.
#[derive(Clone, Debug, Serialize)]
pub struct Problem {
    /// Machine-readable and never translated; shown in `#error-code`.
    pub code: String,
    pub kind: ProblemKind,
    /// A fixed text for developers, such as "redirect_uri is not registered". Never an echo of input.
    pub detail: Option<String>,
    /// Under which the log knows this request, or Microsoft's correlation id.
    pub request_id: Option<String>,
    /// Where trying again leads.
    pub retry: Option<String>,
    /// Offer a new invitation letter: `POST /federation/resend` (microsoft.md 2.3 D).
    pub resend: bool,
}

/// What the person is told. Each variant has a heading and a text in the catalogue.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ProblemKind {
    BadRequest,
    AccessDenied,
    NotFound,
    /// The page is too old: the sign-in ran out, or belongs to another browser.
    Expired,
    /// The sign-in came to its end before: somebody went back, or sent a form twice.
    AlreadyDone,
    ServerBusy,
    ServerFault,
    TooLarge,
    TooManyRequests,
    /// The person belongs to no tenant that may use the application.
    NoTenant,
    UpstreamCancelled,
    /// The application is not enabled in the organisation; `consent` is where its administrator enables it.
    UpstreamNotEnabled {
        consent: Option<String>,
    },
    UpstreamAssign,
    UpstreamPolicy,
    UpstreamUnavailable,
    UpstreamStartAgain,
    /// The account at Microsoft does not fit; try another one.
    UpstreamOtherAccount,
    /// microsoft.md 2.3 D
    UpstreamNotConnected,
    /// microsoft.md 2.3 H
    UpstreamBoundElsewhere,
    UpstreamWrongDirectory,
    InvitationOver,
    LinkOver,
}

impl ProblemKind {
    /// Every variant, for the samples.
    fn all() -> Vec<(&'static str, Self)> {
        use ProblemKind::*;
        vec![
            ("bad_request", BadRequest),
            ("access_denied", AccessDenied),
            ("not_found", NotFound),
            ("expired", Expired),
            ("already_done", AlreadyDone),
            ("server_busy", ServerBusy),
            ("server_fault", ServerFault),
            ("too_large", TooLarge),
            ("too_many_requests", TooManyRequests),
            ("no_tenant", NoTenant),
            ("upstream_cancelled", UpstreamCancelled),
            ("upstream_not_enabled", UpstreamNotEnabled { consent: Some("/upstream/consent".to_owned()) }),
            ("upstream_assign", UpstreamAssign),
            ("upstream_policy", UpstreamPolicy),
            ("upstream_unavailable", UpstreamUnavailable),
            ("upstream_start_again", UpstreamStartAgain),
            ("upstream_other_account", UpstreamOtherAccount),
            ("upstream_not_connected", UpstreamNotConnected),
            ("upstream_bound_elsewhere", UpstreamBoundElsewhere),
            ("upstream_wrong_directory", UpstreamWrongDirectory),
            ("invitation_over", InvitationOver),
            ("link_over", LinkOver),
        ]
    }
}

impl Page for Problem {
    const TEMPLATE: &'static str = "problem.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |(name, kind): (&'static str, ProblemKind)| {
            (name, Self { code: name.to_owned(), kind, detail: None, request_id: None, retry: Some("/".to_owned()), resend: false })
        };
        let detail = Self {
            code: "invalid_request".to_owned(),
            kind: ProblemKind::BadRequest,
            detail: Some("The redirect_uri is not registered for this client.".to_owned()),
            request_id: Some("4bf92f3577b34da6".to_owned()),
            retry: None,
            resend: false,
        };
        let resend = Self { resend: true, ..page(("resend", ProblemKind::UpstreamNotConnected)).1 };
        ProblemKind::all().into_iter().map(page).chain([("detail", detail), ("resend", resend)]).collect()
    }
}
