//! Requirements of people.md, each by its own number, over HTTP, under the preset of the system that it comes from.
mod konfipay;
mod konfipay_rights;
mod promio;
mod saferpay_customers;
mod saferpay_keys;
mod saferpay_locks;
mod saferpay_people;
mod saferpay_places;
mod saferpay_rights;

use serde_json::Value;
use tenantry::model::Email;
use url::Url;

use crate::harness::browser::Browser;
use crate::harness::relying_party::RelyingParty;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

/// Good enough for every rule, and nobody's yet.
const NEW: &str = "lantern orbit walnut 42";
const BO: &str = "bo@acme.example";

/// Fills the form of a new person of Acme, whose name is Bo Berg.
async fn describe<'b>(office: &'b mut Browser, email: &str) -> &'b mut Browser {
    office.goto("/admin/acme/people/new").await;
    office.fill("#email", email).fill("#first-name", "Bo").fill("#last-name", "Berg")
}

/// Opens the link of an invitation and chooses a password.
async fn move_in(t: &Tenantry, link: &Url, password: &str) -> Browser {
    let mut browser = t.browser();
    browser.goto(link).await;
    browser.fill("#password", password).fill("#password-repeat", password).submit("#invitation-submit").await;
    browser
}

/// Whoever has the address.
async fn someone(t: &Tenantry, email: &str) -> Someone {
    let wanted = Email::parse(email).unwrap();
    let person = t.app.store.read(async |r| r.person_by_email(&wanted).await).await.unwrap();
    Someone { id: person.expect("somebody has the address").id, email: email.to_owned() }
}

/// What an application hears of somebody who signs in for it.
async fn told(t: &Tenantry, party: &RelyingParty, who: &Someone, scopes: &[&str]) -> Value {
    let (_, tokens) = t.log_in(&mut t.browser(), party, who, scopes).await;
    party.userinfo(&tokens.access).await.unwrap()
}

/// The one status that the list of Acme shows of whoever is found.
async fn status(office: &mut Browser, search: &str) -> String {
    office.goto(format!("/admin/acme/people?q={search}")).await;
    let looks = office.page().attrs(".list tbody .status", "class");
    assert_eq!(looks.len(), 1, "{}", office.page());
    looks[0].split(' ').find_map(|look| look.strip_prefix("status-")).unwrap().to_owned()
}

/// Opens a step on the page of somebody and confirms it.
async fn does(office: &mut Browser, page: &str, deed: &str) {
    office.goto(page).await;
    office.follow(&format!("#deed-{deed}")).await;
    office.submit("#confirm").await;
}

/// The page of somebody in the administration of Acme.
fn page_of(who: &Someone) -> String {
    format!("/admin/acme/people/{}", who.id)
}

/// Posts fields that no page of ours lets anybody send, with the token of the page at which the browser rests.
async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> u16 {
    let mut form = browser.form("#sign-out");
    form.action = form.action.join(path).unwrap();
    form.fields.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    browser.send(form).await;
    browser.page().status
}

/// Is the browser signed in?
async fn is_inside(browser: &mut Browser) -> bool {
    browser.goto("/account").await;
    browser.path() == "/account"
}

/// Asks on the page of a forgotten password, as whoever is called so.
async fn forget(t: &Tenantry, name: &str) {
    let mut browser = t.browser();
    browser.goto("/recovery").await;
    browser.fill("#email", name).submit("#recover-submit").await;
}

/// Opens the link to a new password and chooses it; gives the status.
async fn renew(t: &Tenantry, link: &str, password: &str) -> Browser {
    let mut browser = t.browser();
    browser.goto(link).await;
    browser.fill("#password", password).fill("#password-repeat", password).submit("#recover-new-submit").await;
    browser
}

/// The password that whoever moves in chooses, which the pages of the harness know.
const FIRST: &str = PASSWORD;
