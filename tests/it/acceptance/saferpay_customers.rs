//! Saferpay: one person of several customers (people.md S47 to S51).
use tenantry::model::{MembershipKind, Tenant};
use tenantry::policy::presets::Preset;

use super::{describe, status};
use crate::admin::{names, office};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;
use crate::operator::at_work;
use crate::rights::doors::signed_in;

async fn customer(t: &Tenantry, slug: &str) -> Tenant {
    t.tenant_with(slug, |policy| *policy = Preset::Saferpay.policy()).await
}

/// Signs somebody in for an application and chooses a customer; gives the handle that the tokens name.
async fn enters(t: &Tenantry, who: &Someone, tenant: &Tenant) -> String {
    let party = t.party().await;
    let request = party.authorize(&["openid", "tenant"], &[]);
    let mut browser = t.browser();
    browser.goto(request.url.as_str()).await;
    t.sign_in(&mut browser, who).await;
    browser.submit(&format!("#tenant-{}", tenant.slug)).await;
    let code = party.landed(&request, browser.landing()).code();
    party.exchange(&request, &code).await.unwrap().claims["tenant"].as_str().unwrap().to_owned()
}

/// The numbers and names of the page that lists one's own accounts.
fn accounts(browser: &Browser) -> Vec<String> {
    browser.page().texts("main tbody td[data-label='Number'] bdi")
}

#[tokio::test(flavor = "multi_thread")]
async fn s47_two_single_accounts_are_merged_into_one_with_access_to_both_customers() {
    let t = Tenantry::start().await;
    let (acme, globex) = (customer(&t, "acme").await, customer(&t, "globex").await);
    let (one, two) = (t.member(&acme, "anna@acme.example").await, t.member(&globex, "a.berg@globex.example").await);
    t.admin(&globex, "boss@globex.example").await;
    let mut support = at_work(&t).await;
    support.goto(format!("/operator/people/{}", one.id)).await;
    support.follow("#deed-merge").await;

    support.fill("#other", &two.email).submit("#merge-look").await;
    support.submit("#confirm").await;

    assert!(support.has("#done"), "{}", support.page());
    t.mailbox.everything().await;
    for tenant in [&acme, &globex] {
        assert_eq!(enters(&t, &one, tenant).await, tenant.slug);
    }
    let mut gone = t.browser();
    assert_eq!(crate::admin::knock(&mut gone, &two.email, crate::harness::world::PASSWORD).await, 401, "one account remains");
}

#[tokio::test(flavor = "multi_thread")]
async fn s48_an_address_of_another_merchant_links_the_account_that_is_there() {
    let t = Tenantry::start().await;
    let (_, _, mut office) = office(&t, Preset::Saferpay).await;
    let globex = customer(&t, "globex").await;
    let gil = t.member(&globex, "gil@globex.example").await;

    describe(&mut office, "Gil@globex.example").await.submit("#person-create").await;

    assert_eq!(status(&mut office, "gil").await, "active", "nothing has to be accepted");
    let told = t.mailbox.letter(&gil.email).await;
    assert_eq!(told.subject, "You now belong to Acme");
    for slug in ["acme", "globex"] {
        let tenant = t.app.store.read(async |r| r.tenant_by_handle(slug).await).await.unwrap().unwrap();
        assert_eq!(enters(&t, &gil, &tenant).await, slug);
    }
    office.goto("/admin/acme/people?q=gil").await;
    assert_eq!(names(&office), ["Gil Example"], "the name in the form changes nobody's");
}

