//! The list of a tenant's people, and the groups and locations that stand in it.
use tenantry::model::*;
use tenantry::policy::status::{Standing, Status, StatusRules, status};
use tenantry::store::{AuditRow, NewPerson, PeopleFilter, PeopleLimits, Store, person_attempts};
use tenantry::world::Timestamp;

use super::conformance;
use super::fixtures::*;

fn limits() -> PeopleLimits {
    PeopleLimits { dormant_before: Some(NOW.minus(DAY)), expired_before: Some(NOW.minus(HOUR)) }
}

async fn names(store: &Store, filter: PeopleFilter) -> Vec<String> {
    let found = store.read(async |r| r.people_of(&tenant_id("acme"), &filter, limits(), 100, NOW).await).await.unwrap();
    found.into_iter().map(|listed| listed.person.first_name).collect()
}

/// People of Acme, one in each state; Ada is there from the furniture.
async fn crowd(store: &Store) {
    furnish(store).await;
    store
        .write(async |w| {
            for name in ["Özil", "cara_x", "dora", "emil", "fred", "gina"] {
                let person = NewPerson {
                    state: if name == "emil" || name == "dora" { PersonState::Invited } else { PersonState::Active },
                    email: (name != "gina").then(|| email(&format!("mail-{}", sort_key(name).replace('ö', "oe")))),
                    second_factor: if name == "cara_x" { FactorKind::Totp } else { FactorKind::None },
                    password_hash: new_person(name).password_hash.filter(|_| name != "emil" && name != "dora"),
                    first_name: name.to_owned(),
                    ..new_person(name)
                };
                let at = if name == "fred" { NOW.minus(DAY) } else { NOW };
                w.insert_person(&person, at).await?;
                let state = match name {
                    "dora" | "emil" => MembershipState::Invited,
                    _ => MembershipState::Active,
                };
                let kind = if name == "cara_x" { MembershipKind::Guest } else { MembershipKind::Home };
                assert!(w.insert_membership(&Membership { state, ..new_membership(name, "acme", kind) }).await?);
                if name == "Özil" {
                    assert!(w.disable_membership(&membership_id(name, "acme")).await?);
                }
            }
            assert!(w.insert_username(&person_id("gina"), &tenant_id("acme"), &Username::parse("gigi.b").unwrap(), NOW).await?);
            let invitation =
                Invitation { person: person_id("emil"), membership: membership_id("emil", "acme"), ..new_invitation("inv_emil") };
            w.insert_invitation(&invitation, &digest("emil"), NOW).await?;
            w.claim_attempt(&person_attempts(&person_id("gina")), 1, HOUR, DAY, NOW).await
        })
        .await
        .unwrap();
}

async fn everybody_is_listed_in_the_order_of_names_page_by_page(store: &Store) {
    crowd(store).await;
    let all = names(store, PeopleFilter::default()).await;
    assert_eq!(all, ["ada", "cara_x", "dora", "emil", "fred", "gina", "Özil"], "all are called Example");

    let two = store.read(async |r| r.people_of(&tenant_id("acme"), &PeopleFilter::default(), limits(), 2, NOW).await).await.unwrap();
    let after = Some(two[1].membership.id.clone());
    assert_eq!(names(store, PeopleFilter { after, ..PeopleFilter::default() }).await, all[2..]);
    let foreign = Some(membership_id("bob", "globex"));
    assert_eq!(names(store, PeopleFilter { after: foreign, ..PeopleFilter::default() }).await, all, "no place of another tenant");
    let bob = store.read(async |r| r.listed(&tenant_id("acme"), &person_id("bob")).await).await.unwrap();
    assert!(bob.is_none());
    let emil = store.read(async |r| r.listed(&tenant_id("acme"), &person_id("emil")).await).await.unwrap().unwrap();
    assert!(emil.invited);
    for name in ["emil", "Özil", "fred"] {
        store.write(async |w| w.set_admin(&membership_id(name, "acme"), true).await).await.unwrap();
    }
    let admins = async |tenant: &str, limit| {
        let found = store.read(async |r| r.administrators_of(&tenant_id(tenant), limit).await).await.unwrap();
        found.into_iter().map(|listed| listed.person.first_name).collect::<Vec<_>>()
    };
    assert_eq!(admins("acme", 10).await, ["emil", "fred", "Özil"], "invited and disabled ones, too");
    assert_eq!((admins("acme", 2).await.len(), admins("globex", 10).await.len()), (2, 0));
    let (ada, method) = (membership_id("ada", "acme"), InvitationMethod::Microsoft);
    store.write(async |w| w.set_invitation_method(&ada, method).await).await.unwrap();
    assert_eq!(store.read(async |r| r.invitation_method(&ada).await).await.unwrap(), Some(method));
}

