//! The rules of a tenant in people's words: all of them, a group of them to change, and what a change would do.
use serde::Serialize;

use super::super::super::Page;
use super::words;

words! {
    /// Texts: `policy.group.<group>`.
    PolicyTopic { Factor, Password, Lock, Session, People, Places }
}

words! {
    /// What a rule takes.
    PolicyShape { Choice, Several, Number, Flag, Names }
}

/// One rule. Texts: `policy.rule.<id>.name`, `.effect`; of its values `policy.value.<value>`.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyRow {
    /// `mfa_mode` for the key `mfa.mode`.
    pub id: String,
    pub shape: PolicyShape,
    pub values: Vec<String>,
    pub default: Vec<String>,
    pub choices: Vec<String>,
    /// The operator's bound, in few words.
    pub bound: Option<String>,
    /// Only the operator changes it.
    pub kept: bool,
    /// Not to be changed by whoever looks at it.
    pub fixed: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct PolicyGroup {
    pub topic: PolicyTopic,
    pub rows: Vec<PolicyRow>,
}

/// Why a change was refused.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyFault {
    pub id: String,
    /// What it must be; none: it is the operator's.
    pub demand: Option<PolicyDemand>,
}

/// What a rule must be. Texts: `policy.demand.<kind>`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PolicyDemand {
    /// Numbers, in signs: `8 – 64`, `≥ 8`.
    Number { range: String },
    /// At least as strict as this value.
    Strict { value: String },
    /// New people can begin only with a factor that is offered and needs no set-up.
    Beginning,
    /// A factor is demanded, so one must be offered.
    Methods,
    /// Names without spaces, not too many.
    Names,
    /// Another value.
    Other,
}

/// `GET …/policies`.
#[derive(Clone, Debug, Serialize)]
pub struct Policies {
    pub tenant: String,
    /// Where the pages of these rules begin.
    pub here: String,
    pub groups: Vec<PolicyGroup>,
    pub fault: Option<PolicyFault>,
}

/// `GET …/policies/{group}`.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyForm {
    pub here: String,
    pub group: PolicyGroup,
    pub fault: Option<PolicyFault>,
}

words! {
    /// What a change means for people. Texts: `policy.affected.<what>` with `{n}`.
    PolicyEffect { MustEnrol, MustEnrolApp, NoLongerAsked, MustRenew, LockedAtOnce, Other }
}

#[derive(Clone, Debug, Serialize)]
pub struct PolicyAffected {
    pub what: PolicyEffect,
    pub n: i64,
    pub names: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PolicyChange {
    pub id: String,
    pub shape: PolicyShape,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// The answer to the form: what would change and for whom, before anything does.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyPreview {
    pub here: String,
    pub action: String,
    pub changes: Vec<PolicyChange>,
    pub affected: Vec<PolicyAffected>,
    /// The form once more.
    pub fields: Vec<(String, String)>,
}

/// Every rule with its topic, shape and values: what samples show, and what the handlers fill.
pub const RULES: &[(PolicyTopic, &str, PolicyShape, &[&str])] = {
    use PolicyShape::{Choice, Flag, Names, Number, Several};
    use PolicyTopic::{Factor, Lock, Password, People, Places, Session};
    &[
        (Factor, "mfa_mode", Choice, &["off", "optional", "default_on", "required"]),
        (Factor, "mfa_methods", Several, &["email", "totp", "passkey"]),
        (Factor, "mfa_default", Choice, &["none", "email"]),
        (Factor, "mfa_user_may_disable", Flag, &[]),
        (Factor, "mfa_reset_by", Several, &["self", "tenant_admin", "operator"]),
        (Factor, "mfa_email_satisfies", Choice, &["none", "login", "step_up"]),
        (Factor, "mfa_step_up_permissions", Names, &[]),
        (Factor, "federation_mfa", Choice, &["trust_upstream", "local", "none"]),
        (Password, "password_min_length", Number, &[]),
        (Password, "password_history", Number, &[]),
        (Password, "password_reuse_window_hours", Number, &[]),
        (Password, "password_min_age_hours", Number, &[]),
        (Password, "password_max_age_days", Number, &[]),
        (Password, "recovery_self_service_with_mfa", Choice, &["deny", "require_factor"]),
        (Password, "reauth_sensitive", Choice, &["password", "email_code", "factor"]),
        (Lock, "lock_threshold", Number, &[]),
        (Lock, "lock_duration_minutes", Number, &[]),
        (Lock, "lock_inactivity_days", Number, &[]),
        (Session, "session_idle_minutes", Number, &[]),
        (Session, "session_absolute_hours", Number, &[]),
        (Session, "device_sign_in", Choice, &["everybody", "not_admins", "nobody"]),
        (People, "identifier_mode", Choice, &["email", "username", "both"]),
        (People, "membership_existing_person", Choice, &["invite", "auto_link"]),
        (People, "invitation_delivery", Choice, &["ask", "auto", "link"]),
        (People, "auth_method_change", Choice, &["never", "admin", "user"]),
        (People, "user_removal", Choice, &["disable", "remove_membership", "erase_person"]),
        (People, "user_retention_days", Number, &[]),
        (People, "audit_retention_days", Number, &[]),
        (People, "profile_admin_editable", Several, &["first_name", "last_name", "locale", "picture"]),
        (People, "admin_self_edit", Choice, &["none", "non_privileged"]),
        (People, "credentials_admin_scope", Choice, &["home_only", "operator"]),
        (Places, "groups_self_join", Choice, &["with_permission", "off"]),
        (Places, "locations_enabled", Flag, &[]),
        (Places, "locations_multi_tenant", Choice, &["allow", "deny"]),
        (Places, "locations_managed_by", Choice, &["tenant_admin", "operator"]),
        (Places, "locations_admin_limited", Flag, &[]),
        (Places, "locations_exempt_scopes", Names, &[]),
    ]
};

fn sample_row(rule: &(PolicyTopic, &str, PolicyShape, &[&str]), n: usize) -> PolicyRow {
    let choices: Vec<String> = rule.3.iter().map(|value| (*value).to_owned()).collect();
    let pick = |n: usize| match rule.2 {
        PolicyShape::Choice => choices.get(n % choices.len().max(1)).cloned().into_iter().collect(),
        PolicyShape::Several => choices.clone(),
        PolicyShape::Number => vec!["10".to_owned()],
        PolicyShape::Flag => vec![if n == 0 { "true" } else { "false" }.to_owned()],
        PolicyShape::Names => {
            if n == 0 {
                Vec::new()
            } else {
                vec!["pan:decrypt".to_owned()]
            }
        }
    };
    PolicyRow {
        id: rule.1.to_owned(),
        shape: rule.2,
        values: pick(n),
        default: pick(0),
        bound: (rule.1 == "password_min_length").then(|| "8 or more".to_owned()),
        kept: rule.1 == "mfa_mode",
        fixed: rule.1 == "mfa_mode" && n == 1,
        choices,
    }
}

fn sample_group(topic: PolicyTopic, n: usize) -> PolicyGroup {
    PolicyGroup { topic, rows: RULES.iter().filter(|rule| rule.0 == topic).map(|rule| sample_row(rule, n)).collect() }
}

impl Page for Policies {
    const TEMPLATE: &'static str = "admin/policies.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = |n: usize| Self {
            tenant: "Northwind Foods GmbH".to_owned(),
            here: "/admin/northwind/policies".to_owned(),
            groups: PolicyTopic::ALL.iter().map(|topic| sample_group(*topic, n)).collect(),
            fault: None,
        };
        let fault = |demand| Some(PolicyFault { id: "mfa_mode".to_owned(), demand });
        vec![
            ("first", page(0)),
            ("second", page(1)),
            ("third", page(2)),
            ("fourth", page(3)),
            ("refused", Self { fault: fault(Some(PolicyDemand::Strict { value: "optional".to_owned() })), ..page(0) }),
            ("operators", Self { fault: fault(None), ..page(0) }),
        ]
    }
}

