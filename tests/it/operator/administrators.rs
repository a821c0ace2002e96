//! Administrators of a tenant, invited by an operator (people.md S3): the first one, and another where the last is gone.
use tenantry::model::{ExistingPerson, InvitationMethod, MembershipKind, MembershipState, PersonId, PersonState, Tenant};
use tenantry::store::{AuditFilter, AuditRow};
use tenantry::world::Timestamp;

use super::{at_work, olga, signed_in};
use crate::harness::browser::Browser;
use crate::harness::par::par;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

const NORA: &str = "nora@acme.example";

/// Fills the form and sends it.
async fn invite(browser: &mut Browser, tenant: &Tenant, email: &str) {
    browser.goto(format!("/operator/tenants/{}/administrators", tenant.id)).await;
    browser.fill("#email", email).fill("#first-name", "Nora").fill("#last-name", "Nord").fill("#language", "de");
    browser.submit("#administrator-invite").await;
}

async fn log(t: &Tenantry, tenant: &Tenant) -> Vec<AuditRow> {
    let filter = AuditFilter { tenant: tenant.id.clone(), who: String::new(), kind: String::new(), until: None };
    t.app.store.read(async |r| r.audit_of_tenant(&filter, None, 100).await).await.unwrap()
}

async fn by_email(t: &Tenantry, email: &str) -> Option<Someone> {
    let email = tenantry::model::Email::parse(email).unwrap();
    let found = t.app.store.read(async |r| r.person_by_email(&email).await).await.unwrap();
    found.map(|person| Someone { id: person.id, email: email.as_str().to_owned() })
}

async fn seat(t: &Tenantry, person: &PersonId, tenant: &Tenant) -> (MembershipKind, MembershipState, bool) {
    let found = t.app.store.read(async |r| r.membership(person, &tenant.id).await).await.unwrap().expect("a membership");
    (found.kind, found.state, found.admin)
}

