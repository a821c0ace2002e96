//! Under the preset konfipay: a colleague is created, invited, moves in, visits another client and leaves it again.
use tenantry::model::Tenant;
use tenantry::policy::presets::Preset;

use super::desk::{CHOSEN, at, choose, move_in, sign_in};
use crate::harness::chromium::{self, Chromium};
use crate::harness::tenantry::Tenantry;
use crate::rights::doors::signed_in;

async fn client(t: &Tenantry, slug: &str) -> Tenant {
    t.tenant_with(slug, |policy| *policy = Preset::Konfipay.policy()).await
}

/// Gil of Globex invites Bo as a guest; in another window, so without pictures.
async fn invites_as_guest(t: &Tenantry, globex: &Tenant) {
    let gil = t.admin(globex, "gil@globex.example").await;
    let mut office = signed_in(t, &gil).await;
    office.goto("/admin/globex/people/new").await;
    office.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    assert!(office.path().ends_with("/invite"), "{}", office.page().text("main"));
    office.submit("#invite-send").await;
}

/// The administrator's half: K1, K15, K31 to K34. Gives the link of the letter.
async fn creates_and_invites(t: &Tenantry, office: &mut Chromium, group: &str) -> String {
    office.see("#person-form").await;
    office.fill("#email", "bo@acme.example").await;
    office.fill("#first-name", "Bo").await;
    office.fill("#last-name", "Berg").await;
    choose(office, "#group", group).await;
    office.look("new-person").await;
    office.click("#person-create").await;
    office.see("#invite-send").await;
    office.look("invite").await;
    office.click("#invite-later").await;
    assert!(t.mailbox.take("bo@acme.example").await.is_empty(), "nobody was told");
    office.goto(t.url("/admin/acme/people")).await;
    office.see(".list .pending").await;
    office.look("people").await;
    office.click(".list a[id^=invite-]").await;
    office.click("#invite-send").await;
    office.see("#done").await;
    t.mailbox.link("bo@acme.example").await.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn konfipay_a_colleague_is_invited_moves_in_visits_another_client_and_leaves_it() {
    if !chromium::is_there() {
        return;
    }
    let t = Tenantry::start().await;
    let (acme, globex) = (client(&t, "acme").await, client(&t, "globex").await);
    t.admin(&acme, "anna@acme.example").await;
    let group = t.group(&acme, "Payments", &[("pay:write", false)]).await;

    let mut office = at(&t, "konfipay-office", "anna@acme.example", "/admin/acme/people/new").await;
    let link = creates_and_invites(&t, &mut office, group.id.as_str()).await;

    let mut bo = Chromium::open("konfipay").await;
    move_in(&mut bo, &link, "invitation").await;
    bo.goto(t.url("/account")).await;
    bo.look("sign-in").await;
    sign_in(&t, &bo, "bo@acme.example", CHOSEN).await;
    bo.see("#my-account").await;
    bo.look("account").await;
    office.goto(t.url("/admin/acme/people?q=bo")).await;
    office.see(".status-active").await;
    invites_as_guest(&t, &globex).await;

    bo.goto(t.url("/account/invitations")).await;
    bo.look("invitations").await;
    bo.click("button[id^=accept-]").await;
    bo.goto(t.url("/account/tenants")).await;
    bo.see(&format!("#enter-{}", globex.id)).await;
    bo.look("clients").await;
    bo.click(&format!("#enter-{}", globex.id)).await;
    bo.see("#done").await;
    bo.goto(t.url("/account")).await;
    bo.click(&format!("#leave-{}", globex.id)).await;
    bo.look("leave").await;
    bo.click("#leave-confirm").await;
    let left = bo.text("#done").await;
    bo.goto(t.url("/account/tenants")).await;
    let places = bo.text("main").await;

    assert_eq!(left, "You have left the organisation.");
    assert!(places.contains("Acme") && !places.contains("Globex"), "{places}");
    bo.close().await;
    office.close().await;
}
