//! The tenant's administration in a browser, by the numbers of people.md, under the preset that each comes from.
mod branding;
mod demands;
mod list;
mod making;
mod microsoft;
mod odds;
mod person;
mod picture;
mod registration;
mod table;
mod why;

use tenantry::model::{Location, LocationId, MembershipKind, Tenant};
use tenantry::policy::presets::Preset;

use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};
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

/// One wrong or right password on the page of signing in.
pub async fn knock(browser: &mut Browser, identifier: &str, password: &str) -> u16 {
    browser.goto("/login/start").await;
    browser.fill("#identifier", identifier).fill("#password", password).submit("#login-submit").await;
    browser.page().status
}

/// So many wrong passwords that the account pauses.
pub async fn lock(t: &Tenantry, identifier: &str) -> Browser {
    let mut browser = t.browser();
    for _ in 0..10 {
        assert_eq!(knock(&mut browser, identifier, "wrong").await, 401);
    }
    browser
}

/// A location of the tenant.
pub async fn place(t: &Tenantry, tenant: &Tenant, name: &str) -> Location {
    let place =
        Location { id: LocationId::generate(t.now(), &*t.app.entropy), tenant: tenant.id.clone(), name: name.to_owned(), website: None };
    t.app.store.write(async |w| w.insert_location(&place).await).await.unwrap();
    place
}

/// Somebody without an address who chose a password by the link on the sheet: user name, and the page of the person.
pub async fn nameless(t: &Tenantry, admin: &mut Browser) -> (String, String) {
    admin.goto("/admin/acme/people/new?kind=unverified").await;
    admin.fill("#first-name", "Uwe").fill("#last-name", "Uhr").submit("#person-create").await;
    let link = admin.text("#link");
    admin.follow("#sheet-done").await;
    let mut his = t.browser();
    his.goto(&link).await;
    his.fill("#password", PASSWORD).fill("#password-repeat", PASSWORD).submit("#invitation-submit").await;
    (admin.text("#person-username"), admin.path().to_owned())
}
