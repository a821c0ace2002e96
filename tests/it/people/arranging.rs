//! Groups and locations.
use std::collections::BTreeSet;

use tenantry::model::{LocationsBy, MembershipState, SelfJoin};
use tenantry::policy::permission::Right;
use tenantry::service::people::acting::Refusal;
use tenantry::service::people::admins::set_admin;
use tenantry::service::people::groups::{self, Step};
use tenantry::service::people::locations::{self, Limit};

use super::desk::Desk;

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn i08_i10_a_group_is_arranged_only_by_whoever_holds_all_of_it() {
    let desk = Desk::set().await;
    let clerk = desk.clerk("carl", &["tenantry:groups", "orders:read"]).await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    let mine = desk.t.group(&desk.acme, "Readers", &[("orders:read", false)]).await;
    let more = desk.t.group(&desk.acme, "Payers", &[("orders:pay", true)]).await;
    let foreign = desk.t.group(&desk.globex, "Foreign", &[("orders:read", false)]).await;
    desk.t.put_into(&more, &anna).await;
    let scope = desk.scope(&clerk.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    groups::add(&acting, &mine.id, &anna.id).await.unwrap().unwrap();
    groups::rename(&acting, &mine.id, "Lectors").await.unwrap().unwrap();
    groups::forbid(&acting, &mine.id, "orders:read").await.unwrap().unwrap();
    for refused in [
        groups::add(&acting, &more.id, &desk.marie.id).await.unwrap(),
        groups::remove(&acting, &more.id, &anna.id).await.unwrap(),
        groups::rename(&acting, &more.id, "X").await.unwrap(),
        groups::delete(&acting, &more.id).await.unwrap(),
        groups::permit(&acting, &more.id, "orders:read").await.unwrap(),
        groups::forbid(&acting, &more.id, "orders:pay").await.unwrap(),
        groups::permit(&acting, &mine.id, "orders:pay").await.unwrap(),
        groups::open(&acting, &more.id, true, true).await.unwrap(),
    ] {
        assert_eq!(refused, Err(Refusal::NotHeld));
    }
    assert_eq!(groups::add(&acting, &mine.id, &clerk.id).await.unwrap(), Err(Refusal::Oneself), "i19");
    assert_eq!(groups::add(&acting, &foreign.id, &anna.id).await.unwrap(), Err(Refusal::NotFound), "k4");
    assert_eq!(groups::rename(&acting, &mine.id, "payers").await.unwrap(), Err(Refusal::Taken("name")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_s11_an_administrator_arranges_groups_with_permissions_that_exist() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.group(&desk.acme, "Readers", &[("orders:read", true)]).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    let made = groups::create(&acting, "Managers", &names(&["orders:read", "tenantry:people"])).await.unwrap().unwrap();
    groups::add(&acting, &made, &anna.id).await.unwrap().unwrap();

    for unknown in ["orders:unknown", "tenantry:everything"] {
        let refused = groups::create(&acting, "Others", &names(&[unknown])).await.unwrap();
        assert!(matches!(refused, Err(Refusal::Invalid("permissions", _))), "{unknown}");
    }
    let all = groups::all(&acting).await.unwrap();
    let told: Vec<(&str, i64)> = all.iter().map(|(group, size)| (group.name.as_str(), *size)).collect();
    assert_eq!(told, [("Managers", 1), ("Readers", 0)]);
    assert!(all[0].0.permissions.iter().any(|permission| permission.name == "orders:read" && permission.requires_2fa));
    groups::delete(&acting, &made).await.unwrap().unwrap();
    assert_eq!(groups::delete(&acting, &made).await.unwrap(), Err(Refusal::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn k47_members_join_and_leave_by_themselves_with_the_right_and_where_the_group_lets_them() {
    let desk = Desk::set().await;
    let carl = desk.clerk("carl", &["tenantry:join_groups"]).await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    let group = desk.t.group(&desk.acme, "News", &[("news:read", false)]).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let (app, network, now, place) = (&desk.t.app, desk.network(), desk.t.now(), (&desk.acme.id, &group.id));

    assert_eq!(groups::step(app, &carl.id, place, Step::Join, network, now).await.unwrap(), Err(Refusal::Rules));
    groups::open(&desk.acting(&scope), &group.id, true, false).await.unwrap().unwrap();
    groups::step(app, &carl.id, place, Step::Join, network, now).await.unwrap().unwrap();
    assert_eq!(groups::step(app, &carl.id, place, Step::Leave, network, now).await.unwrap(), Err(Refusal::Rules));
    groups::open(&desk.acting(&scope), &group.id, true, true).await.unwrap().unwrap();
    groups::step(app, &carl.id, place, Step::Leave, network, now).await.unwrap().unwrap();
    let without = groups::step(app, &anna.id, place, Step::Join, network, now).await.unwrap();
    let foreign = groups::step(app, &desk.gil.id, place, Step::Join, network, now).await.unwrap();

    assert_eq!((without, foreign), (Err(Refusal::Right(Right::JoinGroups)), Err(Refusal::NotFound)));
    let off = Desk::with(|policy| policy.groups_self_join = SelfJoin::Off).await;
    let group = off.t.group(&off.acme, "News", &[]).await;
    let place = (&off.acme.id, &group.id);
    let refused = groups::step(&off.t.app, &off.marie.id, place, Step::Join, off.network(), off.t.now()).await.unwrap();
    assert_eq!(refused, Err(Refusal::Rules), "c13");
}

#[tokio::test(flavor = "multi_thread")]
async fn s38_s44_people_are_limited_to_locations_but_no_administrator() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    let other = desk.t.member(&desk.acme, "otto@acme.example").await;
    desk.db_admin(&other.id, &desk.acme).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    let bern = locations::create(&acting, "Bern", Some("https://bern.example")).await.unwrap().unwrap();
    let zug = locations::create(&acting, "Zug", None).await.unwrap().unwrap();
    locations::limit(&acting, &anna.id, &Limit::To(bern.clone())).await.unwrap().unwrap();

    let found = locations::all(&acting, "BERN.ex").await.unwrap();
    assert_eq!(found.iter().map(|location| &location.id).collect::<Vec<_>>(), [&bern], "s39");
    let membership = desk.membership(&anna.id, &desk.acme).await;
    assert!(membership.limited_to_locations && membership.state == MembershipState::Active);
    let limited = locations::limit(&acting, &other.id, &Limit::To(zug)).await.unwrap();
    assert!(matches!(limited, Err(Refusal::Invalid("locations", _))), "s44");
    assert!(matches!(set_admin(&acting, &anna.id, true).await.unwrap(), Err(Refusal::Invalid("locations", _))), "s44");
    locations::limit(&acting, &anna.id, &Limit::Lift(bern.clone())).await.unwrap().unwrap();
    assert!(!desk.membership(&anna.id, &desk.acme).await.limited_to_locations, "s41");
    locations::change(&acting, &bern, "Thun", None).await.unwrap().unwrap();
    locations::delete(&acting, &bern).await.unwrap().unwrap();
    assert_eq!(locations::delete(&acting, &bern).await.unwrap(), Err(Refusal::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn s43_where_the_operator_keeps_the_locations_no_administrator_makes_any() {
    let desk = Desk::with(|policy| policy.locations_managed_by = LocationsBy::Operator).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;

    assert_eq!(locations::create(&desk.acting(&scope), "Bern", None).await.unwrap(), Err(Refusal::Rules));
}
