//! Two who change one thing at once, and those who are limited to locations.
use tenantry::model::MembershipKind;
use tenantry::service::people::acting::Refusal;
use tenantry::service::people::create::create;
use tenantry::service::people::groups;
use tenantry::service::people::inviting::hand_over;
use tenantry::service::people::locations::{self, Limit};
use tenantry::service::people::standing::disable;

use super::desk::{Desk, nameless, verified};

#[tokio::test(flavor = "multi_thread")]
async fn two_who_arrange_one_group_at_once_both_find_their_permission_in_it() {
    let desk = Desk::set().await;
    let group = desk.t.group(&desk.acme, "Payers", &[("orders:read", false), ("orders:pay", false)]).await;
    let empty = desk.t.group(&desk.acme, "New", &[]).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    let (one, other) = tokio::join!(groups::permit(&acting, &empty.id, "orders:read"), groups::permit(&acting, &empty.id, "orders:pay"));
    one.unwrap().unwrap();
    other.unwrap().unwrap();
    let (one, other) =
        tokio::join!(groups::forbid(&acting, &group.id, "orders:read"), groups::permit(&acting, &group.id, "tenantry:people"));
    one.unwrap().unwrap();
    other.unwrap().unwrap();

    let names = async |id| {
        let group = desk.t.app.store.read(async |r| r.group(&desk.acme.id, id).await).await.unwrap().unwrap();
        group.permissions.into_iter().map(|permission| permission.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&empty.id).await, ["orders:pay", "orders:read"]);
    assert_eq!(names(&group.id).await, ["orders:pay", "tenantry:people"]);
    assert_eq!(groups::forbid(&acting, &group.id, "orders:read").await.unwrap(), Err(Refusal::NotNow), "the slower one is told");
    assert_eq!(groups::permit(&acting, &group.id, "orders:pay").await.unwrap(), Err(Refusal::NotNow));
    let shown = groups::seen(&group);
    groups::edit(&acting, &group.id, &shown, "Lectors", (false, false)).await.unwrap().unwrap();
    let slower = groups::edit(&acting, &group.id, &shown, "Payers", (true, true)).await.unwrap();
    assert_eq!(slower, Err(Refusal::Meanwhile), "and changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn s37_whoever_is_limited_to_locations_gives_no_others_and_lifts_nobodys_limit() {
    let desk = Desk::set().await;
    let admin = desk.scope(&desk.marie.id, &desk.acme).await;
    let marie = desk.acting(&admin);
    let bern = locations::create(&marie, "Bern", None).await.unwrap().unwrap();
    let zug = locations::create(&marie, "Zug", None).await.unwrap().unwrap();
    let clerk = desk.clerk("carl", &["tenantry:people", "tenantry:locations"]).await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    let free = desk.t.member(&desk.acme, "fred@acme.example").await;
    let wide = desk.create(nameless()).await.unwrap();
    for (person, place) in [(&clerk.id, &bern), (&anna.id, &bern)] {
        locations::limit(&marie, person, &Limit::To(place.clone())).await.unwrap().unwrap();
    }
    let scope = desk.scope(&clerk.id, &desk.acme).await;
    let carl = desk.acting(&scope);

    for step in [Limit::To(zug.clone()), Limit::NotTo(zug.clone()), Limit::Lift(bern.clone())] {
        assert_eq!(locations::limit(&carl, &anna.id, &step).await.unwrap(), Err(Refusal::NotHeld), "{step:?}");
    }
    assert_eq!(locations::limit(&carl, &free.id, &Limit::To(bern.clone())).await.unwrap(), Err(Refusal::NotHeld), "takes the others away");
    assert_eq!(locations::delete(&carl, &zug).await.unwrap(), Err(Refusal::NotHeld));
    assert_eq!(locations::change(&carl, &zug, "Zürich", None).await.unwrap(), Err(Refusal::NotHeld));
    assert_eq!(hand_over(&carl, &wide.person).await.unwrap().err(), Some(Refusal::NotHeld), "the link would open all of them");
    let made = create(&carl, verified("nora@acme.example")).await.unwrap().unwrap();
    let places = desk.t.app.store.read(async |r| r.locations_of_membership(&made.membership).await).await.unwrap();
    assert_eq!(places.iter().map(|place| &place.id).collect::<Vec<_>>(), [&bern], "whom he makes sees no more than he");
    let mut further = verified("olaf@acme.example");
    further.locations = Some(vec![zug]);
    assert_eq!(create(&carl, further).await.unwrap().err(), Some(Refusal::NotHeld));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_location_is_lifted_on_purpose_alone() {
    let desk = Desk::set().await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let marie = desk.acting(&scope);
    let bern = locations::create(&marie, "Bern", None).await.unwrap().unwrap();
    let zug = locations::create(&marie, "Zug", None).await.unwrap().unwrap();
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    for place in [&bern, &zug] {
        locations::limit(&marie, &anna.id, &Limit::To(place.clone())).await.unwrap().unwrap();
    }

    let (one, other) = (Limit::NotTo(bern.clone()), Limit::NotTo(zug.clone()));
    let both = tokio::join!(locations::limit(&marie, &anna.id, &one), locations::limit(&marie, &anna.id, &other));

    let outcomes = [both.0.unwrap(), both.1.unwrap()];
    assert!(outcomes.contains(&Ok(())) && outcomes.contains(&Err(Refusal::Meanwhile)), "{outcomes:?}");
    assert!(desk.membership(&anna.id, &desk.acme).await.limited_to_locations, "s41: nobody opened the others");
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_a_home_disables_nobody_who_is_another_tenants_last_administrator() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    desk.t.guest(&desk.globex, &anna).await;
    desk.db_admin(&anna.id, &desk.globex).await;
    let gil = desk.membership(&desk.gil.id, &desk.globex).await;
    desk.t.app.store.write(async |w| w.set_admin(&gil.id, false).await).await.unwrap();
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;

    assert_eq!(disable(&desk.acting(&scope), &anna.id).await.unwrap(), Err(Refusal::LastAdmin));
    desk.db_admin(&desk.gil.id, &desk.globex).await;
    disable(&desk.acting(&scope), &anna.id).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_a_home_disables_nobody_who_becomes_another_tenants_last_administrator_meanwhile() {
    let desk = Desk::set().await;
    let anna = desk.t.member(&desk.acme, "anna@acme.example").await;
    let guest = desk.t.guest(&desk.globex, &anna).await;
    let gil = desk.membership(&desk.gil.id, &desk.globex).await;
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);
    let (made, is_made) = tokio::sync::oneshot::channel();
    let make = desk.t.app.store.write(async |w| {
        w.hold_tenant(&desk.globex.id).await?;
        w.set_admin(&guest.id, true).await?;
        assert!(w.has_other_admin(&desk.globex.id, &gil.id).await?);
        w.set_admin(&gil.id, false).await?;
        made.send(()).unwrap();
        // Long enough for the other one to reach the row.
        for _ in 0..100 {
            w.person(&desk.gil.id).await?;
        }
        Ok(())
    });
    let disable = async {
        is_made.await.unwrap();
        disable(&acting, &anna.id).await.unwrap()
    };

    let (made, disabled) = tokio::join!(make, disable);

    made.unwrap();
    assert!(matches!(disabled, Err(Refusal::LastAdmin | Refusal::Meanwhile)), "{disabled:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn i10_two_homes_that_disable_each_others_last_administrators_leave_one() {
    let desk = Desk::set().await;
    let (anna, bea) = (desk.t.member(&desk.acme, "anna@acme.example").await, desk.t.member(&desk.acme, "bea@acme.example").await);
    let gil = desk.membership(&desk.gil.id, &desk.globex).await;
    for person in [&anna, &bea] {
        desk.t.join(person, &desk.globex, MembershipKind::Guest).await;
        desk.db_admin(&person.id, &desk.globex).await;
    }
    desk.t.app.store.write(async |w| w.set_admin(&gil.id, false).await).await.unwrap();
    let scope = desk.scope(&desk.marie.id, &desk.acme).await;
    let acting = desk.acting(&scope);

    let (one, other) = tokio::join!(disable(&acting, &anna.id), disable(&acting, &bea.id));

    let outcomes = [one.unwrap(), other.unwrap()];
    assert!(outcomes.contains(&Ok(())) && outcomes.contains(&Err(Refusal::LastAdmin)), "{outcomes:?}");
}
