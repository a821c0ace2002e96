//! Support access: operators come into a tenant's administration when the tenant lets them, for a time, and change people's
//! standing alone (security.md I16, issue 4).
use std::time::Duration;

use tenantry::model::{PersonState, Tenant};
use tenantry::store::{AuditFilter, AuditRow};

use super::doors::{at, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

struct Scene {
    t: Tenantry,
    acme: Tenant,
    anna: Someone,
    marie: Browser,
    olga: Browser,
    operator: Someone,
}

async fn scene() -> Scene {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let (marie, anna) = (t.admin(&acme, "marie@acme.example").await, t.member(&acme, "anna@acme.example").await);
    let operator = t.person_with("olga@ops.example", |new| new.operator = true).await;
    let (marie, olga) = (signed_in(&t, &marie).await, signed_in(&t, &operator).await);
    Scene { t, acme, anna, marie, olga, operator }
}

impl Scene {
    async fn let_in(&mut self) {
        self.marie.goto("/admin/acme/support").await;
        self.marie.fill("#reason", "Invoices do not open").fill("#hours", "1").submit("#support-grant").await;
        assert!(self.marie.has("#done"), "{}", self.marie.page().body);
    }

    async fn log(&self) -> Vec<AuditRow> {
        let filter = AuditFilter { tenant: self.acme.id.clone(), who: String::new(), kind: String::new(), until: None };
        self.t.app.store.read(async |r| r.audit_of_tenant(&filter, None, 100).await).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_an_operator_is_let_in_by_the_tenant_alone_and_every_step_stands_in_its_log() {
    let mut s = scene().await;
    assert_eq!(at(&mut s.olga, "/admin/acme").await.0, 404, "nobody is let in");

    s.let_in().await;

    for page in ["", "/people", "/groups", "/locations", "/policies", "/branding", "/audit", "/permissions"] {
        assert_eq!(at(&mut s.olga, &format!("/admin/acme{page}")).await.0, 200, "{page}");
        assert!(s.olga.has("#support-banner"), "{page} says by what right");
    }
    let person = format!("/admin/acme/people/{}", s.anna.id);
    s.olga.goto(&person).await;
    assert_eq!(s.olga.page().texts("#deeds a").len(), 1, "what is not allowed is not offered");
    s.olga.follow("#deed-disable").await;
    s.olga.submit("#confirm").await;
    assert!(s.olga.has("#done"), "{}", s.olga.page().body);
    let row = s.t.app.store.read(async |r| r.person(&s.anna.id).await).await.unwrap().unwrap();
    assert_eq!(row.state, PersonState::Deactivated);
    let log = s.log().await;
    let deed = log.iter().find(|row| row.action == "person.disable").expect("in the tenant's log");
    assert_eq!((deed.actor.as_str(), &deed.detail["act"]["sub"]), (s.operator.id.as_str(), &serde_json::json!(s.operator.id)));
    assert!(deed.detail["act"]["grant"].as_str().is_some_and(|grant| grant.starts_with("sup_")));
    assert!(log.iter().filter(|row| row.action == "support.look").count() >= 8, "what was looked at, too");
    assert!(log.iter().any(|row| row.action == "support.grant"));
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_whom_the_tenant_let_in_touches_no_credentials_rights_or_rules() {
    let mut s = scene().await;
    s.let_in().await;
    s.olga.goto("/admin/acme/people").await;
    let csrf = s.olga.form("#sign-out").fields.into_iter().find(|(name, _)| name == "csrf").unwrap().1;
    let person = format!("/admin/acme/people/{}", s.anna.id);
    let targets = [
        format!("{person}/reset"),
        format!("{person}/admin"),
        format!("{person}/api-on"),
        format!("{person}/remove"),
        format!("{person}/invite"),
        format!("{person}/convert"),
        format!("{person}/groups/add"),
        format!("{person}/locations"),
        person.clone(),
        "/admin/acme/people/new".to_owned(),
        "/admin/acme/groups/new".to_owned(),
        "/admin/acme/locations/new".to_owned(),
        "/admin/acme/policies/factor".to_owned(),
        "/admin/acme/policies/preset".to_owned(),
        "/admin/acme/branding".to_owned(),
        "/admin/acme/support".to_owned(),
    ];

    for target in targets {
        let mut form = s.olga.form("#sign-out");
        form.action = s.olga.page().url.join(&target).unwrap();
        form.fields = vec![("csrf".to_owned(), csrf.clone()), ("reason".to_owned(), "x".to_owned()), ("hours".to_owned(), "1".to_owned())];
        s.olga.send(form).await;
        assert_eq!(s.olga.page().status, 403, "{target}");
        s.olga.goto("/admin/acme/people").await;
    }
    // An administrator is out of reach.
    let boss = s.t.admin(&s.acme, "boss@acme.example").await;
    s.olga.goto(format!("/admin/acme/people/{}/disable", boss.id)).await;
    s.olga.submit("#confirm").await;
    assert_eq!(s.olga.page().status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_support_ends_by_itself_and_at_once_when_the_tenant_says_so() {
    let mut s = scene().await;
    s.let_in().await;
    assert_eq!(at(&mut s.olga, "/admin/acme").await.0, 200);
    assert_eq!(at(&mut s.olga, "/admin/nowhere").await.0, 404);
    let globex = s.t.tenant("globex").await;
    assert_eq!(at(&mut s.olga, &format!("/admin/{}", globex.slug)).await.0, 404, "one tenant lets nobody into another");

    s.t.later(Duration::from_secs(3601));
    assert_eq!(at(&mut s.olga, "/admin/acme").await.0, 404, "its time is over");

    let marie = Someone { id: s.anna.id.clone(), email: "marie@acme.example".to_owned() };
    s.marie = signed_in(&s.t, &marie).await;
    s.let_in().await;
    assert_eq!(at(&mut s.olga, "/admin/acme").await.0, 200);
    let end = s.t.app.store.read(async |r| r.support_grants(&s.acme.id, 1).await).await.unwrap().remove(0).id;
    s.marie.submit(&format!("#end-{end}")).await;
    assert!(s.marie.has("#done"));
    assert_eq!(at(&mut s.olga, "/admin/acme").await.0, 404);
    let mut member = signed_in(&s.t, &s.anna).await;
    assert_eq!(at(&mut member, "/admin/acme/support").await.0, 403, "who arranges nothing lets nobody in");
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_a_reason_and_a_time_of_at_most_a_day_are_demanded() {
    let mut s = scene().await;
    for (reason, hours) in [("", "1"), ("\u{202E}x", "1"), ("Import", "25"), ("Import", "0"), ("Import", "x")] {
        s.marie.goto("/admin/acme/support").await;
        let mut form = s.marie.form("#support-grant");
        for (name, value) in &mut form.fields {
            match name.as_str() {
                "reason" => *value = reason.to_owned(),
                "hours" => *value = hours.to_owned(),
                _ => {}
            }
        }
        s.marie.send(form).await;
        assert_eq!(s.marie.page().status, 422, "{reason:?} {hours}");
    }
    assert_eq!(at(&mut s.olga, "/admin/acme").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn i16_where_an_operator_sat_is_not_told_to_the_tenant() {
    let mut s = scene().await;
    s.let_in().await;
    at(&mut s.olga, "/admin/acme/people").await;

    s.marie.goto("/admin/acme/audit").await;

    let lines = s.marie.page().texts("tbody tr");
    let (hers, others): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line.contains("Olga"));
    assert!(!hers.is_empty() && hers.iter().all(|line| line.contains("an operator") && !line.contains("127.0.0.1")), "{hers:?}");
    assert!(others.iter().any(|line| line.contains("Marie") && line.contains("127.0.0.1")), "{others:?}");
}
