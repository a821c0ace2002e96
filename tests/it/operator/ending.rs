//! Accounts that end for good: erased (people.md C12, GDPR Art. 17), or merged into another one (S47, S48).
use std::time::Duration;

use tenantry::model::{ClientId, Email, FactorKind, MembershipKind, MembershipState, PersonId, PersonState, TenantId, TenantState};
use tenantry::service::audit_chain::{seal, verify};
use tenantry::service::everybody::erasing::carry_out;
use tenantry::store::Inserted;

use super::people::person;
use super::{actions, at_work, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::{Tenantry, sealer};
use crate::harness::world::Someone;

const DAY: Duration = Duration::from_secs(86_400);

async fn erase(browser: &mut Browser, who: &Someone) {
    browser.goto(format!("/operator/people/{}", who.id)).await;
    browser.follow("#deed-erase").await;
    browser.fill("#typed", &who.email).submit("#confirm").await;
}

async fn membership(t: &Tenantry, who: &PersonId, tenant: &TenantId) -> Option<(MembershipKind, MembershipState, bool)> {
    let found = t.app.store.read(async |r| r.membership(who, tenant).await).await.unwrap();
    found.map(|m| (m.kind, m.state, m.admin))
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_an_erasure_is_confirmed_by_typing_and_taken_back_in_its_days() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.user_retention_days = 10).await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut member = signed_in(&t, &anna).await;
    t.mailbox.take(&anna.email).await;
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/people/{}/erase", anna.id)).await;
    browser.fill("#typed", "anna").submit("#confirm").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "typed"));
    assert_eq!(person(&t, &anna.id).await.state, PersonState::Active, "nothing happened");

    erase(&mut browser, &anna).await;

    assert!(browser.has("#done") && browser.has("#deed-keep") && !browser.has("#deed-enable"));
    member.goto("/account").await;
    assert_eq!(member.path(), "/login", "out of use at once");
    let letter = t.mailbox.letter(&anna.email).await;
    assert!(letter.text.contains("2026-12-02"), "the letter names the day: {}", letter.text);
    t.later(DAY * 9);
    carry_out(&t.app).await.unwrap();
    assert_eq!(person(&t, &anna.id).await.name(), "Anna Example", "not before its day");
    let mut browser = signed_in(&t, &Someone { id: anna.id.clone(), email: "olga@ops.example".to_owned() }).await;
    browser.goto(format!("/operator/people/{}/keep", anna.id)).await;
    browser.submit("#confirm").await;
    t.later(DAY * 9);
    carry_out(&t.app).await.unwrap();
    assert_eq!(person(&t, &anna.id).await.state, PersonState::Active, "taken back");
    signed_in(&t, &anna).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_whoever_was_deactivated_stays_so_when_the_erasure_is_taken_back() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.user_retention_days = 10).await;
    let (anna, bodo) = (t.member(&acme, "anna@acme.example").await, t.member(&acme, "bodo@acme.example").await);
    for (who, by_operator) in [(&anna, false), (&bodo, true)] {
        t.app.store.write(async |w| w.disable_person(&who.id, by_operator, t.now()).await).await.unwrap();
    }
    let mut browser = at_work(&t).await;

    for (who, by_operator) in [(&anna, false), (&bodo, true)] {
        erase(&mut browser, who).await;
        assert!(person(&t, &who.id).await.disabled_by_operator);
        browser.goto(format!("/operator/people/{}/keep", who.id)).await;
        browser.submit("#confirm").await;

        let after = person(&t, &who.id).await;
        assert_eq!((after.state, after.disabled_by_operator), (PersonState::Deactivated, by_operator));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i07_whoever_comes_with_the_address_of_an_erased_person_is_somebody_new() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.user_retention_days = 1).await;
    let globex = t.tenant("globex").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    t.guest(&globex, &anna).await;
    t.profile(&anna).await;
    t.db_authenticator(&anna).await;
    let party = t.party().await;
    let mut browser = at_work(&t).await;
    t.app.store.write(async |w| w.set_second_factor(&anna.id, FactorKind::Email, t.now()).await).await.unwrap();
    let request = party.authorize(&["openid", "offline_access"], &[("tenant", "acme")]);
    let mut member = t.browser();
    member.goto(request.url.as_str()).await;
    t.sign_in(&mut member, &anna).await;
    let tokens = party.exchange(&request, &party.landed(&request, member.landing()).code()).await.unwrap();
    // The policy of globex keeps accounts for 30 days: the longest counts.
    erase(&mut browser, &anna).await;
    t.later(DAY * 2);
    carry_out(&t.app).await.unwrap();
    assert_eq!(person(&t, &anna.id).await.name(), "Anna Example");
    t.later(DAY * 29);
    t.mailbox.take(&anna.email).await;

    carry_out(&t.app).await.unwrap();

    let row = person(&t, &anna.id).await;
    assert_eq!((row.email.is_none(), row.name().as_str(), row.has_password), (true, "", false));
    assert!(t.mailbox.letter("anna@acme.example").await.text.contains("the last letter"), "the person is told when it is done");
    for tenant in [&acme.id, &globex.id] {
        assert_eq!(membership(&t, &anna.id, tenant).await.map(|(_, state, _)| state), Some(MembershipState::Left));
    }
    let again = t.member(&acme, "anna@acme.example").await;
    assert_ne!(again.id, anna.id, "the address is free, the subject is another");
    assert!(party.userinfo(&tokens.access).await.is_err());
    assert!(party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    member.goto("/account").await;
    assert_eq!(member.path(), "/login");
    let mut browser = signed_in(&t, &Someone { id: anna.id.clone(), email: "olga@ops.example".to_owned() }).await;
    browser.goto(format!("/operator/people/{}", anna.id)).await;
    assert_eq!(browser.page().status, 404, "nobody is there any more");
    browser.goto("/operator/people?q=anna").await;
    assert_eq!(browser.page().texts("tbody th a").len(), 1, "the new one alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn c12_after_an_erasure_the_trail_tells_of_an_id_alone_and_its_chain_still_verifies() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.user_retention_days = 0).await;
    let anna = t.member(&acme, "anna@acme.example").await;
    signed_in(&t, &anna).await;
    let mut browser = at_work(&t).await;

    erase(&mut browser, &anna).await;

    assert_eq!(browser.path(), "/operator/people", "at once where nothing has to be kept");
    carry_out(&t.app).await.unwrap();
    let about = |t: &Tenantry| {
        let (store, id) = (t.app.store.clone(), anna.id.clone());
        async move { store.read(async |r| r.audit_of_person(&id, 100).await).await.unwrap() }
    };
    assert!(about(&t).await.iter().any(|row| !row.network.is_empty()), "what is not sealed yet waits");
    seal(&t.app).await.unwrap();
    carry_out(&t.app).await.unwrap();
    let rows = about(&t).await;
    assert!(rows.iter().any(|row| row.action == "person.erase"));
    assert!(rows.iter().all(|row| row.network.is_empty() && row.detail.is_null()), "{rows:?}");
    let found = verify(&t.app.store, &sealer(), None, None).await.unwrap();
    assert_eq!(found.breach, None);
    assert!(found.pseudonymised > 0);
}

/// Every table that names people: after an erasure none of them describes the person any more.
#[tokio::test(flavor = "multi_thread")]
async fn c12_no_table_keeps_anything_of_an_erased_person() {
    /// They hold ids and times alone, for as long as each keeps its rows; where a session was begun is emptied.
    const KEPT: [&str; 5] = ["memberships", "sessions", "grants", "logout_deliveries", "departures"];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut tables = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(root.join("migrations")).unwrap().map(|entry| entry.unwrap().path()) {
        let text = if file.extension().is_some_and(|end| end == "sql") { std::fs::read_to_string(&file).unwrap() } else { continue };
        for table in text.split("create table ").skip(1) {
            let (name, rest) = table.split_once('(').unwrap_or_default();
            let body = rest.split(");").next().unwrap_or_default();
            if body.contains("person_id") {
                tables.insert(name.trim().to_owned());
            }
        }
    }
    let code = std::fs::read_to_string(root.join("src/store/departures.rs")).unwrap();

    let forgotten: Vec<&String> =
        tables.iter().filter(|table| !KEPT.contains(&table.as_str()) && !code.contains(&format!("delete from {table} where"))).collect();

    assert!(tables.len() > 12, "only {tables:?} were found");
    assert!(forgotten.is_empty(), "erasing a person forgets {forgotten:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s47_s48_two_accounts_of_one_person_become_one_with_access_to_all_customers() {
    let t = Tenantry::start().await;
    let (acme, globex, third) = (t.tenant("acme").await, t.tenant("globex").await, t.tenant("third").await);
    let (one, two) = (t.member(&acme, "anna@acme.example").await, t.member(&globex, "a.berg@globex.example").await);
    t.admin(&globex, "boss@globex.example").await;
    t.guest(&third, &two).await;
    let payers = t.group(&globex, "Payers", &[("pay", false)]).await;
    t.put_into(&payers, &two).await;
    let party = t.party().await;
    let mut old = t.browser();
    let request = party.authorize(&["openid", "offline_access"], &[("tenant", "globex")]);
    old.goto(request.url.as_str()).await;
    t.sign_in(&mut old, &two).await;
    let tokens = party.exchange(&request, &party.landed(&request, old.landing()).code()).await.unwrap();
    let client = ClientId::from_text(party.client_id.as_str());
    t.app.store.write(async |w| w.record_consent(&two.id, &third.id, &client, "openid", t.now()).await).await.unwrap();
    for someone in [&one, &two] {
        t.mailbox.take(&someone.email).await;
    }
    let mut browser = at_work(&t).await;
    browser.goto(format!("/operator/people/{}", one.id)).await;
    browser.follow("#deed-merge").await;
    browser.fill("#other", "nobody@x.example").submit("#merge-look").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "no_other"));
    browser.fill("#other", "A.Berg@globex.example").submit("#merge-look").await;
    assert_eq!(browser.page().texts("#merge-moves li").len(), 2, "what moves is seen before");
    assert!(browser.text("#merge-moves").contains("Payers"));

    browser.submit("#confirm").await;

    assert!(browser.has("#done"), "{}", browser.page().body);
    assert_eq!(membership(&t, &one.id, &acme.id).await.unwrap().0, MembershipKind::Home);
    for tenant in [&globex.id, &third.id] {
        assert_eq!(membership(&t, &one.id, tenant).await, Some((MembershipKind::Guest, MembershipState::Active, false)));
        assert_eq!(membership(&t, &two.id, tenant).await, None);
    }
    let moved = t.app.store.read(async |r| r.membership(&one.id, &globex.id).await).await.unwrap().unwrap();
    let details = t.app.store.read(async |r| r.membership_details(&moved.id).await).await.unwrap();
    assert_eq!(details.groups, ["Payers"], "the groups move along");
    assert_eq!(t.app.store.read(async |r| r.own_consents(&one.id, 9).await).await.unwrap().len(), 1, "and the consents");
    assert!(party.userinfo(&tokens.access).await.is_err() && party.refresh(tokens.refresh.as_deref().unwrap()).await.is_err());
    old.goto("/account").await;
    assert_eq!(old.path(), "/login", "the other account's sessions end");
    for someone in [&one, &two] {
        assert!(t.mailbox.letter(&someone.email).await.subject.contains("one"), "both addresses are told");
    }
    let mut member = t.browser();
    let request = party.authorize(&["openid"], &[("tenant", "globex")]);
    member.goto(request.url.as_str()).await;
    t.sign_in(&mut member, &one).await;
    party.landed(&request, member.landing()).code();
    let trail = actions(&t).await;
    assert_eq!(trail.iter().filter(|action| *action == "person.merge").count(), 2, "a line on both sides");
    // The other subject is nobody's: its address goes to a new person.
    let again = t.member(&globex, "a.berg@globex.example").await;
    assert_ne!(again.id, two.id);
    let noted = t.app.store.read(async |r| r.merged_into(&one.id).await).await.unwrap();
    assert_eq!(noted, [two.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s47_where_both_belong_in_different_ways_the_operator_chooses() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let (one, two) = (t.member(&acme, "one@acme.example").await, t.admin(&acme, "two@acme.example").await);
    let mut browser = at_work(&t).await;
    let address = format!("/operator/people/{}/merge?other={}", one.id, two.id);
    browser.goto(&address).await;
    assert!(browser.has(&format!("#mine-{}", acme.id)));

    browser.submit("#confirm").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "unresolved"));
    assert_eq!(person(&t, &two.id).await.state, PersonState::Active);

    // The plain membership remains: the tenant would be without an administrator.
    browser.goto(&address).await;
    browser.tick(&format!("#mine-{}", acme.id)).submit("#confirm").await;
    assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "last_admin"));
    assert!(membership(&t, &two.id, &acme.id).await.unwrap().2, "everything was undone");

    browser.goto(&address).await;
    browser.tick(&format!("#theirs-{}", acme.id)).submit("#confirm").await;
    assert!(browser.has("#done"), "{}", browser.page().body);
    assert_eq!(membership(&t, &one.id, &acme.id).await, Some((MembershipKind::Home, MembershipState::Active, true)));
    assert_eq!(person(&t, &two.id).await.state, PersonState::Deactivated);
    browser.goto(&address).await;
    assert_eq!(browser.page().status, 422, "once merged, it is not there to be merged again");
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_a_disabled_tenant_needs_no_administrator_whichever_way_one_goes() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let (one, two) = (t.member(&acme, "one@acme.example").await, t.admin(&acme, "two@acme.example").await);
    let boss = t.admin(&globex, "boss@globex.example").await;
    let mut browser = at_work(&t).await;
    for tenant in [&acme, &globex] {
        t.app.store.write(async |w| w.set_tenant_state(&tenant.id, TenantState::Disabled).await).await.unwrap();
    }
    t.app.refresh().await.unwrap();

    browser.goto(format!("/operator/people/{}/merge?other={}", one.id, two.id)).await;
    browser.tick(&format!("#mine-{}", acme.id)).submit("#confirm").await;
    assert!(browser.has("#done"), "{}", browser.page().body);
    browser.goto(format!("/operator/people/{}", boss.id)).await;
    browser.follow("#deed-disable").await;
    browser.submit("#confirm").await;

    assert_eq!(membership(&t, &one.id, &acme.id).await, Some((MembershipKind::Home, MembershipState::Active, false)));
    assert_eq!(person(&t, &boss.id).await.state, PersonState::Deactivated);
}

