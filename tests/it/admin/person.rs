//! One person.
use tenantry::model::{Locale, MembershipKind, MembershipState, ProfileField};
use tenantry::policy::presets::Preset;
use tenantry::service::people::NewUsername;

use super::{names, office, tamper, visitor};
use crate::harness::tenantry::Tenantry;
use crate::rights::doors::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn k4_i13_people_of_other_tenants_are_not_there() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Konfipay).await;
    let globex = t.tenant("globex").await;
    let foreign = t.member(&globex, "gil@globex.example").await;

    for below in ["", "/invite", "/convert", "/disable", "/remove", "/locations", "/why"] {
        browser.goto(format!("/admin/acme/people/{}{below}", foreign.id)).await;
        assert_eq!(browser.page().status, 404, "{below}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k9_k10_names_are_changed_and_the_address_is_only_shown() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
    assert!(!browser.has("#email"));
    assert_eq!(browser.text("#person-email"), "bodo@acme.example");

    browser.fill("#first-name", "Bodo Maria").submit("#names-save").await;

    assert!(browser.has("#done"));
    browser.goto("/admin/acme/people?q=maria").await;
    assert_eq!(names(&browser), ["Bodo Maria Example"], "found by the new name");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_of_somebody_is_changed_where_the_rules_say_so() {
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| policy.profile_admin_editable = [ProfileField::Locale].into()).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;

    for locale in Locale::ALL {
        browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
        assert!(!browser.has("#first-name"));
        browser.fill("#language", &locale.to_string()).submit("#names-save").await;
        assert!(browser.has("#done"), "{locale}");
        let person = t.app.store.read(async |r| r.person(&bodo.id).await).await.unwrap().unwrap();
        assert_eq!((person.locale, person.first_name.as_str()), (*locale, "Bodo"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s4_s6_s12_i19_nobody_edits_himself_and_under_saferpay_no_names() {
    let t = Tenantry::start().await;
    let (acme, anna, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;

    browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
    assert!(!browser.has("#names-save") && browser.has("#deed-disable") && !browser.has("#deed-remove"), "disabled, never removed");
    browser.goto(format!("/admin/acme/people/{}", anna.id)).await;
    assert!(!browser.has("#deeds") && !browser.has("#names-save"));
    browser.goto(format!("/admin/acme/people/{}/disable", anna.id)).await;
    browser.submit("#confirm").await;
    assert_eq!(browser.page().status, 403);
    assert!(browser.has("#error[data-kind=oneself]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn i19_names_and_addresses_that_the_rules_keep_to_their_owner_are_refused_as_a_matter_of_rights() {
    for (preset, along) in [(Preset::Saferpay, None), (Preset::Konfipay, Some("mine@acme.example")), (Preset::Promio, Some("x"))] {
        let t = Tenantry::start().await;
        let (acme, _, mut browser) = office(&t, preset).await;
        let bodo = t.member(&acme, "bodo@acme.example").await;
        browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
        let mut form = browser.form("#sign-out");
        form.action.set_path(&format!("/admin/acme/people/{}", bodo.id));
        let sent = [("first_name", Some("Changed")), ("last_name", Some("Changed")), ("email", along)];
        form.fields.extend(sent.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))));

        browser.send(form).await;

        assert_eq!(browser.page().status, 403, "{preset}");
        let row = t.app.store.read(async |r| r.person(&bodo.id).await).await.unwrap().unwrap();
        assert_eq!((row.name().as_str(), row.email.unwrap().as_str()), ("Bodo Example", "bodo@acme.example"), "{preset}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s9_s15_somebody_is_deactivated_and_activated_again() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let mut his = signed_in(&t, &bodo).await;

    browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
    browser.follow("#deed-disable").await;
    browser.submit("#confirm").await;

    assert!(browser.has(".status-deactivated"));
    his.goto("/account").await;
    assert_eq!(his.path(), "/login", "the session is over");
    browser.follow("#deed-enable").await;
    browser.submit("#confirm").await;
    assert!(browser.has(".status-active"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k16_s11_groups_are_added_and_taken_away() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    for name in ["Accounting", "Payments"] {
        t.group(&acme, name, &[]).await;
    }
    browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
    for _ in 0..2 {
        browser.submit("#group-add").await;
    }
    assert_eq!(browser.page().texts("#person-groups li > bdi").len(), 2);

    browser.submit("#person-groups li:first-child button").await;

    assert_eq!(browser.text("#person-groups li > bdi"), "Payments");
}

#[tokio::test(flavor = "multi_thread")]
async fn c28_the_account_of_a_guest_is_the_business_of_the_home() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let guest = visitor(&t, &acme, "zoe@elsewhere.example").await;

    browser.goto(format!("/admin/acme/people/{}", guest.id)).await;

    for deed in ["unlock", "convert", "api-on"] {
        assert!(!browser.has(&format!("#deed-{deed}")), "{deed}");
    }
    browser.goto(format!("/admin/acme/people/{}/api-on", guest.id)).await;
    browser.submit("#confirm").await;
    assert_eq!(browser.page().status, 403);
    assert!(browser.has("#error[data-kind=other_home]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k35_s3_api_access_and_administrators_are_made_and_unmade() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
    for (deed, text, shown) in
        [("api-on", "#person-api", "On"), ("api-off", "#person-api", "Off"), ("admin", ".lead .badge-brand", "Administrator")]
    {
        browser.follow(&format!("#deed-{deed}")).await;
        browser.submit("#confirm").await;
        assert_eq!(browser.text(text), shown, "{deed}");
    }
    let mut his = signed_in(&t, &bodo).await;
    his.goto("/admin/acme/people").await;
    assert_eq!(his.page().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn i08_nobody_gives_a_group_that_permits_more_than_he_holds() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Konfipay).await;
    let clerk = t.member(&acme, "clara@acme.example").await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let clerks = t.group(&acme, "Clerks", &[("tenantry:people", false)]).await;
    let payers = t.group(&acme, "Payers", &[("pay:write", false)]).await;
    t.put_into(&clerks, &clerk).await;
    let mut browser = signed_in(&t, &clerk).await;
    browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
    assert_eq!(browser.page().texts("#group option"), ["Clerks"], "others are not offered");

    tamper(&mut browser, "#group-add", "group", payers.id.as_str()).await;

    assert_eq!(browser.page().status, 403);
    assert!(browser.has("#error[data-kind=not_held]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s37_s39_s41_somebody_is_limited_to_locations_found_by_name() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;
    for (name, website) in [("Berlin", "berlin.example"), ("Munich", "")] {
        browser.goto("/admin/acme/locations/new").await;
        browser.fill("#name", name).fill("#website", website).submit("#location-save").await;
    }
    assert_eq!(names(&browser), ["Berlin", "Munich"]);
    browser.goto(format!("/admin/acme/people/{}/locations?q=berlin.ex", bodo.id)).await;
    assert_eq!(browser.page().texts("#places-found li > bdi"), ["Berlin"]);

    browser.submit("#places-found button").await;
    browser.follow("#places-done").await;
    assert_eq!(browser.page().texts("#person-locations bdi"), ["Berlin"]);

    browser.follow("#locations-change").await;
    browser.submit("#places-chosen button").await;
    assert!(browser.has("#places-all"), "none set is all");
}

#[tokio::test(flavor = "multi_thread")]
async fn s43_where_the_operator_arranges_locations_the_tenant_only_sees_them() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;

    browser.goto("/admin/acme/locations").await;
    assert!(!browser.has("#location-new"));
    browser.goto("/admin/acme/locations/new").await;
    assert_eq!(browser.page().status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn s28_the_reset_link_goes_to_the_persons_own_mailbox() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;

    browser.follow("#deed-reset").await;
    browser.submit("#confirm").await;

    assert!(browser.has("#done") && !browser.has("#link"), "nobody else sees it");
    t.mailbox.link(&bodo.email).await;
    assert!(browser.has(".status-active"), "s30: the status stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_an_invited_stranger_is_an_address_and_stays_one_when_the_membership_is_disabled() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let elsewhere = t.tenant("elsewhere").await;
    let nils = t.member(&elsewhere, "nils@elsewhere.example").await;
    signed_in(&t, &nils).await;
    t.join_with(&nils, &acme, MembershipKind::Guest, |new| new.state = MembershipState::Invited).await;

    for step in ["invited", "disabled"] {
        browser.goto(format!("/admin/acme/people/{}", nils.id)).await;
        assert_eq!(browser.page().status, 200);
        assert!(!browser.page().body.contains("Nils"), "{step}: {}", browser.page());
        browser.goto(format!("/admin/acme/people/{}/disable", nils.id)).await;
        browser.submit("#confirm").await;
    }
    let membership = t.app.store.read(async |r| r.membership(&nils.id, &acme.id).await).await.unwrap();
    assert_eq!(membership.map(|m| m.state), Some(MembershipState::Disabled));
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_of_an_invited_stranger_no_page_table_or_figure_tells_more_than_the_address() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let elsewhere = t.tenant("elsewhere").await;
    let nils = t
        .person_with("n7@elsewhere.example", |new| {
            (new.first_name, new.last_name, new.locale) = ("Nils".to_owned(), "Holm".to_owned(), Locale::De);
            new.username = Some(NewUsername { tenant: elsewhere.id.clone(), name: Some("nholm".to_owned()) });
        })
        .await;
    t.join(&nils, &elsewhere, MembershipKind::Home).await;
    t.join_with(&nils, &acme, MembershipKind::Guest, |new| new.state = MembershipState::Invited).await;
    let group = t.group(&acme, "Payers", &[]).await;
    t.put_into(&group, &nils).await;
    browser.goto(format!("/admin/acme/people/{}/invite", nils.id)).await;
    browser.submit("#invite-send").await;
    t.app.store.write(async |w| w.disable_person(&nils.id, false, t.now()).await).await.unwrap();

    let id = &nils.id;
    let pages = [
        "people".to_owned(),
        "people?status=invited".to_owned(),
        "people?q=n7".to_owned(),
        format!("people?group={}", group.id),
        "people?guest=yes".to_owned(),
        format!("people/{id}"),
        format!("people/{id}/disable"),
        format!("groups/{}", group.id),
        "audit".to_owned(),
        format!("audit?who={id}"),
        "audit?who=n7%40elsewhere.example".to_owned(),
        "policies".to_owned(),
        String::new(),
        "people/export".to_owned(),
    ];
    for page in &pages {
        browser.goto(format!("/admin/acme/{page}").trim_end_matches('/')).await;
        assert_eq!(browser.page().status, 200, "{page}");
        let body = &browser.page().body;
        assert!(!["Nils", "Holm", "nholm"].iter().any(|secret| body.contains(secret)), "{page}: {body}");
    }
    for search in ["nils", "holm", "nholm"] {
        browser.goto(format!("/admin/acme/people?q={search}")).await;
        assert!(!browser.has(".list tbody th a"), "{search}");
        browser.goto(format!("/admin/acme/audit?who={search}")).await;
        assert!(!browser.has("tbody tr"), "{search}");
    }
    browser.goto("/admin/acme/people?status=deactivated").await;
    assert!(!browser.has(".list tbody th a"), "that the account is disabled is not told");
    let figures = t.app.store.read(async |r| r.tenant_figures(&acme.id, None, t.now()).await).await.unwrap();
    assert_eq!((figures.invited, figures.deactivated), (1, 0));
}
