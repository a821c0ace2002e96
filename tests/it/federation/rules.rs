//! Who may change how a person signs in, and what second factors mean for people of Microsoft (people.md K27, K29, P1, C10, C11).
use tenantry::model::{FactorKind, InvitationMethod, MethodChange, TenantPolicy};
use tenantry::policy::presets::Preset;

use super::Stage;
use crate::harness::browser::Browser;
use crate::harness::issuer::Account;
use crate::harness::world::Someone;
use crate::rights::doors::signed_in;

const ANNA: &str = "anna@contoso.example";

impl Stage {
    /// The tenant with the rules of a preset, and Anna, who signs in with Microsoft alone.
    async fn under(preset: Preset, change: MethodChange) -> (Self, Someone, Account) {
        let stage = Self::ruled_by(preset, change).await;
        let anna = stage
            .t
            .person_with(ANNA, |new| (new.password_hash, new.email_verified, new.second_factor) = (None, true, FactorKind::None))
            .await;
        let membership = super::member(&stage.t, &anna, &stage.contoso, tenantry::model::MembershipKind::Home).await;
        stage.send(&membership, InvitationMethod::Microsoft).await;
        stage.t.mailbox.letter(ANNA).await;
        let account = Account::member(1, ANNA);
        (stage, anna, account)
    }

    async fn ruled_by(preset: Preset, change: MethodChange) -> Self {
        let stage = Self::set().await;
        let policy = TenantPolicy { auth_method_change: change, ..preset.policy() };
        stage.t.app.store.write(async |w| w.set_tenant_policy(&stage.contoso.id, &policy).await).await.unwrap();
        stage.t.app.refresh().await.unwrap();
        stage
    }