#[tokio::test(flavor = "multi_thread")]
async fn s47_accounts_that_must_not_be_merged_are_not() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let (one, two) = (t.member(&acme, "one@acme.example").await, t.person("two@x.example").await);
    let root = t.person_with("root@ops.example", |new| new.operator = true).await;
    let unproved = t.person_with("new@x.example", |new| new.email_verified = false).await;
    let mut browser = at_work(&t).await;
    let olga = t.app.store.read(async |r| r.people_called("olga@ops.example").await).await.unwrap().remove(0);

    for (survivor, other, kind) in [
        (&one.id, &one.id, "no_other"),
        (&one.id, &root.id, "of_an_operator"),
        (&root.id, &one.id, "of_an_operator"),
        (&one.id, &olga, "oneself"),
        (&unproved.id, &one.id, "not_active"),
    ] {
        browser.goto(format!("/operator/people/{survivor}/merge?other={other}")).await;
        assert_eq!(browser.page().attr("#error", "data-kind"), kind);
    }
    // Somebody who was disabled is not let in again by a merge.
    t.app.store.write(async |w| w.disable_person(&two.id, true, t.now()).await).await.unwrap();
    browser.goto(format!("/operator/people/{}/merge?other={}", one.id, two.id)).await;
    assert_eq!(browser.page().attr("#error", "data-kind"), "not_active");
    let email = Email::parse("two@x.example").unwrap();
    let taken = t.app.store.write(async |w| w.change_email(&one.id, &email, t.now()).await).await;
    assert_eq!(taken.unwrap(), Inserted::EmailTaken, "nothing of it was done");
}
