//! The tenant's administration in a browser, by the numbers of people.md, under the preset that each comes from.
mod branding;
mod demands;
mod list;
mod making;
mod microsoft;
mod odds;
mod person;
mod registration;
mod table;
mod why;

use tenantry::model::{MembershipKind, Tenant};
use tenantry::policy::presets::Preset;

use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;
use crate::rights::doors::signed_in;

/// A tenant with the rules of a preset, and its administrator at the screen.
pub async fn office(t: &Tenantry, preset: Preset) -> (Tenant, Someone, Browser) {
    let acme = t.tenant_with("acme", |policy| *policy = preset.policy()).await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let browser = signed_in(t, &anna).await;
    (acme, anna, browser)
}

/// The names in the list.
pub fn names(browser: &Browser) -> Vec<String> {
    browser.page().texts(".list tbody th a")
}

/// A guest whose home is elsewhere.
pub async fn visitor(t: &Tenantry, tenant: &Tenant, email: &str) -> Someone {
    let elsewhere = t.tenant("elsewhere").await;
    let guest = t.member(&elsewhere, email).await;
    t.join(&guest, tenant, MembershipKind::Guest).await;
    guest
}

/// Sends the form of a button with another value in one field, as no page of ours lets anybody do.
pub async fn tamper(browser: &mut Browser, button: &str, name: &str, value: &str) {
    let mut form = browser.form(button);
    let field = form.fields.iter_mut().find(|(field, _)| field == name);
    field.unwrap_or_else(|| panic!("no field {name}")).1 = value.to_owned();
    browser.send(form).await;
}
