//! Microsoft's refusals: which of its errors means what (microsoft.md 2.9).
use serde::{Deserialize, Serialize};

/// What a refusal means for the person and for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalKind {
    /// The person turned back, perhaps at the page that asks for an administrator's approval.
    Cancelled,
    /// Consent is missing; perhaps an administrator's.
    ConsentMissing,
    /// The directory demands assignment and this account has none.
    NotAssigned,
    /// The application does not exist in that directory yet.
    NotEnabled,
    /// Conditional Access or another security policy said no.
    Policy,
    /// This Microsoft account does not belong to that directory.
    OtherAccount,
    /// Microsoft wants to speak with the person; with `prompt=none` the answer is `login_required`.
    InteractionNeeded,
    /// The code was used, is too old or does not fit. Starting again helps.
    CodeSpent,
    /// Our credential or our registration at Microsoft is wrong. Only the operator can help.
    OurCredential,
    /// Microsoft is overloaded or down.
    Throttled,
    Unknown,
}

/// A refusal with what the operator's log needs. None of it is for a page: Microsoft's texts may hold anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// AADSTS numbers.
    pub codes: Vec<u32>,
    /// Microsoft's own id for this event, for its support.
    pub correlation_id: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}, AADSTS {:?}, correlation {}", self.kind, self.codes, self.correlation_id.as_deref().unwrap_or("unknown"))
    }
}

/// Reads the error parameters of a callback: `error`, `error_description`, `error_subcode`. Total: whatever comes in.
pub fn refusal_from(error: &str, description: Option<&str>, subcode: Option<&str>) -> Refusal {
    let description = description.unwrap_or_default();
    let codes = codes_in(description);
    Refusal { kind: kind_of(error, &codes, subcode.unwrap_or_default()), codes, correlation_id: correlation_in(description) }
}

/// The error body of Microsoft's token endpoint, with the members that the standard type would lose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ErrorBody {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
    #[serde(default)]
    error_codes: Vec<u32>,
    #[serde(default)]
    suberror: Option<String>,
    #[serde(default)]
    correlation_id: Option<String>,
}

impl oauth2::ErrorResponse for ErrorBody {}

impl std::fmt::Display for ErrorBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AADSTS {:?}", self.error_codes)
    }
}

impl From<ErrorBody> for Refusal {
    fn from(body: ErrorBody) -> Self {
        let mut refusal = refusal_from(&body.error, body.error_description.as_deref(), body.suberror.as_deref());
        if !body.error_codes.is_empty() {
            refusal.kind = kind_of(&body.error, &body.error_codes, body.suberror.as_deref().unwrap_or_default());
            refusal.codes = body.error_codes;
        }
        if let Some(id) = body.correlation_id.filter(|id| super::claims::is_guid(&id.to_ascii_lowercase())) {
            refusal.correlation_id = Some(id);
        }
        refusal
    }
}

/// The number picks the kind where it is known; else the sub-code, else the protocol's own error.
fn kind_of(error: &str, codes: &[u32], subcode: &str) -> RefusalKind {
    codes.iter().find_map(|code| kind_of_code(*code)).or_else(|| kind_of_subcode(subcode)).unwrap_or_else(|| kind_of_error(error))
}

fn kind_of_code(code: u32) -> Option<RefusalKind> {
    Some(match code {
        65004 => RefusalKind::Cancelled,
        65001 | 90094 | 90095 => RefusalKind::ConsentMissing,
        50105 => RefusalKind::NotAssigned,
        700_016 | 500_011 | 700_011 => RefusalKind::NotEnabled,
        53000..=53003 | 50131 | 530_032 | 530_035 => RefusalKind::Policy,
        50020 | 16000 | 50034 | 51004 | 90072 | 50014 | 500_208 => RefusalKind::OtherAccount,
        50058 | 50072 | 50074 | 50076 | 50078 | 50079 => RefusalKind::InteractionNeeded,
        50132 | 50133 | 50173 | 70008 | 70043 | 700_082 => RefusalKind::InteractionNeeded,
        54005 | 70000 | 501_481 | 700_005 => RefusalKind::CodeSpent,
        7_000_215 | 7_000_222 | 700_027 | 7_000_218 | 70002 => RefusalKind::OurCredential,
        50011 | 50194 | 9_002_332 | 90130 | 90002 => RefusalKind::OurCredential,
        90055 | 50196 => RefusalKind::Throttled,
        _ => return None,
    })
}

fn kind_of_subcode(subcode: &str) -> Option<RefusalKind> {
    Some(match subcode {
        "cancel" => RefusalKind::Cancelled,
        "consent_required" => RefusalKind::ConsentMissing,
        "basic_action" | "additional_action" | "message_only" | "user_password_expired" | "bad_token" => RefusalKind::InteractionNeeded,
        _ => return None,
    })
}

/// RFC 6749 4.1.2.1 and 5.2, OIDC Core 3.1.2.6.
fn kind_of_error(error: &str) -> RefusalKind {
    match error {
        "access_denied" => RefusalKind::Cancelled,
        "consent_required" => RefusalKind::ConsentMissing,
        "login_required" | "interaction_required" | "account_selection_required" => RefusalKind::InteractionNeeded,
        "invalid_grant" => RefusalKind::CodeSpent,
        "invalid_client" | "unauthorized_client" => RefusalKind::OurCredential,
        "temporarily_unavailable" | "server_error" => RefusalKind::Throttled,
        _ => RefusalKind::Unknown,
    }
}

/// At most four numbers after `AADSTS` in a description.
fn codes_in(description: &str) -> Vec<u32> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).take(9).collect::<String>().parse().ok();
    description.split("AADSTS").skip(1).filter_map(digits).take(4).collect()
}

fn correlation_in(description: &str) -> Option<String> {
    let (_, rest) = description.split_once("Correlation ID: ")?;
    let id = rest.get(..36)?.to_ascii_lowercase();
    super::claims::is_guid(&id).then_some(id)
}
