//! Signing in with an e-mail address, with a user name of a company, with a name that the system made up.
use tenantry::model::{Locale, MembershipKind, ProfileField, SelfEdit, Tenant};
use tenantry::service::people::NewUsername;
use tenantry::service::people::acting::Refusal;
use tenantry::service::people::admins::set_admin;
use tenantry::service::people::names::edit;

use super::desk::Desk;
use crate::harness::browser::Browser;
use crate::harness::relying_party::RelyingParty;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

struct Scene {
    t: Tenantry,
    acme: Tenant,
    globex: Tenant,
    party: RelyingParty,
}

impl Scene {
    async fn set() -> Self {
        let t = Tenantry::start().await;
        let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
        let party = t.party().await;
        Self { t, acme, globex, party }
    }

    /// A member without an e-mail address; gives the user name.
    async fn nameless(&self, tenant: &Tenant, name: Option<&str>) -> (Someone, String) {
        let username = NewUsername { tenant: tenant.id.clone(), name: name.map(str::to_owned) };
        let someone = self.t.person_with("nobody@nowhere.example", |new| (new.email, new.username) = (None, Some(username))).await;
        self.t.join(&someone, tenant, MembershipKind::Home).await;
        let person = self.t.app.store.read(async |r| r.person(&someone.id).await).await.unwrap().unwrap();
        (someone, person.handle().to_owned())
    }

    async fn at_login(&self) -> Browser {
        let mut browser = self.t.browser();
        browser.goto(self.party.authorize(&["openid"], &[]).url.as_str()).await;
        assert_eq!(browser.path(), "/login");
        browser
    }
}

/// Sends the sign-in form with a company; gives the status, 303 when the password was right.
async fn type_in(browser: &mut Browser, company: &str, name: &str, password: &str) -> u16 {
    let mut form = browser.fill("#identifier", name).fill("#password", password).form("#login-submit");
    form.fields.push(("company".to_owned(), company.to_owned()));
    browser.send(form).await;
    if browser.left().is_some() { 303 } else { browser.page().status }
}

#[tokio::test(flavor = "multi_thread")]
async fn s23_a_name_that_the_system_made_up_signs_in_without_a_company() {
    let s = Scene::set().await;
    let (_, name) = s.nameless(&s.acme, None).await;

    assert_eq!(type_in(&mut s.at_login().await, "", &name, "wrong").await, 401);
    assert_eq!(type_in(&mut s.at_login().await, "", &name.to_uppercase(), PASSWORD).await, 303);
}

#[tokio::test(flavor = "multi_thread")]
async fn p13_the_same_user_name_in_two_companies_is_two_accounts() {
    let s = Scene::set().await;
    s.nameless(&s.acme, Some("clerk")).await;
    s.nameless(&s.globex, Some("Clerk")).await;

    for (company, status) in [("acme", 303), ("N-globex", 303), ("", 401), ("initech", 401)] {
        assert_eq!(type_in(&mut s.at_login().await, company, " Clerk ", PASSWORD).await, status, "{company}");
    }
    let mut named = s.t.browser();
    named.goto(s.party.authorize(&["openid"], &[("tenant", "acme")]).url.as_str()).await;
    assert_eq!(type_in(&mut named, "", "clerk", PASSWORD).await, 303, "the application named the company");
}

#[tokio::test(flavor = "multi_thread")]
async fn f02_failures_count_for_the_account_whatever_name_was_typed() {
    let s = Scene::set().await;
    let username = NewUsername { tenant: s.acme.id.clone(), name: Some("anna".into()) };
    let anna = s.t.person_with("anna@acme.example", |new| new.username = Some(username)).await;
    s.t.join(&anna, &s.acme, MembershipKind::Home).await;
    let mut browser = s.at_login().await;
    let typed =
        [("acme", "anna"), ("", "anna@acme.example"), ("N-acme", "ANNA"), ("", " Anna@Acme.example "), ("acme", "anna@acme.example")];

    for (company, name) in typed.iter().cycle().take(10) {
        assert_eq!(type_in(&mut browser, company, name, "wrong").await, 401, "{company} {name}");
    }

    for (company, name) in typed {
        assert_eq!(type_in(&mut browser, company, name, PASSWORD).await, 429, "{company} {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f08_a_user_name_that_nobody_has_pauses_like_one_that_somebody_has() {
    let s = Scene::set().await;
    s.nameless(&s.acme, Some("known")).await;

    for name in ["known", "unknown"] {
        let mut browser = s.at_login().await;
        for (company, typed) in [("acme", name), ("N-acme", name)].iter().cycle().take(10) {
            assert_eq!(type_in(&mut browser, company, typed, "wrong").await, 401, "{typed}");
        }
        assert_eq!(type_in(&mut browser, "acme", name, "wrong").await, 429, "{name}");
        assert_eq!(type_in(&mut browser, "globex", name, "wrong").await, 401, "{name}: another company is another account");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s4_s6_i19_what_administrators_change_about_themselves_and_others_is_what_the_rules_say() {
    let strict = Desk::with(|policy| *policy = tenantry::policy::presets::Preset::Saferpay.policy()).await;
    let anna = strict.t.member(&strict.acme, "anna@acme.example").await;
    let scope = strict.scope(&strict.marie.id, &strict.acme).await;
    let acting = strict.acting(&scope);
    for (first, locale) in [("Other", None), ("Anna", Some(Locale::De))] {
        assert_eq!(edit(&acting, &anna.id, (first, "Example"), locale).await.unwrap(), Err(Refusal::Rules), "s6: no data of others");
    }
    assert_eq!(edit(&acting, &strict.marie.id, ("Other", "Example"), None).await.unwrap(), Err(Refusal::Oneself), "s4");

    let mild = Desk::with(|policy| {
        policy.admin_self_edit = SelfEdit::NonPrivileged;
        policy.profile_admin_editable = [ProfileField::FirstName, ProfileField::Locale].into();
    })
    .await;
    let anna = mild.t.member(&mild.acme, "anna@acme.example").await;
    let scope = mild.scope(&mild.marie.id, &mild.acme).await;
    let acting = mild.acting(&scope);
    edit(&acting, &anna.id, ("Anne", "Example"), Some(Locale::De)).await.unwrap().unwrap();
    assert_eq!(edit(&acting, &anna.id, ("Anne", "Other"), None).await.unwrap(), Err(Refusal::Rules));
    edit(&acting, &mild.marie.id, ("Maria", "Example"), None).await.unwrap().unwrap();
    let (anne, maria) = (mild.person(&anna.id).await, mild.person(&mild.marie.id).await);
    assert_eq!((anne.first_name.as_str(), anne.locale, maria.first_name.as_str()), ("Anne", Locale::De, "Maria"));
    assert_eq!(set_admin(&acting, &mild.marie.id, false).await.unwrap(), Err(Refusal::Oneself), "never rights or state");
}
