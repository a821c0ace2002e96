//! The rules of a tenant: seen in people's words, tried before they are saved, kept within the operator's bounds.
use tenantry::model::{FactorKind, MfaMode, TenantPolicy};
use tenantry::policy::presets::Preset;

use super::{actions, at_work, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;

async fn rules(t: &Tenantry, tenant: &tenantry::model::Tenant) -> TenantPolicy {
    t.app.store.read(async |r| r.tenant(&tenant.id).await).await.unwrap().unwrap().policy
}

fn shown(browser: &Browser, rule: &str) -> String {
    browser.page().attr(&format!("#rule-{rule} [data-value]"), "data-value")
}

#[tokio::test(flavor = "multi_thread")]
async fn p17_support_requires_a_second_factor_of_everybody_after_seeing_whom_it_affects() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| *policy = Preset::Promio.policy()).await;
    let ben = t.person_with("ben@acme.example", |new| new.second_factor = FactorKind::None).await;
    t.join(&ben, &acme, tenantry::model::MembershipKind::Home).await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/tenants/{}", acme.id)).await;
    browser.follow("#tenant-policies").await;
    assert_eq!(shown(&browser, "mfa_mode"), "optional");
    browser.follow("#change-factor").await;
    browser.tick("#mfa_mode-required").submit("#policy-look").await;
    assert!(browser.text("#affected-must_enrol").starts_with('1'), "{}", browser.page());
    assert!(browser.page().body.contains("Ben Example"));
    assert_eq!(rules(&t, &acme).await.mfa_mode, MfaMode::Optional, "nothing is saved yet");

    browser.submit("#policy-save").await;

    assert!(browser.has("#done"));
    assert_eq!(shown(&browser, "mfa_mode"), "required");
    assert_eq!(rules(&t, &acme).await, TenantPolicy { mfa_mode: MfaMode::Required, ..Preset::Promio.policy() }, "nothing else");
    let party = t.party().await;
    let mut member = t.browser();
    member.goto(party.authorize(&["openid"], &[]).url.as_str()).await;
    t.sign_in(&mut member, &ben).await;
    assert_eq!(member.path(), "/account/security/app", "before anything else");
    assert!(actions(&t).await.contains(&"tenant.policy".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn p17_the_administrator_may_require_it_unless_the_operator_keeps_the_rule() {
    for kept in [false, true] {
        let keep = |config: &mut tenantry::config::Config| {
            if kept {
                config.policy.operator_only.push("mfa.mode".to_owned());
            }
        };
        let t = Tenantry::start_with(keep).await;
        let acme = t.tenant("acme").await;
        let anna = t.admin(&acme, "anna@acme.example").await;
        let mut browser = signed_in(&t, &anna).await;
        browser.goto("/admin/acme/policies/factor").await;
        assert_eq!(browser.has("#mfa_mode-required"), !kept);
        let mut form = browser.form("#policy-look");
        form.fields.retain(|(name, _)| name != "mfa_mode");
        form.fields.push(("mfa_mode".to_owned(), "required".to_owned()));
        form.fields.push(("confirmed".to_owned(), "yes".to_owned()));
        browser.send(form).await;

        let expected = if kept { MfaMode::DefaultOn } else { MfaMode::Required };
        assert_eq!(rules(&t, &acme).await.mfa_mode, expected, "kept: {kept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s43_and_s58_what_the_operator_keeps_no_administrator_changes() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| *policy = Preset::Saferpay.policy()).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut admin = signed_in(&t, &anna).await;
    for (topic, rule, value) in [("places", "locations_managed_by", "tenant_admin"), ("factor", "mfa_reset_by.tenant_admin", "yes")] {
        admin.goto(format!("/admin/acme/policies/{topic}")).await;
        let mut form = admin.form("#policy-look");
        form.fields.push((rule.to_owned(), value.to_owned()));
        form.fields.push(("confirmed".to_owned(), "yes".to_owned()));
        admin.send(form).await;
        assert_eq!(rules(&t, &acme).await, Preset::Saferpay.policy(), "{rule}");
    }
    let mut operator = at_work(&t).await;

    operator.goto(format!("/operator/tenants/{}/policies/places", acme.id)).await;
    operator.tick("#locations_managed_by-tenant_admin").submit("#policy-look").await;
    operator.submit("#policy-save").await;

    assert_eq!(rules(&t, &acme).await.locations_managed_by.as_str(), "tenant_admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_preset_is_imported_as_it_is() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    for preset in [Preset::Konfipay, Preset::Promio, Preset::Saferpay, Preset::Default] {
        browser.goto(format!("/operator/tenants/{}/policies", acme.id)).await;
        browser.fill("#preset", preset.as_str()).submit("#preset-look").await;
        browser.submit("#policy-save").await;
        assert!(browser.has("#done"), "{}", browser.page());
        assert_eq!(rules(&t, &acme).await, preset.policy(), "{preset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_beyond_the_bounds_is_refused_by_name_and_what_was_typed_stays() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;
    let before = rules(&t, &acme).await;

    for (topic, rule, value) in [
        ("lock", "lock_threshold", "0"),
        ("lock", "lock_inactivity_days", "1"),
        ("password", "password_min_length", "3"),
        ("password", "password_history", "many"),
        ("session", "session_idle_minutes", "99999999999"),
    ] {
        browser.goto(format!("/admin/acme/policies/{topic}")).await;
        browser.fill(&format!("#{rule}"), value).submit("#policy-look").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, rule), "{value}");
        assert_eq!(browser.page().attr(&format!("#{rule}"), "value"), value);
    }
    assert_eq!(rules(&t, &acme).await, before);
    for topic in ["nothing", "preset"] {
        browser.goto(format!("/admin/acme/policies/{topic}")).await;
        assert!(matches!(browser.page().status, 200 | 404));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_the_rules_of_another_tenant_are_not_there() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let globex = t.tenant("globex").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mona = t.member(&acme, "mona@acme.example").await;
    let mut admin = signed_in(&t, &anna).await;
    let mut member = signed_in(&t, &mona).await;

    for page in ["policies", "policies/factor", "branding"] {
        admin.goto(format!("/admin/globex/{page}")).await;
        assert_eq!(admin.page().status, 404, "{page}");
        admin.goto(format!("/admin/acme/{page}")).await;
        assert_eq!(admin.page().status, 200, "{page}");
        member.goto(format!("/admin/acme/{page}")).await;
        assert_eq!(member.page().status, 403, "{page}");
    }
    admin.goto("/admin/acme/policies/lock").await;
    let mut form = admin.form("#policy-look");
    form.action.set_path("/admin/globex/policies/lock");
    form.fields.push(("confirmed".to_owned(), "yes".to_owned()));
    let before = rules(&t, &globex).await;
    admin.send(form).await;
    assert_eq!((admin.page().status, rules(&t, &globex).await), (404, before));
}