fn fault(browser: &Browser) -> (u16, String) {
    (browser.page().status, browser.page().attr("#error", "data-kind"))
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_the_first_administrator_is_invited_on_the_operators_page_and_arranges_the_tenant() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let operator = olga(&t).await;
    let mut browser = signed_in(&t, &operator).await;
    browser.goto(format!("/operator/tenants/{}", acme.id)).await;
    assert!(browser.page().texts(".note-warn").join("").contains("no administrator yet"), "it says so clearly");
    browser.follow("#tenant-administrators-open").await;

    invite(&mut browser, &acme, NORA).await;

    assert_eq!(browser.text("#done"), "The invitation is on its way.");
    assert_eq!(browser.page().texts("tbody .status"), ["Invitation sent"]);
    let nora = by_email(&t, NORA).await.expect("made");
    assert_eq!(seat(&t, &nora.id, &acme).await, (MembershipKind::Home, MembershipState::Invited, true));
    let link = t.mailbox.link(NORA).await;
    let mut own = t.browser();
    own.goto(link.as_str()).await;
    own.fill("#password", PASSWORD).fill("#password-repeat", PASSWORD).submit("#invitation-submit").await;
    let mut own = signed_in(&t, &nora).await;
    assert_eq!(own.goto("/admin/acme/people/new").await.page().status, 200);
    browser.goto(format!("/operator/tenants/{}", acme.id)).await;
    assert_eq!(browser.page().texts("#tenant-administrators .status"), ["Active"]);
    assert!(!browser.has(".note-warn"));

    let rows = log(&t, &acme).await;
    for action in ["person.create", "person.invite"] {
        let row = rows.iter().find(|row| row.action == action).expect("in the tenant's log");
        assert_eq!((row.actor.as_str(), row.detail["by"].as_str()), (operator.id.as_str(), Some("operator")), "{action}");
    }
    own.goto("/admin/acme/audit?kind=person").await;
    let shown = own.page().texts("tbody tr").join("\n");
    assert!(shown.contains("an operator") && !shown.contains("127.0.0.1"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn c8_somebody_with_an_account_elsewhere_becomes_a_guest_by_the_rules_of_the_tenant() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let linked = t.tenant_with("linked", |policy| policy.membership_existing_person = ExistingPerson::AutoLink).await;
    let (gil, nils) = (t.member(&globex, "gil@globex.example").await, t.person("nils@nowhere.example").await);
    let mut browser = at_work(&t).await;

    for (tenant, who, stand) in [
        (&acme, &gil, (MembershipKind::Guest, MembershipState::Invited, true)),
        (&acme, &nils, (MembershipKind::Home, MembershipState::Invited, true)),
        (&linked, &gil, (MembershipKind::Guest, MembershipState::Active, true)),
    ] {
        invite(&mut browser, tenant, &who.email).await;
        assert!(browser.has("#done"), "{}", browser.page().body);
        assert_eq!(seat(&t, &who.id, tenant).await, stand, "{}", who.email);
    }
    let row = t.app.store.read(async |r| r.person(&gil.id).await).await.unwrap().unwrap();
    assert_eq!(row.name(), "Gil Example", "the names of the form are not taken over");
    t.mailbox.take(&gil.email).await;
    let mut own = signed_in(&t, &gil).await;
    assert_eq!(own.goto("/admin/acme").await.page().status, 404, "not before the word of the person");
    assert_eq!(own.goto("/admin/linked").await.page().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_named_at_its_field_and_what_was_typed_stays() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    let cases = [
        ("#email", "nora@@acme.example", "email"),
        ("#first-name", "\u{202E}aroN", "first_name"),
        ("#last-name", " ", "last_name"),
        ("#first-name", &"x".repeat(5000), "first_name"),
    ];

    for (field, value, kind) in cases {
        browser.goto(format!("/operator/tenants/{}/administrators", acme.id)).await;
        browser.fill("#email", NORA).fill("#first-name", "Nora").fill("#last-name", "Nord").fill("#language", "fr");
        browser.fill(field, value).submit("#administrator-invite").await;
        assert_eq!(fault(&browser), (422, kind.to_owned()));
        assert_eq!((browser.page().attr(field, "value").as_str(), browser.page().attr(field, "aria-invalid").as_str()), (value, "true"));
        assert_eq!(browser.page().attr("#language option[selected]", "value"), "fr");
    }
    assert!(by_email(&t, NORA).await.is_none() && t.mailbox.take(NORA).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_form_sent_many_times_at_once_makes_one_person() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/tenants/{}/administrators", acme.id)).await;
    browser.fill("#email", NORA).fill("#first-name", "Nora").fill("#last-name", "Nord");
    let form = browser.form("#administrator-invite");

    let answers = par(6, |_| {
        let (mut browser, form) = (browser.clone(), form.clone());
        async move {
            browser.send(form).await;
            if browser.has("#done") { "made".to_owned() } else { fault(&browser).1 }
        }
    })
    .await;

    assert_eq!(answers.iter().filter(|answer| *answer == "made").count(), 1, "{answers:?}");
    assert!(answers.iter().all(|answer| answer == "made" || answer == "already_admin"), "{answers:?}");
    assert_eq!(t.mailbox.take(NORA).await.len(), 1);
    let rows = log(&t, &acme).await;
    assert_eq!(rows.iter().filter(|row| row.action == "person.create" && row.outcome == "done").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_nobody_is_invited_into_a_tenant_that_is_disabled_or_gone() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/tenants/{}/administrators", acme.id)).await;
    browser.fill("#email", NORA).fill("#first-name", "Nora").fill("#last-name", "Nord");
    let form = browser.form("#administrator-invite");
    for (step, status) in [("disable", 422), ("erase", 404)] {
        browser.goto(format!("/operator/tenants/{}", acme.id)).await;
        browser.follow(&format!("#tenant-{step}")).await;
        if step == "erase" {
            browser.fill("#typed", "acme");
        }
        browser.submit("#confirm").await;

        browser.send(form.clone()).await;

        assert_eq!(browser.page().status, status, "{step}");
        if step == "disable" {
            assert_eq!(fault(&browser).1, "disabled");
            assert!(!browser.has("#administrator-form") && browser.page().body.contains("Enable it first"));
        }
    }
    assert!(by_email(&t, NORA).await.is_none() && t.mailbox.take(NORA).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_a_tenant_whose_last_administrator_is_gone_gets_one_of_its_people() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let (boss, anna) = (t.admin(&acme, "boss@acme.example").await, t.member(&acme, "anna@acme.example").await);
    t.app.store.write(async |w| w.disable_person(&boss.id, false, t.now()).await).await.unwrap();
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/tenants/{}/administrators", acme.id)).await;
    assert_eq!(browser.page().texts("tbody .status"), ["Deactivated"]);
    assert!(browser.page().texts(".note-warn").join("").contains("Nobody can administer"));

    invite(&mut browser, &acme, "anna@acme.example").await;
    assert_eq!(fault(&browser), (422, "member".to_owned()));
    browser.submit("#promote").await;

    assert!(browser.has("#done"), "{}", browser.page().body);
    assert_eq!(seat(&t, &anna.id, &acme).await, (MembershipKind::Home, MembershipState::Active, true));
    let mut own = signed_in(&t, &anna).await;
    assert_eq!(own.goto("/admin/acme/policies").await.page().status, 200);
    invite(&mut browser, &acme, "anna@acme.example").await;
    assert_eq!(fault(&browser), (422, "already_admin".to_owned()));
    let rows = log(&t, &acme).await;
    assert!(rows.iter().any(|row| row.action == "member.make_admin" && row.detail["by"] == "operator"));
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_operators_let_themselves_in_nowhere_and_touch_nobody_but_administrators() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let operator = olga(&t).await;
    let mut browser = signed_in(&t, &operator).await;

    invite(&mut browser, &acme, &operator.email).await;

    assert_eq!(fault(&browser), (403, "oneself".to_owned()));
    t.join(&operator, &acme, MembershipKind::Guest).await;
    invite(&mut browser, &acme, &operator.email).await;
    assert_eq!(fault(&browser), (403, "oneself".to_owned()), "as a member neither");
    let csrf = browser.form("#administrator-invite").fields.into_iter().find(|(name, _)| name == "csrf").unwrap();
    for (deed, person, status) in [
        ("promote", &operator.id, 403),
        ("resend", &anna.id, 404),
        ("withdraw", &anna.id, 404),
        ("promote", &PersonId::from_text("per_nobody"), 404),
        ("erase", &anna.id, 404),
    ] {
        browser.goto(format!("/operator/tenants/{}/administrators", acme.id)).await;
        let mut form = browser.form("#administrator-invite");
        form.action = form.action.join(&format!("/operator/tenants/{}/administrators/{deed}", acme.id)).unwrap();
        form.fields = vec![csrf.clone(), ("person".to_owned(), person.to_string())];
        browser.send(form).await;
        assert_eq!(browser.page().status, status, "{deed} {person}");
    }
    assert!(!seat(&t, &anna.id, &acme).await.2 && !seat(&t, &operator.id, &acme).await.2);
}

#[tokio::test(flavor = "multi_thread")]
async fn k33_an_open_invitation_is_sent_again_and_withdrawn() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    invite(&mut browser, &acme, NORA).await;
    let first = t.mailbox.link(NORA).await;
    let nora = by_email(&t, NORA).await.unwrap();

    browser.submit(&format!("#resend-{}", nora.id)).await;

    let second = t.mailbox.link(NORA).await;
    assert_eq!(t.browser().goto(first.as_str()).await.page().status, 410, "h05: the older link is dead");
    assert!(t.browser().goto(second.as_str()).await.has("#password"));
    browser.submit(&format!("#withdraw-{}", nora.id)).await;
    assert_eq!(browser.page().texts("tbody .status"), ["Not invited yet"]);
    assert_eq!(t.browser().goto(second.as_str()).await.page().status, 410);
    assert!(!browser.has(&format!("#withdraw-{}", nora.id)), "nothing is left to withdraw");
    browser.submit(&format!("#resend-{}", nora.id)).await;
    assert!(t.browser().goto(t.mailbox.link(NORA).await.as_str()).await.has("#password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn i04_the_invitation_of_an_operator_who_is_none_any_more_opens_nothing() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let operator = olga(&t).await;
    let mut browser = signed_in(&t, &operator).await;
    invite(&mut browser, &acme, NORA).await;
    let link = t.mailbox.link(NORA).await;
    assert!(t.browser().goto(link.as_str()).await.has("#password"));

    t.app.store.write(async |w| w.disable_person(&operator.id, true, t.now()).await).await.unwrap();

    assert_eq!(t.browser().goto(link.as_str()).await.page().status, 410);
    let nora = by_email(&t, NORA).await.unwrap();
    let row = t.app.store.read(async |r| r.person(&nora.id).await).await.unwrap().unwrap();
    assert_eq!(row.state, PersonState::Invited);
}

#[tokio::test(flavor = "multi_thread")]
async fn p11_where_people_have_user_names_the_administrator_gets_one() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| *policy = tenantry::policy::presets::Preset::Promio.policy()).await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/tenants/{}/administrators", acme.id)).await;
    browser.fill("#email", NORA).fill("#first-name", "Nora").fill("#last-name", "Nord");
    browser.fill("#username", "No").submit("#administrator-invite").await;
    assert!(browser.has("#done"), "{}", browser.page().body);
    let nora = by_email(&t, NORA).await.unwrap();
    let row = t.app.store.read(async |r| r.person(&nora.id).await).await.unwrap().unwrap();
    assert_eq!(row.username.map(|name| name.as_str().to_owned()).as_deref(), Some("no"));

    browser.fill("#email", "other@acme.example").fill("#first-name", "O").fill("#last-name", "O").fill("#username", "no");
    browser.submit("#administrator-invite").await;

    assert_eq!(fault(&browser), (422, "username_taken".to_owned()));
    let method = t.app.store.read(async |r| {
        let membership = r.membership(&nora.id, &acme.id).await?.expect("there");
        r.invitation_method(&membership.id).await
    });
    assert_eq!(method.await.unwrap(), Some(InvitationMethod::Password));
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_inviting_wants_a_sign_in_of_a_moment_ago() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/tenants/{}/administrators", acme.id)).await;
    t.later(std::time::Duration::from_secs(1200));
    browser.fill("#email", NORA).fill("#first-name", "Nora").fill("#last-name", "Nord");

    browser.submit("#administrator-invite").await;

    assert_eq!(browser.path(), "/login");
    assert!(by_email(&t, NORA).await.is_none());
    let since = t.app.store.read(async |r| r.audit_since(Timestamp::from_micros(0), 1000).await).await.unwrap();
    assert!(!since.iter().any(|row| row.action == "person.create" && row.tenant.as_ref() == Some(&acme.id)));
}