async fn a_search_looks_at_names_addresses_and_user_names_and_knows_no_patterns(store: &Store) {
    crowd(store).await;
    let search = async |text: &str| names(store, PeopleFilter { search: text.to_owned(), ..PeopleFilter::default() }).await;
    assert_eq!(search("öZIL").await, ["Özil"]);
    assert_eq!(search("example mail-fr").await, ["fred"]);
    assert_eq!(search("GIGI.B").await, ["gina"]);
    assert_eq!(search("a_").await, ["cara_x"], "an underscore is itself");
    assert!(search("%").await.is_empty());
    assert!(search("fred gina").await.is_empty(), "every word counts");
}

async fn filters_narrow_the_list_and_each_status_is_the_one_that_is_told(store: &Store) {
    crowd(store).await;
    let by = async |filter: PeopleFilter| names(store, filter).await;
    assert_eq!(by(PeopleFilter { guest: Some(true), ..PeopleFilter::default() }).await, ["cara_x"]);
    assert_eq!(by(PeopleFilter { verified: Some(false), ..PeopleFilter::default() }).await, ["gina"]);
    assert_eq!(by(PeopleFilter { factor: Some("totp"), ..PeopleFilter::default() }).await, ["cara_x"]);
    let rules = StatusRules { inactivity: Some(DAY), password_max_age: Some(HOUR) };
    let told = |status: Status| match status {
        Status::NotInvited => "not_invited",
        Status::LinkSent => "invited",
        Status::Active => "active",
        Status::Deactivated => "deactivated",
        Status::LockedByFailures | Status::LockedByInactivity => "locked",
        Status::PasswordExpired => "password_expired",
    };
    let mut seen = 0;
    for status_name in ["not_invited", "invited", "active", "deactivated", "locked", "password_expired"] {
        let filter = PeopleFilter { status: Some(status_name), ..PeopleFilter::default() };
        let found = store.read(async |r| r.people_of(&tenant_id("acme"), &filter, limits(), 100, NOW).await).await.unwrap();
        assert!(!found.is_empty(), "{status_name}");
        for one in found {
            let computed = status(&Standing::of(&one.person, &one.membership, one.invited), &rules, NOW);
            assert_eq!(told(computed), status_name, "{}", one.person.first_name);
            seen += 1;
        }
    }
    assert_eq!(seen, 7, "each stands in exactly one");
}

async fn what_happened_to_somebody_is_told_newest_first(store: &Store) {
    furnish(store).await;
    let row = |id: &str, at: Timestamp, tenant: &str, subject: &str| AuditRow {
        id: AuditId::from_text(id),
        at,
        actor: "test".to_owned(),
        action: id.to_owned(),
        subject: subject.to_owned(),
        tenant: Some(tenant_id(tenant)),
        client: None,
        outcome: "done".to_owned(),
        detail: serde_json::Value::Null,
        network: "local".to_owned(),
    };
    let told = store
        .write(async |w| {
            for event in [
                row("aud_1", NOW, "acme", "per_ada"),
                row("aud_2", NOW.plus(DAY), "acme", "per_ada"),
                row("aud_3", NOW, "globex", "per_ada"),
                row("aud_4", NOW, "acme", "per_bob"),
            ] {
                w.record_audit(&event).await?;
            }
            w.audit_about(&tenant_id("acme"), "per_ada", 10).await
        })
        .await
        .unwrap();
    assert_eq!(told.iter().map(|row| row.action.as_str()).collect::<Vec<_>>(), ["aud_2", "aud_1"]);
}

async fn i11_invited_strangers_are_known_by_their_address_until_they_accept(store: &Store) {
    crowd(store).await;
    let stranger = new_membership("bob", "acme", MembershipKind::Guest);
    let invited = Membership { state: MembershipState::Invited, ..stranger.clone() };
    store.write(async |w| w.insert_membership(&invited).await).await.unwrap();
    store.write(async |w| w.set_names(&person_id("bob"), "Robert", "Tables", NOW).await).await.unwrap();
    let search = async |text: &str| names(store, PeopleFilter { search: text.to_owned(), ..PeopleFilter::default() }).await;
    let known = async || store.read(async |r| r.is_known_in(&tenant_id("acme"), &person_id("bob")).await).await.unwrap();
    let address = store.read(async |r| r.person(&person_id("bob")).await).await.unwrap().unwrap().email.unwrap();

    assert!(search("robert").await.is_empty() && !known().await);
    assert_eq!(search(address.as_str()).await.len(), 1);
    let listed = store.read(async |r| r.listed(&tenant_id("acme"), &person_id("bob")).await).await.unwrap().unwrap();
    assert!(listed.stranger);
    store.write(async |w| w.activate_membership(&stranger.id, NOW).await).await.unwrap();
    assert_eq!(search("tables robert").await, ["Robert"]);
    assert!(known().await);
}

conformance!(
    i11_invited_strangers_are_known_by_their_address_until_they_accept,
    everybody_is_listed_in_the_order_of_names_page_by_page,
    a_search_looks_at_names_addresses_and_user_names_and_knows_no_patterns,
    filters_narrow_the_list_and_each_status_is_the_one_that_is_told,
    what_happened_to_somebody_is_told_newest_first,
);
