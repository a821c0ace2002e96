//! Saferpay: locations (people.md S37 to S46).
use serde_json::{Value, json};
use tenantry::model::{ConsentMode, Location, LocationId, MembershipKind, Tenant};
use tenantry::policy::presets::Preset;

use super::{BO, FIRST, describe, move_in, page_of, someone, told};
use crate::admin::{office, place};
use crate::grants::claims;
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;
use crate::operator::at_work;

const SCOPES: [&str; 2] = ["openid", "locations"];

/// The administrator limits somebody to these, one after the other.
async fn limit(office: &mut Browser, who: &Someone, places: &[&Location]) {
    office.goto(format!("{}/locations", page_of(who))).await;
    for place in places {
        office.submit(&format!("#place-add-{}", place.id)).await;
        assert_eq!(office.page().status, 200, "{}", office.page());
    }
}

fn only(places: &[&Location]) -> Value {
    let mut ids: Vec<String> = places.iter().map(|place| place.id.to_string()).collect();
    ids.sort();
    json!(ids)
}

/// A location with a web site, whose address nobody here knows.
async fn shop(t: &Tenantry, tenant: &Tenant, name: &str, website: &str) -> Location {
    let id = LocationId::generate(t.now(), &*t.app.entropy);
    let shop = Location { id, tenant: tenant.id.clone(), name: name.to_owned(), website: Some(website.to_owned()) };
    t.app.store.write(async |w| w.insert_location(&shop).await).await.unwrap();
    shop
}