#[tokio::test(flavor = "multi_thread")]
async fn s49_the_number_in_the_header_leads_to_all_linked_accounts_and_one_of_them_is_chosen() {
    let t = Tenantry::start().await;
    let (acme, anna, mut browser) = office(&t, Preset::Saferpay).await;
    let (globex, initech) = (customer(&t, "globex").await, customer(&t, "initech").await);
    customer(&t, "strangers").await;
    for tenant in [&globex, &initech] {
        t.guest(tenant, &anna).await;
    }
    let bo = t.member(&acme, "bo@acme.example").await;
    t.guest(&globex, &bo).await;
    let mut his = signed_in(&t, &bo).await;
    his.goto("/account").await;
    assert!(["N-acme", "N-globex"].contains(&his.text(".bar .bar-door .bar-number").as_str()), "who administers nothing sees one, too");
    his.follow(".bar .bar-door").await;
    assert_eq!((his.path(), accounts(&his).len()), ("/account/tenants", 2));
    browser.goto("/admin/acme").await;
    assert_eq!(browser.text(".bar .bar-door .bar-number"), acme.number);

    browser.follow(".bar .bar-door").await;

    assert_eq!(browser.path(), "/account/tenants");
    let mut listed = accounts(&browser);
    listed.sort();
    assert_eq!(listed, ["N-acme", "N-globex", "N-initech"]);
    let party = t.party().await;
    for tenant in [&globex, &acme, &initech] {
        browser.goto("/account/tenants").await;
        browser.submit(&format!("#enter-{}", tenant.id)).await;
        let (_, tokens) = t.log_in(&mut browser, &party, &anna, &["openid", "tenant"]).await;
        assert_eq!(tokens.claims["tenant"], tenant.slug, "without signing in again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s50_the_administrators_alias_is_seen_in_the_header_and_in_every_list_to_choose_from() {
    let t = Tenantry::start().await;
    let (acme, anna, mut browser) = office(&t, Preset::Saferpay).await;
    let globex = customer(&t, "globex").await;
    let bo = t.member(&acme, "bo@acme.example").await;
    let second = t.admin(&acme, "second@acme.example").await;
    for who in [&anna, &bo] {
        t.join(who, &globex, MembershipKind::Guest).await;
    }
    browser.goto("/admin/acme/branding").await;

    browser.fill("#alias", "Shop Zurich").submit("#branding-save").await;

    for admin in [&anna, &second] {
        let mut screen = signed_in(&t, admin).await;
        screen.goto("/admin/acme").await;
        assert_eq!((screen.text(".bar-name"), screen.text(".bar-door .bar-number")), ("Shop Zurich".to_owned(), acme.number.clone()));
    }
    let mut his = signed_in(&t, &bo).await;
    for (tenant, shown) in [(&globex, "Globex"), (&acme, "Shop Zurich")] {
        his.goto("/account/tenants").await;
        his.submit(&format!("#enter-{}", tenant.id)).await;
        his.goto("/account").await;
        assert_eq!((his.text(".bar-name"), his.text(".bar-door .bar-number")), (shown.to_owned(), tenant.number.clone()), "users, too");
    }
    his.goto("/account/tenants").await;
    assert!(his.page().texts("main tbody th").contains(&"Shop Zurich".to_owned()));
    let party = t.party().await;
    his.goto(party.authorize(&["openid"], &[("prompt", "select_tenant")]).url.as_str()).await;
    assert!(his.page().texts(".choice-name").contains(&"Shop Zurich".to_owned()), "{}", his.page());
}

#[tokio::test(flavor = "multi_thread")]
async fn s51_a_merchant_whose_people_belong_to_several_is_asked_for_an_alias_by_itself() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let (globex, alone) = (customer(&t, "globex").await, customer(&t, "alone").await);
    let bo = t.member(&acme, "bo@acme.example").await;
    let lone = t.admin(&alone, "lone@alone.example").await;
    browser.goto("/admin/acme/branding").await;
    assert!(!browser.has("#shared"));

    t.join(&bo, &globex, MembershipKind::Guest).await;

    browser.goto("/admin/acme/branding").await;
    assert!(browser.has("#shared"), "nobody had to turn it on");
    let mut other = signed_in(&t, &lone).await;
    other.goto("/admin/alone/branding").await;
    assert!(!other.has("#shared"), "who is not affected is not asked");
}
