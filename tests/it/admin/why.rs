//! "Why was a code asked?": what the page of a person tells, against what a sign-in really meets.
use tenantry::model::{
    Acr, ConsentMode, EmailSatisfies, Entitlement, FactorKind, MembershipKind, MembershipState, MfaMode, PersonState, Tenant, TenantPolicy,
};
use tenantry::policy::presets::Preset;
use tenantry::service::clients::Preset as Kind;

use super::office;
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};
use crate::rights::doors::signed_in;

/// A tenant of these rules, and its administrator at the screen.
async fn desk(t: &Tenantry, policy: impl FnOnce(&mut TenantPolicy)) -> (Tenant, Browser) {
    let acme = t.tenant_with("acme", policy).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    (acme, signed_in(t, &anna).await)
}

/// Somebody at home in the tenant with this second factor.
async fn with_factor(t: &Tenantry, tenant: &Tenant, factor: FactorKind) -> Someone {
    let email = format!("{factor}@acme.example");
    let begins = if factor == FactorKind::Totp { FactorKind::None } else { factor };
    let person = t.person_with(&email, |new| new.second_factor = begins).await;
    t.join(&person, tenant, MembershipKind::Home).await;
    if factor == FactorKind::Totp {
        t.db_authenticator(&person).await;
    }
    person
}

async fn look(browser: &mut Browser, person: &Someone, query: &str) {
    browser.goto(format!("/admin/acme/people/{}/why{query}", person.id)).await;
}

/// Reason, what follows the password, and what follows the second factor, if anything does.
fn told(browser: &Browser) -> (String, String, String) {
    let page = browser.page();
    let then = page.attrs("#by-factor", "data-step").pop().unwrap_or_default();
    (page.attr("#because", "data-why"), page.attr("#by-password", "data-step"), then)
}