#[tokio::test(flavor = "multi_thread")]
async fn s37_the_limit_stands_in_everything_that_an_application_acts_and_shows_by() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let (bern, _) = (place(&t, &acme, "Bern").await, place(&t, &acme, "Zug").await);
    limit(&mut office, &bo, &[&bern]).await;
    let party = t.party().await;

    let (_, tokens) = t.log_in(&mut t.browser(), &party, &bo, &SCOPES).await;

    for said in [tokens.claims.clone(), claims(&tokens.access), party.userinfo(&tokens.access).await.unwrap()] {
        assert_eq!((&said["locations"], said.get("locations_all")), (&only(&[&bern]), None), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s38_a_box_in_the_form_of_a_new_user_switches_the_limit_on() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let bern = place(&t, &acme, "Bern").await;
    describe(&mut office, "eva@acme.example").await.submit("#person-create").await;
    assert!(office.has("#everywhere"), "not ticked");

    describe(&mut office, BO).await.tick("#limited").submit("#person-create").await;

    let bo = someone(&t, BO).await;
    assert_eq!(office.path(), format!("{}/locations", page_of(&bo)), "the locations come next");
    office.submit(&format!("#place-add-{}", bern.id)).await;
    office.follow("#places-done").await;
    assert_eq!((office.path(), office.page().texts("#person-locations bdi")), (page_of(&bo).as_str(), vec!["Bern".to_owned()]));
    move_in(&t, &t.mailbox.link(BO).await, FIRST).await;
    assert_eq!(told(&t, &t.party().await, &bo, &SCOPES).await["locations"], only(&[&bern]));
}

#[tokio::test(flavor = "multi_thread")]
async fn s39_locations_are_found_by_name_or_website_and_not_by_address() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    place(&t, &acme, "Bern").await;
    shop(&t, &acme, "Shop Two", "berner-laden.example").await;
    shop(&t, &acme, "Zug", "zug.example").await;

    for (search, found) in
        [("bern", vec!["Bern", "Shop Two"]), ("SHOP", vec!["Shop Two"]), ("zug.example", vec!["Zug"]), ("Bahnhofstrasse+1", vec![])]
    {
        office.goto(format!("{}/locations", page_of(&bo))).await;
        assert_eq!(office.text("label[for=q]"), "Search by name or website");
        office.goto(format!("{}/locations?q={search}", page_of(&bo))).await;
        assert_eq!(office.page().texts("#places-found li > bdi"), found, "{search}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s41_whoever_has_no_location_set_has_access_to_all() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let (bern, party) = (place(&t, &acme, "Bern").await, t.party().await);

    let fresh = told(&t, &party, &bo, &SCOPES).await;
    limit(&mut office, &bo, &[&bern]).await;
    let limited = told(&t, &party, &bo, &SCOPES).await;
    office.submit("#places-chosen button").await;
    assert!(office.has("#places-all"));
    let lifted = told(&t, &party, &bo, &SCOPES).await;

    for all in [&fresh, &lifted] {
        assert_eq!((&all["locations_all"], all.get("locations")), (&json!(true), None));
    }
    assert_eq!((limited.get("locations_all"), &limited["locations"]), (None, &only(&[&bern])));
}

#[tokio::test(flavor = "multi_thread")]
async fn s42_the_permission_is_tied_to_the_location_and_not_to_what_hangs_below_it() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let (bern, party) = (shop(&t, &acme, "Bern", "bern.example").await, t.party().await);
    limit(&mut office, &bo, &[&bern]).await;
    let before = told(&t, &party, &bo, &SCOPES).await;

    // The place gets another name and site, and terminals come and go: all that an application keeps under its id.
    let renamed = Location { name: "Biel".to_owned(), website: None, ..bern.clone() };
    t.app.store.write(async |w| w.change_location(&renamed).await).await.unwrap();
    let after = told(&t, &party, &bo, &SCOPES).await;
    t.app.store.write(async |w| w.delete_location(&acme.id, &bern.id).await).await.unwrap();
    let gone = told(&t, &party, &bo, &SCOPES).await;

    assert_eq!((&before["locations"], &after["locations"]), (&only(&[&bern]), &only(&[&bern])), "ids, and nothing else");
    assert_eq!((gone.get("locations"), gone.get("locations_all")), (None, None), "a place that is gone never means all");
}

#[tokio::test(flavor = "multi_thread")]
async fn s45_users_of_several_customers_are_not_limited_neither_later_nor_while_they_are_added() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let globex = t.tenant_with("globex", |policy| *policy = Preset::Saferpay.policy()).await;
    let (bo, gil) = (t.member(&acme, "bo@acme.example").await, t.member(&globex, "gil@globex.example").await);
    t.join(&bo, &globex, MembershipKind::Guest).await;
    let bern = place(&t, &acme, "Bern").await;
    describe(&mut office, &gil.email).await.tick("#limited").submit("#person-create").await;

    for who in [&bo, &gil] {
        office.goto(format!("{}/locations", page_of(who))).await;
        office.submit(&format!("#place-add-{}", bern.id)).await;
        assert_eq!((office.page().status, office.page().attr("#error", "data-kind").as_str()), (422, "limited_several"), "{}", who.email);
        let seat = t.app.store.read(async |r| r.membership(&who.id, &acme.id).await).await.unwrap().unwrap();
        assert!(!seat.limited_to_locations);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s46_what_is_exempt_is_listed_by_name_and_knows_no_limit() {
    let t = Tenantry::start().await;
    let (acme, _, mut office) = office(&t, Preset::Saferpay).await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let bern = place(&t, &acme, "Bern").await;
    limit(&mut office, &bo, &[&bern]).await;
    let party = t
        .party_with(|metadata| {
            metadata.consent = ConsentMode::Implicit;
            metadata.scopes.extend(["batch".to_owned(), "refund".to_owned()]);
        })
        .await;
    let spoken = async |scopes: &[&str]| {
        let (_, tokens) = t.log_in(&mut t.browser(), &party, &bo, scopes).await;
        claims(&tokens.access)
    };
    assert_eq!(spoken(&["openid", "locations", "batch"]).await["locations"], only(&[&bern]), "nothing is exempt by itself");
    let mut operator = at_work(&t).await;
    operator.goto(format!("/operator/tenants/{}/policies/places", acme.id)).await;
    operator.fill("#locations_exempt_scopes", "batch").submit("#policy-look").await;

    operator.submit("#policy-save").await;

    assert!(operator.text("#rule-locations_exempt_scopes").contains("batch"), "listed explicitly");
    let batch = spoken(&["openid", "locations", "batch"]).await;
    assert_eq!((&batch["locations_all"], batch.get("locations")), (&json!(true), None));
    for limited in [&["openid", "locations"][..], &["openid", "locations", "batch", "refund"]] {
        let said = spoken(limited).await;
        assert_eq!((&said["locations"], said.get("locations_all")), (&only(&[&bern]), None), "{limited:?}");
    }
}
