//! konfipay: who may make people, and for which client (people.md K3 to K5).
use tenantry::model::MembershipKind;
use tenantry::policy::presets::Preset;

use super::{BO, describe, page_of, post, someone};
use crate::admin::office;
use crate::harness::tenantry::Tenantry;
use crate::operator::at_work;
use crate::rights::doors::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn k3_one_right_in_whichever_group_opens_the_form_and_no_other_does() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Konfipay).await;
    for (n, (group, right, opens)) in [
        ("Admin", "tenantry:people", true),
        ("Full access", "tenantry:people", true),
        ("Management", "tenantry:people", true),
        ("Accounting", "tenantry:audit", false),
        ("Payments", "pay:write", false),
    ]
    .into_iter()
    .enumerate()
    {
        let clerk = t.member(&acme, &format!("clerk{n}@acme.example")).await;
        let group_row = t.group(&acme, group, &[(right, false)]).await;
        t.put_into(&group_row, &clerk).await;
        let mut browser = signed_in(&t, &clerk).await;

        browser.goto("/admin/acme").await;
        assert_eq!(browser.has(".rail a[href$='/people']"), opens, "{group}: menu");
        browser.goto("/admin/acme/people/new").await;
        assert_eq!(browser.page().status, if opens { 200 } else { 403 }, "{group}: page");
        browser.goto("/account").await;
        let sent = post(&mut browser, "/admin/acme/people/new", &[("email", BO), ("tenant", acme.id.as_str())]).await;
        assert_eq!(sent, if opens { 422 } else { 403 }, "{group}: form");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k3_a_client_that_begins_as_konfipay_has_the_three_built_in_groups() {
    let t = Tenantry::start().await;
    let mut operator = at_work(&t).await;
    let tenant = |slug: &str| t.app.registered().tenants.values().find(|tenant| tenant.slug == slug).unwrap().clone();
    let groups = async |slug: &str| t.app.store.read(async |r| r.groups_of(&tenant(slug).id).await).await.unwrap();
    for preset in Preset::ALL {
        operator.goto("/operator/tenants/new").await;
        operator.fill("#name", "New client").fill("#number", preset.as_str()).fill("#slug", preset.as_str());
        operator.fill("#preset", preset.as_str()).submit("#tenant-save").await;
        assert!(operator.has("#done"), "{}", operator.page());
        assert_eq!(groups(preset.as_str()).await.len(), if *preset == Preset::Konfipay { 3 } else { 0 }, "{preset}");
    }
    let built_in = groups("konfipay").await;
    assert_eq!(built_in.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(), ["Admin", "Full access", "Management"]);

    let konfipay = tenant("konfipay");
    for (n, group) in built_in.iter().enumerate() {
        assert_eq!(group.permissions.iter().map(|held| held.name.as_str()).collect::<Vec<_>>(), ["tenantry:people"], "{}", group.name);
        let clerk = t.member(&konfipay, &format!("clerk{n}@konfipay.example")).await;
        t.put_into(group, &clerk).await;
        let mut browser = signed_in(&t, &clerk).await;
        browser.goto("/admin/konfipay/people/new").await;
        assert_eq!(browser.page().status, 200, "{}", group.name);
    }
    operator.goto(format!("/operator/tenants/{}/policies", tenant("default").id)).await;
    operator.fill("#preset", "konfipay").submit("#preset-look").await;
    operator.submit("#policy-save").await;
    assert!(operator.has("#done"), "{}", operator.page());
    assert!(groups("default").await.is_empty(), "a preset that comes later brings none");
}

#[tokio::test(flavor = "multi_thread")]
async fn k4_with_the_right_people_are_made_and_edited_in_one_client_alone() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Konfipay).await;
    let globex = t.tenant_with("globex", |policy| *policy = Preset::Konfipay.policy()).await;
    let (clara, gil) = (t.member(&acme, "clara@acme.example").await, t.member(&globex, "gil@globex.example").await);
    let clerks = t.group(&acme, "Clerks", &[("tenantry:people", false)]).await;
    t.put_into(&clerks, &clara).await;
    let mut browser = signed_in(&t, &clara).await;

    describe(&mut browser, BO).await.fill("#group", clerks.id.as_str()).submit("#person-create").await;
    let bo = someone(&t, BO).await;
    browser.goto(page_of(&bo)).await;
    browser.fill("#last-name", "Borg").submit("#names-save").await;
    assert!(browser.has("#done"), "{}", browser.page());

    for below in ["", "/groups/add", "/invite", "/disable", "/reset", "/remove", "/api-on"] {
        browser.goto("/account").await;
        let fields: &[(&str, &str)] = if below.is_empty() { &[("first_name", "Evil"), ("last_name", "Evil")] } else { &[] };
        assert_eq!(post(&mut browser, &format!("{}{below}", page_of(&gil)), fields).await, 404, "{below}");
    }
    for elsewhere in ["/admin/globex/people", "/admin/globex/people/new"] {
        browser.goto(elsewhere).await;
        assert_eq!(browser.page().status, 404, "{elsewhere}");
    }
    let row = t.app.store.read(async |r| r.person(&gil.id).await).await.unwrap().unwrap();
    assert_eq!(row.name(), "Gil Example");
}

#[tokio::test(flavor = "multi_thread")]
async fn k5_the_form_makes_people_where_it_says_whatever_another_tab_opened_meanwhile() {
    let t = Tenantry::start().await;
    let (acme, anna, mut browser) = office(&t, Preset::Konfipay).await;
    let globex = t.tenant_with("globex", |policy| *policy = Preset::Konfipay.policy()).await;
    t.join_with(&anna, &globex, MembershipKind::Guest, |new| new.admin = true).await;
    describe(&mut browser, BO).await;
    let shown = browser.text("#person-tenant");
    assert!(shown.contains("Acme") && shown.contains(&acme.number), "{shown}");
    let mut tab = browser.clone();
    tab.goto("/account/tenants").await;
    tab.submit(&format!("#enter-{}", globex.id)).await;
    tab.goto("/admin/globex/people/new").await;
    assert!(tab.text("#person-tenant").contains("Globex"));

    browser.submit("#person-create").await;

    let bo = someone(&t, BO).await;
    let places = t.app.store.read(async |r| r.memberships_of(&bo.id).await).await.unwrap();
    assert_eq!(places.iter().map(|place| &place.tenant).collect::<Vec<_>>(), [&acme.id]);
}
