//! The rules of a tenant: tried out, changed within bounds, explained.
use tenantry::model::{EmailSatisfies, FactorKind, MfaMode, TenantPolicy, Verdict};
use tenantry::policy::explain::Because;
use tenantry::policy::presets::Preset;
use tenantry::service::explain::explain;
use tenantry::service::policies::{Author, PolicySet, preview, set};

use super::{Scene, days};

#[tokio::test]
async fn p17_a_change_tells_first_whom_it_affects() {
    let s = Scene::of(Preset::Promio).await;
    s.t.member(&s.tenant, "coded@acme.example").await;
    let app = s.t.member(&s.tenant, "app@acme.example").await;
    s.t.db_authenticator(&app).await;
    let after = TenantPolicy { mfa_mode: MfaMode::Required, password_max_age_days: 180, ..s.tenant.policy.clone() };
    s.t.later(days(200));

    let shown = preview(&s.t.app.store, &s.tenant, &after, s.t.now()).await.unwrap();

    let affected: Vec<_> = shown.affected.iter().map(|a| (a.key, a.count, a.names.clone())).collect();
    let (anna, coded, app) = ("Anna Example".to_owned(), "Coded Example".to_owned(), "App Example".to_owned());
    assert_eq!(
        affected,
        [
            ("mfa.mode", 1, vec![anna.clone()]),
            ("mfa.email_satisfies", 1, vec![coded.clone()]),
            ("password.max_age_days", 3, vec![anna, app, coded]),
        ]
    );
    let keys: Vec<&str> = shown.changes.iter().map(|(key, ..)| key.as_str()).collect();
    assert_eq!(keys, ["mfa.mode", "password.max_age_days"]);
    let stored = s.t.app.store.read(async |r| r.tenant(&s.tenant.id).await).await.unwrap().unwrap();
    assert_eq!(stored.policy, s.tenant.policy, "a preview changes nothing");
}

#[tokio::test]
async fn c19_a_change_stays_within_the_operators_bounds_and_is_written_down() {
    let s = Scene::of(Preset::Konfipay).await;
    let (bounds, before) = (&s.t.app.config.policy, s.tenant.policy.clone());
    let by_admin = (&s.tenant.id, Author::TenantAdmin);
    let change = s.t.change();

    let daily = TenantPolicy { password_max_age_days: 1, ..before.clone() };
    let refused = set(&change, bounds, by_admin, &daily, None).await.unwrap();
    assert_eq!(refused, PolicySet::Refused("password.max_age_days".into(), "0, or 180 or more".into()));
    let theirs = TenantPolicy { mfa_reset_by: [].into(), ..before.clone() };
    assert_eq!(set(&change, bounds, by_admin, &theirs, None).await.unwrap(), PolicySet::OperatorOnly("mfa.reset_by".into()));
    assert_eq!(set(&change, bounds, by_admin, &before, None).await.unwrap(), PolicySet::Same);
    let required = TenantPolicy { mfa_mode: MfaMode::Required, ..before.clone() };
    assert!(matches!(set(&change, bounds, by_admin, &required, None).await.unwrap(), PolicySet::Done(_)));

    let rows = s.t.app.store.read(async |r| r.audit_since(s.t.now(), 100).await).await.unwrap();
    let row = rows.iter().find(|row| row.action == "tenant.policy").expect("written down");
    assert_eq!(row.detail["changes"][0]["after"], "required");
    assert_eq!(rows.iter().filter(|row| row.action == "tenant.policy").count(), 1);
}

#[tokio::test]
async fn c1_a_dry_run_says_why_a_code_is_asked_for() {
    let s = Scene::with(Preset::Konfipay, FactorKind::Email).await;
    let (client, _) = s.t.client(tenantry::service::clients::Preset::Web, |_| {}).await;

    let run = explain(&s.t.app, &s.anna.id, &client, &s.tenant.id, s.t.now()).await.unwrap().unwrap();

    assert!(matches!((run.by_password, run.by_factor), (Verdict::NeedsFactor(_), Verdict::Enter)), "{run:?}");
    assert_eq!(run.because, Because::OwnFactor);
    let line = run.rules.iter().find(|line| line.rule == "mfa.email_satisfies").unwrap();
    assert_eq!(line.value, EmailSatisfies::Login.as_str());
}