impl Page for PolicyForm {
    const TEMPLATE: &'static str = "admin/policy_form.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let names = ["factor", "password", "lock", "session", "people", "places"];
        let here = || "/admin/northwind/policies".to_owned();
        let page = |(topic, name): (&PolicyTopic, &'static str)| (name, Self { here: here(), group: sample_group(*topic, 1), fault: None });
        let refused = |topic, id: &str, demand| {
            let fault = Some(PolicyFault { id: id.to_owned(), demand: Some(demand) });
            Self { here: here(), group: sample_group(topic, 0), fault }
        };
        let wrong = refused(PolicyTopic::Password, "password_min_length", PolicyDemand::Number { range: "8 – 64".to_owned() });
        let more = [
            ("refused-beginning", refused(PolicyTopic::Factor, "mfa_default", PolicyDemand::Beginning)),
            ("refused-methods", refused(PolicyTopic::Factor, "mfa_methods", PolicyDemand::Methods)),
            ("refused-names", refused(PolicyTopic::Factor, "mfa_step_up_permissions", PolicyDemand::Names)),
            ("refused-other", refused(PolicyTopic::Lock, "lock_threshold", PolicyDemand::Other)),
        ];
        PolicyTopic::ALL.iter().zip(names).map(page).chain([("refused", wrong)]).chain(more).collect()
    }
}

impl Page for PolicyPreview {
    const TEMPLATE: &'static str = "admin/policy_preview.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let change = |id: &str, shape, before: &[&str], after: &[&str]| {
            let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
            PolicyChange { id: id.to_owned(), shape, before: texts(before), after: texts(after) }
        };
        let affected = |what: &PolicyEffect| {
            let n = if *what == PolicyEffect::MustEnrol { 1 } else { 17 };
            PolicyAffected { what: *what, n, names: vec!["Anna Berg".to_owned(), "Ben Ito".to_owned()] }
        };
        let page = Self {
            here: "/admin/northwind/policies".to_owned(),
            action: "/admin/northwind/policies/factor".to_owned(),
            changes: vec![
                change("mfa_mode", PolicyShape::Choice, &["optional"], &["required"]),
                change("mfa_methods", PolicyShape::Several, &["email", "totp"], &[]),
                change("mfa_user_may_disable", PolicyShape::Flag, &["true"], &["false"]),
                change("lock_threshold", PolicyShape::Number, &["10"], &["5"]),
            ],
            affected: PolicyEffect::ALL.iter().map(affected).collect(),
            fields: vec![("mfa_mode".to_owned(), "required".to_owned())],
        };
        let one = |what: &PolicyEffect| PolicyAffected { what: *what, n: 1, names: vec!["Anna Berg".to_owned()] };
        let many = |what: &PolicyEffect| PolicyAffected { what: *what, n: 2, names: vec!["Anna Berg".to_owned()] };
        let single = Self { affected: PolicyEffect::ALL.iter().map(one).collect(), ..page.clone() };
        let several = Self { affected: PolicyEffect::ALL.iter().map(many).collect(), ..page.clone() };
        let nobody = Self { affected: Vec::new(), ..page.clone() };
        vec![("affects", page), ("one", single), ("several", several), ("nobody", nobody)]
    }
}