/// Value and source of one rule.
fn rule(browser: &Browser, key: &str) -> (String, String) {
    let rows = browser.page().attrs("[data-rule]", "data-rule");
    let at = rows.iter().position(|row| row == key).unwrap_or_else(|| panic!("no row {key}: {rows:?}"));
    (browser.page().attrs("[data-rule]", "data-value")[at].clone(), browser.page().attrs("[data-source]", "data-source")[at].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_the_page_of_a_person_tells_what_a_sign_in_then_meets() {
    use FactorKind as F;
    let cases = [
        (MfaMode::Off, F::Totp, ("turned_off", "enters", "enters")),
        (MfaMode::Off, F::None, ("turned_off", "enters", "")),
        (MfaMode::DefaultOn, F::None, ("nothing_demanded", "enters", "")),
        (MfaMode::DefaultOn, F::Email, ("own_factor", "email", "enters")),
        (MfaMode::DefaultOn, F::Totp, ("own_factor", "totp", "enters")),
        (MfaMode::Required, F::None, ("tenant_demands", "email", "enters")),
        (MfaMode::Required, F::Totp, ("tenant_demands", "totp", "enters")),
    ];
    for (mode, factor, (why, first, then)) in cases {
        let t = Tenantry::start().await;
        let (acme, mut browser) = desk(&t, |policy| policy.mfa_mode = mode).await;
        let person = with_factor(&t, &acme, factor).await;
        let party = t.party().await;
        browser.goto(format!("/admin/acme/people/{}", person.id)).await;

        browser.follow("#person-why").await;

        let (found, case) = (told(&browser), format!("{mode} {factor}"));
        assert_eq!((found.0.as_str(), found.1.as_str(), found.2.as_str()), (why, first, then), "{case}: {}", browser.page());
        assert_eq!(rule(&browser, "mfa.mode"), (mode.to_string(), "here".to_owned()), "{case}");
        assert_eq!(rule(&browser, "person.second_factor"), (factor.to_string(), "person".to_owned()), "{case}");
        // What it says is what happens.
        let mut his = t.browser();
        his.goto(party.authorize(&["openid"], &[]).url.as_str()).await;
        his.fill("#identifier", &person.email).fill("#password", PASSWORD).submit("#login-submit").await;
        match first {
            "enters" => assert!(his.left().is_some(), "{case}"),
            _ => assert_eq!(his.path(), "/login/code", "{case}"),
        }
        if first == "email" {
            let code = t.mailbox.code(&person.email).await;
            his.fill("#code", &code).submit("#code-submit").await;
            assert!(his.left().is_some(), "{case}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c1_the_reason_is_a_sentence_in_the_readers_language() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.mfa_mode = MfaMode::Required).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    t.party().await;
    for (language, words) in
        [("en", "requires it of everybody"), ("de", "verlangt ihn von allen"), ("fr", "exige de tous"), ("it", "da tutti")]
    {
        let mut browser = t.browser().speaking(language);
        browser.goto("/login/start").await;
        t.sign_in(&mut browser, &anna).await;
        look(&mut browser, &anna, &format!("?lang={language}")).await;
        assert!(browser.text("#because").contains(words), "{language}: {}", browser.text("#because"));
        assert!(!browser.text("#because").contains("mfa.mode"), "the key stands in the table");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c26_where_a_code_by_email_is_not_enough_the_page_says_what_must_be_set_up() {
    let t = Tenantry::start().await;
    let strict = |policy: &mut TenantPolicy| (policy.mfa_mode, policy.mfa_email_satisfies) = (MfaMode::Required, EmailSatisfies::Nothing);
    let acme = t.tenant_with("acme", strict).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let app = t.db_authenticator(&anna).await;
    let ben = with_factor(&t, &acme, FactorKind::Email).await;
    let party = t.party().await;
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    browser.fill("#identifier", &anna.email).fill("#password", PASSWORD).submit("#login-submit").await;
    browser.fill("#code", &app.code(t.now())).submit("#code-submit").await;

    look(&mut browser, &ben, "").await;

    assert_eq!(told(&browser), ("tenant_demands_device".to_owned(), "email".to_owned(), "sets_up".to_owned()));
    let mut his = t.browser();
    his.goto(party.authorize(&["openid"], &[]).url.as_str()).await;
    t.sign_in(&mut his, &ben).await;
    assert_eq!(his.path(), "/account/security/app", "and so it is");
}

#[tokio::test(flavor = "multi_thread")]
async fn c26_what_the_application_demands_is_told_as_its_own() {
    let t = Tenantry::start().await;
    let (acme, mut browser) = desk(&t, |policy| policy.mfa_mode = MfaMode::Optional).await;
    let ben = with_factor(&t, &acme, FactorKind::None).await;
    let (plain, _) = t.client(Kind::Web, |new| new.metadata.client_name = "Planner".to_owned()).await;
    let (strict, _) = t
        .client(Kind::Web, |new| {
            new.metadata.client_name = "Vault".to_owned();
            new.metadata.required_acr = Some(Acr::Mfa);
        })
        .await;

    look(&mut browser, &ben, "").await;
    assert_eq!(browser.page().attr("#client option[selected]", "value"), plain.id.as_str(), "the first by name");
    assert_eq!(told(&browser), ("nothing_demanded".to_owned(), "enters".to_owned(), String::new()));
    assert!(!browser.has("#demand"));

    browser.fill("#client", strict.id.as_str()).submit("#why-look").await;

    assert_eq!(told(&browser), ("application_demands".to_owned(), "email".to_owned(), "sets_up".to_owned()));
    assert_eq!(browser.page().attr("#demand", "data-rung"), "mfa");
    assert_eq!(rule(&browser, "required_acr"), ("mfa".to_owned(), "application".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_whether_somebody_belongs_to_another_organisation_with_stricter_rules_is_not_told() {
    let t = Tenantry::start().await;
    let (acme, mut browser) = desk(&t, |policy| policy.password_history = 7).await;
    let globex = t
        .tenant_with("globex", |policy| {
            (policy.password_min_length, policy.password_history, policy.lock_threshold) = (41, 7, 3);
        })
        .await;
    let (ben, zoe) = (with_factor(&t, &acme, FactorKind::Email).await, with_factor(&t, &acme, FactorKind::None).await);
    t.guest(&globex, &ben).await;
    // An invitation that nobody accepted imposes nothing.
    t.join_with(&zoe, &globex, MembershipKind::Guest, |new| new.state = MembershipState::Invited).await;
    t.party().await;

    let page = async |who: &Someone, browser: &mut Browser| {
        look(browser, who, "").await;
        let all = |css: &str, attr: &str| browser.page().attrs(css, attr);
        let rows =
            all("[data-rule]", "data-rule").into_iter().zip(all("[data-rule]", "data-value")).zip(all("[data-source]", "data-source"));
        (rows.filter(|((rule, _), _)| rule != "person.second_factor").collect::<Vec<_>>(), browser.text("#others"))
    };
    let of_zoe = page(&zoe, &mut browser).await;
    let of_ben = page(&ben, &mut browser).await;

    assert_eq!(rule(&browser, "password.min_length"), ("12".to_owned(), "instance".to_owned()), "what holds here");
    assert_eq!(rule(&browser, "password.history"), ("7".to_owned(), "here".to_owned()));
    for secret in ["Globex", "globex", "N-globex", globex.id.as_str(), "41"] {
        let body = browser.page().body.replace(ben.id.as_str(), "");
        let words = body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
        assert!(!words.into_iter().any(|word| word == secret), "{secret}");
    }
    assert_eq!(of_ben, of_zoe, "the guest of a stricter organisation looks like somebody who belongs here alone");
    // Nor does a rule of one's own, raised step by step, show where the other's begins.
    for length in [40, 41, 42] {
        let policy = TenantPolicy { password_history: 7, password_min_length: length, ..TenantPolicy::default() };
        t.app.store.write(async |w| w.set_tenant_policy(&acme.id, &policy).await).await.unwrap();
        t.app.refresh().await.unwrap();
        let (of_ben, of_zoe) = (page(&ben, &mut browser).await, page(&zoe, &mut browser).await);
        assert_eq!(of_ben, of_zoe, "{length}");
        assert_eq!(rule(&browser, "password.min_length"), (length.to_string(), "here".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_of_an_invited_stranger_the_page_tells_nothing_that_the_invitation_did_not() {
    let t = Tenantry::start().await;
    let (acme, mut browser) = desk(&t, |_| {}).await;
    let elsewhere = t.tenant_with("elsewhere", |policy| policy.password_min_length = 41).await;
    let nils = t.member(&elsewhere, "n7@elsewhere.example").await;
    signed_in(&t, &nils).await;
    t.db_authenticator(&nils).await;
    t.join_with(&nils, &acme, MembershipKind::Guest, |new| new.state = MembershipState::Invited).await;
    t.party().await;

    for state in [PersonState::Active, PersonState::Deactivated] {
        look(&mut browser, &nils, "").await;
        assert_eq!(told(&browser), ("membership_not_active".to_owned(), "refused".to_owned(), String::new()), "{state}");
        assert_eq!(rule(&browser, "person.second_factor").0, "none", "{state}");
        assert!(!browser.page().attrs("[data-source]", "data-source").contains(&"elsewhere".to_owned()), "{state}");
        assert!(!browser.page().attrs("[data-rule]", "data-value").contains(&"41".to_owned()), "{state}");
        t.app.store.write(async |w| w.disable_person(&nils.id, false, t.now()).await).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c17_c23_who_may_not_enter_is_told_by_what() {
    let t = Tenantry::start().await;
    let (acme, mut browser) = desk(&t, |policy| policy.lock_inactivity_days = 0).await;
    let ben = with_factor(&t, &acme, FactorKind::Email).await;
    let membership = t.app.store.read(async |r| r.membership(&ben.id, &acme.id).await).await.unwrap().unwrap();
    t.party().await;
    t.app.store.write(async |w| w.set_membership_state(&membership.id, MembershipState::Disabled).await).await.unwrap();

    look(&mut browser, &ben, "").await;
    assert_eq!(told(&browser), ("membership_not_active".to_owned(), "refused".to_owned(), String::new()));

    t.app.store.write(async |w| w.set_membership_state(&membership.id, MembershipState::Active).await).await.unwrap();
    t.app.store.write(async |w| w.disable_person(&ben.id, false, t.now()).await).await.unwrap();
    look(&mut browser, &ben, "").await;
    assert_eq!(told(&browser).0, "person_not_active");
}

#[tokio::test(flavor = "multi_thread")]
async fn c18_a_pause_after_wrong_passwords_is_told_beside() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Konfipay).await;
    let acme = t.app.registered().tenants.values().find(|tenant| tenant.slug == "acme").unwrap().as_ref().clone();
    let ben = with_factor(&t, &acme, FactorKind::Email).await;
    t.party().await;
    look(&mut browser, &ben, "").await;
    assert!(!browser.has("[data-beside]"));
    let mut guesser = t.browser();
    for _ in 0..10 {
        guesser.goto("/login/start").await;
        guesser.fill("#identifier", &ben.email).fill("#password", "wrong").submit("#login-submit").await;
    }

    look(&mut browser, &ben, "").await;

    assert!(browser.has("[data-beside=paused] time"), "{}", browser.page());
    assert_eq!(told(&browser).0, "own_factor", "what the rules ask stays the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_applications_that_do_not_serve_the_organisation_or_that_nobody_signs_in_to_are_not_there() {
    let t = Tenantry::start().await;
    let (acme, mut browser) = desk(&t, |_| {}).await;
    let ben = with_factor(&t, &acme, FactorKind::Email).await;
    look(&mut browser, &ben, "").await;
    assert_eq!(browser.page().status, 200);
    assert!(!browser.has("#client") && !browser.has("#because"), "no application yet");
    let globex = t.tenant("globex").await;
    let (theirs, _) = t
        .client(Kind::Web, |new| {
            (new.metadata.client_name, new.metadata.entitlement) = ("Secret project".to_owned(), Entitlement::Listed);
            new.tenants = vec![globex.id.clone()];
        })
        .await;
    let (machine, _) = t.client(Kind::Machine, |new| new.metadata.client_name = "Nightly job".to_owned()).await;
    let party = t.party_with(|metadata| metadata.consent = ConsentMode::Implicit).await;

    for id in [theirs.id.as_str(), machine.id.as_str(), "cli_gone"] {
        look(&mut browser, &ben, &format!("?client={id}")).await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "client"), "{id}");
        assert!(browser.text("#error").contains(id), "what was typed is said");
        assert!(!browser.has("#because") && browser.page().texts("#client option").len() == 1);
        assert!(!["Secret project", "Nightly job"].iter().any(|name| browser.page().body.contains(name)));
    }
    look(&mut browser, &ben, &format!("?client={}", party.client_id)).await;
    assert_eq!(told(&browser).0, "own_factor");
}

#[tokio::test(flavor = "multi_thread")]
async fn l01_what_stands_in_the_address_is_only_ever_text_and_nothing_is_written() {
    let t = Tenantry::start().await;
    let (acme, mut browser) = desk(&t, |_| {}).await;
    let ben = with_factor(&t, &acme, FactorKind::Email).await;
    t.party().await;
    let count =
        async || t.app.store.read(async |r| r.audit_since(tenantry::world::Timestamp::from_micros(0), 1000).await).await.unwrap().len();
    let before = count().await;

    for hostile in ["%3Cscript%3Ealert(1)%3C/script%3E", "%22%20autofocus%20onfocus=alert(1)%20x=%22", "%7B%7B7*7%7D%7D", "%E2%80%AEcli_1"]
    {
        look(&mut browser, &ben, &format!("?client={hostile}")).await;
        assert_eq!(browser.page().status, 422, "{hostile}");
        assert!(!browser.page().body.contains("<script>alert") && !browser.has("[onfocus]"), "{hostile}");
        assert!(!browser.page().body.contains('\u{202E}'), "{hostile}");
    }
    look(&mut browser, &ben, &format!("?client={}", "x".repeat(5000))).await;
    assert_eq!(browser.page().status, 422);
    assert!(!browser.page().body.contains(&"x".repeat(200)), "cut");
    for broken in ["?client=%FF", "?client=a&client=b", "?client=%00"] {
        look(&mut browser, &ben, broken).await;
        assert_eq!(browser.page().status, 400, "{broken}");
    }
    look(&mut browser, &ben, "").await;
    assert_eq!(count().await, before, "looking is no deed");
}
