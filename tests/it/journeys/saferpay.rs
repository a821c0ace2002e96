//! Under the preset saferpay: somebody without e-mail gets a sheet, is locked out and let in again; roles; two customers.
use tenantry::policy::presets::Preset;

use super::desk::{CHOSEN, at, move_in};
use crate::harness::chromium::{self, Chromium};
use crate::harness::tenantry::Tenantry;

/// Ten wrong passwords, typed elsewhere.
async fn locks(t: &Tenantry, name: &str) {
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    for _ in 0..10 {
        browser.fill("#identifier", name).fill("#password", "wrong").submit("#login-submit").await;
    }
}

/// S19, S20, S22: the link is handed over on paper. Gives the user name.
async fn hands_over(t: &Tenantry, office: &mut Chromium) -> String {
    office.look("without-email").await;
    office.fill("#first-name", "Bo").await;
    office.fill("#last-name", "Berg").await;
    office.click("#person-create").await;
    let link = office.text("#link").await;
    office.look("sheet").await;
    office.click("#sheet-done").await;
    let name = office.text("#person-username").await;
    let mut bo = Chromium::open("saferpay").await;
    move_in(&mut bo, &link, "activation").await;
    bo.goto(t.url("/account")).await;
    types(&bo, &name).await;
    bo.see("#my-account").await;
    bo.look("account").await;
    bo.close().await;
    name
}

async fn types(browser: &Chromium, name: &str) {
    browser.fill("#identifier", name).await;
    browser.fill("#password", CHOSEN).await;
    browser.click("#login-submit").await;
}

/// S14, S16, S34: locked by failures, unlocked by the administrator.
async fn is_unlocked(t: &Tenantry, office: &mut Chromium, name: &str) {
    locks(t, name).await;
    let mut bo = Chromium::open("saferpay-locked").await;
    bo.goto(t.url("/account")).await;
    types(&bo, name).await;
    bo.see("#error[data-kind=paused]").await;
    bo.look("paused").await;
    office.goto(t.url("/admin/acme/people?status=locked")).await;
    office.see(".status-locked").await;
    office.look("locked").await;
    office.click(".list tbody th a").await;
    office.look("person").await;
    office.click("#deed-unlock").await;
    office.look("unlock").await;
    office.click("#confirm").await;
    office.see(".status-active").await;
    types(&bo, name).await;
    bo.see("#my-account").await;
    bo.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn saferpay_a_sheet_a_lock_the_roles_and_two_customers() {
    if !chromium::is_there() {
        return;
    }
    let t = Tenantry::start().await;
    let acme = t.tenant_with("acme", |policy| *policy = Preset::Saferpay.policy()).await;
    let globex = t.tenant_with("globex", |policy| *policy = Preset::Saferpay.policy()).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    t.guest(&globex, &anna).await;
    t.group(&acme, "Cashiers", &[("tx:read", false), ("tx:credit", true)]).await;
    t.group(&acme, "Reporting", &[("tx:read", false)]).await;

    let mut office = at(&t, "saferpay-office", "anna@acme.example", "/admin/acme/people/new?kind=unverified").await;
    office.see("#person-form").await;
    super::desk::choose(&office, "#group", &group_named(&office, "Reporting").await).await;
    let name = hands_over(&t, &mut office).await;
    is_unlocked(&t, &mut office, &name).await;

    office.goto(t.url("/admin/acme/permissions")).await;
    office.look("roles").await;
    let roles = office.text("main").await;
    office.goto(t.url("/admin/acme/branding")).await;
    office.fill("#alias", "Shop Zurich").await;
    office.click("#branding-save").await;
    office.see("#done").await;
    office.click(".bar-door").await;
    office.see(&format!("#enter-{}", globex.id)).await;
    office.look("customers").await;
    let customers = office.text("main").await;
    office.click(&format!("#enter-{}", globex.id)).await;
    office.see("#done").await;

    assert!(roles.contains("Cashiers") && roles.contains("tx:credit"), "{roles}");
    assert!(customers.contains("Shop Zurich") && customers.contains("N-globex"), "{customers}");
    office.close().await;
}

/// The value of a group in the list of the form.
async fn group_named(office: &Chromium, name: &str) -> String {
    let script = format!("return [...document.querySelectorAll('#group option')].find(o => o.text === '{name}').value");
    office.script(&script).await.as_str().unwrap().to_owned()
}