    async fn at_work(&self, email: &str) -> Browser {
        let marie = self.t.admin(&self.contoso, email).await;
        signed_in(&self.t, &marie).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p1_with_sign_in_elsewhere_there_is_no_second_factor_no_menu_and_no_prompt() {
    let (stage, anna, account) = Stage::under(Preset::Promio, MethodChange::Admin).await;
    let (mut browser, _) = stage.sign_in(&account).await;
    assert!(browser.left().is_some(), "no prompt");

    browser.goto("/account/security").await;
    assert_eq!(browser.path(), "/account/security");
    assert!(!browser.has("#security-app") && !browser.has("#security-email") && !browser.has("#security-passkey"), "no menu");
    assert_eq!(browser.goto("/account/security/app").await.page().status, 404);
    assert_eq!(stage.person(&anna).await.second_factor, FactorKind::None);
}

#[tokio::test(flavor = "multi_thread")]
async fn k27_nobody_of_microsoft_is_switched_to_a_password() {
    let (stage, anna, account) = Stage::under(Preset::Konfipay, MethodChange::Never).await;
    stage.sign_in(&account).await;
    let mut marie = stage.at_work("marie@contoso.example").await;
    let address = format!("/admin/contoso/people/{}", anna.id);
    assert!(!marie.goto(&address).await.has("#deed-reset"));

    marie.goto(format!("{address}/reset")).await;
    marie.submit("#confirm").await;
    assert_eq!(marie.page().status, 422);
    let mut browser = stage.t.browser();
    browser.goto("/recovery").await;
    browser.fill("#email", ANNA).submit("#recover-submit").await;

    assert!(stage.t.mailbox.take(ANNA).await.is_empty(), "neither the administrator nor the person gets a link");
    assert!(!stage.person(&anna).await.has_password);
}

#[tokio::test(flavor = "multi_thread")]
async fn j14_no_path_leads_somebody_of_microsoft_to_a_password() {
    const NEW: &str = "lantern orbit walnut 42";
    let (stage, anna, account) = Stage::under(Preset::Konfipay, MethodChange::Never).await;
    let (mut hers, _) = stage.sign_in(&account).await;
    let mut marie = stage.at_work("marie@contoso.example").await;
    let address = format!("/admin/contoso/people/{}", anna.id);
    let twice = [("present", ""), ("password", NEW), ("password_repeat", NEW)];
    let names = [("first_name", "Anna"), ("last_name", "Berg"), ("method", "password")];
    let own: [(&str, &[(&str, &str)]); 2] = [("/account/password", &twice), ("/account/password/code", &[("code", "123456")])];
    let below = |step: &str| format!("{address}{step}");
    let (reset, convert, invite) = (below("/reset"), below("/convert"), below("/invite"));
    let by_admin: [(&str, &[(&str, &str)]); 4] =
        [(&address, &names), (&reset, &[]), (&convert, &[("email", "anna2@contoso.example")]), (&invite, &[("method", "password")])];

    for (path, fields, browser) in own
        .into_iter()
        .map(|(path, fields)| (path, fields, &hers))
        .chain(by_admin.into_iter().map(|(path, fields)| (path, fields, &marie)))
        .map(|(path, fields, browser)| (path.to_owned(), fields, browser.clone()))
        .collect::<Vec<_>>()
    {
        let mut browser = browser;
        browser.goto("/account").await;
        let mut form = browser.form("#sign-out");
        form.action.set_path(&path);
        form.fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        browser.send(form).await;
        assert!((400..500).contains(&browser.page().status), "{path}: {}", browser.page());
    }
    assert_eq!(hers.goto("/account/password").await.page().status, 404);
    assert!(!marie.goto(&address).await.has("#deed-reset") && !marie.has("#deed-invite"));
    let mut browser = stage.t.browser();
    browser.goto("/recovery").await;
    browser.fill("#email", ANNA).submit("#recover-submit").await;

    assert!(stage.t.mailbox.everything().await.is_empty(), "no letter with a link to one");
    assert!(!stage.person(&anna).await.has_password);
}

#[tokio::test(flavor = "multi_thread")]
async fn c11_administrators_or_people_change_how_they_sign_in_where_the_rules_say_so() {
    let (stage, anna, account) = Stage::under(Preset::Promio, MethodChange::Admin).await;
    stage.sign_in(&account).await;
    let mut browser = stage.t.browser();
    browser.goto("/recovery").await;
    browser.fill("#email", ANNA).submit("#recover-submit").await;
    assert!(stage.t.mailbox.take(ANNA).await.is_empty(), "not the person");
    let mut marie = stage.at_work("marie@contoso.example").await;
    marie.goto(format!("/admin/contoso/people/{}", anna.id)).await;
    marie.follow("#deed-reset").await;
    marie.submit("#confirm").await;
    let link = stage.t.mailbox.link(ANNA).await;
    let mut fresh = stage.t.browser();
    fresh.goto(link.as_str()).await;
    fresh.fill("#password", "lantern orbit walnut 42").fill("#password-repeat", "lantern orbit walnut 42");
    fresh.submit("#recover-new-submit").await;
    assert!(stage.person(&anna).await.has_password);

    let (stage, _, account) = Stage::under(Preset::Konfipay, MethodChange::User).await;
    stage.sign_in(&account).await;
    let mut browser = stage.t.browser();
    browser.goto("/recovery").await;
    browser.fill("#email", ANNA).submit("#recover-submit").await;
    assert_eq!(stage.t.mailbox.take(ANNA).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn k28_sign_in_with_microsoft_is_chosen_for_a_new_user_and_the_account_of_that_address_opens_it() {
    let stage = Stage::ruled_by(Preset::Konfipay, MethodChange::Never).await;
    let mut marie = stage.at_work("marie@contoso.example").await;
    marie.goto("/admin/contoso/people/new").await;
    marie
        .fill("#email", ANNA)
        .fill("#first-name", "Anna")
        .fill("#last-name", "Berg")
        .tick("#method-microsoft")
        .submit("#person-create")
        .await;
    marie.submit("#invite-send").await;
    let mut browser = stage.t.browser();
    browser.goto(stage.t.mailbox.link(ANNA).await).await;
    assert!(!browser.has("#password"), "no password can be chosen");

    let mut stranger = browser.clone();
    stage.through(&mut stranger, &Account::member(2, "mallory@fabrikam.example")).await;
    assert_eq!(stranger.path(), "/invitation/confirm", "another account is asked about and not taken");
    let account = Account::member(1, ANNA);
    stage.through(&mut browser, &account).await;

    assert!(browser.has("#done-continue"), "{}", browser.page());
    let tokens = stage.tokens(&account, ANNA).await;
    assert_eq!(tokens.claims["tenant"], "contoso");
    marie.goto("/admin/contoso/people?q=berg").await;
    assert!(marie.has(".status-active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k30_the_button_leads_to_microsoft_and_consent_is_asked_the_first_time_only() {
    let (stage, _, account) = Stage::under(Preset::Konfipay, MethodChange::Never).await;
    let party = stage.t.party_with(|_| {}).await;

    for first in [true, false] {
        let request = party.authorize(&["openid", "email"], &[]);
        let mut browser = stage.t.browser();
        browser.goto(request.url.as_str()).await;
        let button = format!("#upstream-{}", stage.connection.id);
        assert!(browser.text(&button).contains("Microsoft"));
        let away = stage.depart(&mut browser, &stage.connection).await;
        assert!(!away.query_pairs().any(|(name, value)| name == "prompt" && value.contains("consent")), "{away}");
        browser.goto(stage.issuer.sign_in(&away, &account)).await;
        assert_eq!(browser.left().is_none(), first, "consent is asked the first time");
        if first {
            assert_eq!(browser.path(), "/consent");
            browser.submit("#consent-allow").await;
        }
        party.landed(&request, browser.landing()).code();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k29_microsoft_is_chosen_while_creating_and_nowhere_else() {
    let (stage, anna, account) = Stage::under(Preset::Konfipay, MethodChange::Never).await;
    stage.sign_in(&account).await;
    let mut marie = stage.at_work("marie@contoso.example").await;
    assert!(marie.goto("/admin/contoso/people/new").await.has("[name=method]"), "the form of a new person offers it");
    let paul = stage.t.member(&stage.contoso, "paul@contoso.example").await;

    for person in [&anna, &paul] {
        marie.goto(format!("/admin/contoso/people/{}", person.id)).await;
        assert!(!marie.has("[name=method]"), "the form of an existing one does not");
        let mut form = marie.form("#names-save");
        form.fields.push(("method".to_owned(), "microsoft".to_owned()));
        let mut tried = marie.clone();
        tried.send(form).await;
        assert_eq!(tried.page().status, 422, "what cannot be changed is refused");
        let row = stage.person(person).await;
        assert_eq!(row.has_password, person.id == paul.id);
        assert!(person.id == anna.id || stage.identities(person).await.is_empty());
    }
}
