//! Lines of the audit trail in people's words: a person's recent activity, a tenant's log.
use serde::Serialize;

use super::super::Page;
use super::{Choice, Moment, Pager};

/// One line.
#[derive(Clone, Debug, Serialize)]
pub struct LogLine {
    pub at: Moment,
    /// What happened, in words; none for what only the technical name says.
    pub what: Option<Happening>,
    /// The technical name, such as `sign_in.password`.
    pub action: String,
    pub outcome: String,
    pub good: bool,
    /// Who did it, where somebody other than the subject did.
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub application: Option<String>,
    /// From where, shortened.
    pub network: String,
    /// An operator did it: where he sat is no business of the tenant.
    pub operator: bool,
}

/// Text: `happening.<variant>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    SignedIn,
    SignInRefused,
    SignInPaused,
    FactorGiven,
    FactorRefused,
    FactorChanged,
    RecoveryMade,
    ApplicationOpened,
    ApplicationRefused,
    ConsentGiven,
    ConsentDenied,
    ConsentRevoked,
    SessionEnded,
    TenantChosen,
    Invited,
    InvitationAccepted,
    Joined,
    GroupJoined,
    PersonMade,
    ApiAccessChanged,
}

impl Happening {
    pub const ALL: [Self; 20] = [
        Self::SignedIn,
        Self::SignInRefused,
        Self::SignInPaused,
        Self::FactorGiven,
        Self::FactorRefused,
        Self::FactorChanged,
        Self::RecoveryMade,
        Self::ApplicationOpened,
        Self::ApplicationRefused,
        Self::ConsentGiven,
        Self::ConsentDenied,
        Self::ConsentRevoked,
        Self::SessionEnded,
        Self::TenantChosen,
        Self::Invited,
        Self::InvitationAccepted,
        Self::Joined,
        Self::GroupJoined,
        Self::PersonMade,
        Self::ApiAccessChanged,
    ];

    /// The words for an action and its outcome.
    pub fn of(action: &str, outcome: &str) -> Option<Self> {
        Some(match (action, outcome) {
            ("session.begin", "ok") => Self::SignedIn,
            ("sign_in.password" | "sign_in.passkey" | "sign_in.microsoft", "paused") => Self::SignInPaused,
            ("sign_in.password" | "sign_in.microsoft", "wrong" | "refused") => Self::SignInRefused,
            ("sign_in.passkey", "wrong" | "counter" | "origin" | "handle" | "unknown" | "not_offered") => Self::SignInRefused,
            ("sign_in.factor", "ok") => Self::FactorGiven,
            ("sign_in.factor", _) => Self::FactorRefused,
            ("factor.app" | "factor.passkey" | "factor.switch", _) => Self::FactorChanged,
            ("factor.recovery", _) => Self::RecoveryMade,
            ("authorize", "ok") => Self::ApplicationOpened,
            ("authorize", _) => Self::ApplicationRefused,
            ("consent", "allowed") => Self::ConsentGiven,
            ("consent", _) => Self::ConsentDenied,
            ("consent.revoke", _) => Self::ConsentRevoked,
            ("session.end" | "session.end_others", _) => Self::SessionEnded,
            ("tenant.choose", _) => Self::TenantChosen,
            ("person.invite", _) => Self::Invited,
            ("invitation.accept", _) => Self::InvitationAccepted,
            ("member.add", _) => Self::Joined,
            ("group.add_member", _) => Self::GroupJoined,
            ("person.add", _) => Self::PersonMade,
            ("member.api_access", _) => Self::ApiAccessChanged,
            _ => return None,
        })
    }
}

fn samples_of_lines() -> Vec<LogLine> {
    let line = |what: Option<Happening>, action: &str, outcome: &str, good: bool| LogLine {
        at: Moment::sample(),
        what,
        action: action.to_owned(),
        outcome: outcome.to_owned(),
        good,
        actor: Some("Jörg Müller".to_owned()),
        subject: Some("Anna Berg".to_owned()),
        application: Some("Payment Desk".to_owned()),
        network: "192.0.2.7".to_owned(),
        operator: false,
    };
    let spoken = Happening::ALL.into_iter().map(|what| line(Some(what), "sign_in.password", "ok", what != Happening::SignInRefused));
    let bare = LogLine {
        actor: None,
        subject: None,
        application: None,
        network: String::new(),
        operator: true,
        ..line(None, "tenant.add", "done", true)
    };
    spoken.chain([bare]).collect()
}

/// `GET /account/activity`
#[derive(Clone, Debug, Serialize)]
pub struct Activity {
    pub lines: Vec<LogLine>,
    pub pager: Pager,
}

/// `GET /admin/{tenant}/audit`
#[derive(Clone, Debug, Serialize)]
pub struct AuditLog {
    pub lines: Vec<LogLine>,
    pub pager: Pager,
    /// What the filters say: an address or id, a kind, a day.
    pub who: String,
    pub kinds: Vec<Choice>,
    pub kind: String,
    pub until: String,
}

impl AuditLog {
    /// The kinds that the log can be narrowed to: the first word of an action. Text: `audit.kind.<kind>`.
    pub const KINDS: [&'static str; 6] = ["authorize", "sign_in", "person", "member", "group", "tenant"];
}

impl Page for Activity {
    const TEMPLATE: &'static str = "account/activity.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let pager = Pager { first: Some("/account/activity".to_owned()), next: Some("/account/activity?before=1".to_owned()) };
        vec![("some", Self { lines: samples_of_lines(), pager }), ("none", Self { lines: Vec::new(), pager: Pager::default() })]
    }
}

impl Page for AuditLog {
    const TEMPLATE: &'static str = "admin/audit.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let kinds = Self::KINDS.map(|kind| Choice { value: kind.to_owned(), text: kind.to_owned() }).to_vec();
        let page = Self {
            lines: samples_of_lines(),
            pager: Pager { first: None, next: Some("/admin/northwind/audit?before=1".to_owned()) },
            who: String::new(),
            kinds,
            kind: String::new(),
            until: String::new(),
        };
        let none = Self { lines: Vec::new(), pager: Pager::default(), who: "anna@".to_owned(), kind: "person".to_owned(), ..page.clone() };
        vec![("some", page), ("none", none)]
    }
}
