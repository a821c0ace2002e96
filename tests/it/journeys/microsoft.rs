//! Signing in with Microsoft, as other people's programs stand in for it.
use serde_json::{Value, json};
use tenantry::model::{Connection, ConnectionId, Credential, InvitationMethod, MembershipKind};
use tenantry::service::connections::{self, ClearCredential, ConnectionAdded, NewConnection};
use tenantry::world::{Clock, Secret, SystemClock};

use super::stage::Stage;
use crate::harness::microsoft::{APPLICATION, DIRECTORY, Microsoft};
use crate::harness::process::Process;
use crate::harness::world::Someone;

/// An invited person of a domain that belongs to the directory, and the button that leads there.
struct Contoso {
    microsoft: Microsoft,
    nora: Someone,
    button: String,
}

impl Contoso {
    async fn with(s: &Stage) -> Self {
        let microsoft = Microsoft::start().await;
        let new = NewConnection {
            name: "Contoso".to_owned(),
            cloud_host: microsoft.host.clone(),
            tid: DIRECTORY.to_owned(),
            client_id: APPLICATION.to_owned(),
            credential: ClearCredential::Secret(Secret::from("sixteen characters or more")),
            mfa_asserted: true,
            pin: Some((s.acme.id.clone(), vec!["contoso.example".to_owned()])),
            allow_plain_http_loopback: true,
        };
        let added = connections::add(&s.t.change(), &s.t.app.sealer, new).await.unwrap();
        let ConnectionAdded::Added(connection) = added else { panic!("{added:?}") };
        s.t.app.refresh().await.unwrap();
        let nora = s.t.person_with("nora@contoso.example", |new| new.password_hash = None).await;
        s.invites(&nora, MembershipKind::Home, InvitationMethod::Any).await;
        Self { microsoft, nora, button: format!("#upstream-{}", connection.id) }
    }

    /// Who signs in there next.
    async fn sends(&self, s: &Stage, claims: Value) {
        self.microsoft.order(json!({ "now": s.t.now().seconds(), "claims": claims })).await;
    }
}

fn nora() -> Value {
    json!({ "email": "nora@contoso.example", "preferred_username": "nora@contoso.example", "xms_edov": "1", "acct": 0 })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invited_person_of_a_pinned_domain_signs_in_with_microsoft() {
    let Some(mut s) = Stage::set("microsoft").await else { return };
    let contoso = Contoso::with(&s).await;

    contoso.sends(&s, nora()).await;
    let request = s.begin(&[]).await;
    s.browser.look("login").await;
    s.browser.click(&contoso.button).await;
    let first = s.arrives(&request).await;
    s.sign_out().await;
    contoso.sends(&s, json!({ "email": null, "preferred_username": "renamed@contoso.example" })).await;
    let request = s.begin(&[]).await;
    s.browser.click(&contoso.button).await;
    let second = s.arrives(&request).await;

    assert_eq!(first.claims["sub"], contoso.nora.id.as_str());
    assert_eq!(second.claims["sub"], first.claims["sub"], "the key is the account, not its address");
    assert_eq!(first.claims["tenant"], "acme");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_is_accepted_with_a_microsoft_account_of_another_address() {
    let Some(mut s) = Stage::set("microsoft-invitation").await else { return };
    let contoso = Contoso::with(&s).await;

    s.browser.goto(s.t.mailbox.link(&contoso.nora.email).await).await;
    s.browser.look("invitation").await;
    contoso.sends(&s, json!({ "email": "n.example@contoso.example", "preferred_username": "n.example@contoso.example" })).await;
    s.browser.click(&contoso.button).await;
    s.browser.look("another-address").await;
    s.browser.click("#mismatch-deny").await;
    s.browser.look("declined").await;
    s.browser.click("#done-continue").await;
    s.browser.click(&contoso.button).await;
    s.browser.click("#mismatch-confirm").await;
    s.browser.look("accepted").await;
    let request = s.begin(&[]).await;
    s.browser.click(&contoso.button).await;

    assert_eq!(s.arrives(&request).await.claims["sub"], contoso.nora.id.as_str());
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_those_who_cancel_see_calm_pages() {
    let Some(mut s) = Stage::set("microsoft-refused").await else { return };
    let contoso = Contoso::with(&s).await;
    s.t.mailbox.everything().await;

    let stranger = json!({ "oid": "11111111-0b0a-4908-8706-050403020100", "email": "zoe@contoso.example",
        "preferred_username": "zoe@contoso.example", "xms_edov": "1" });
    contoso.sends(&s, stranger).await;
    s.begin(&[]).await;
    s.browser.click(&contoso.button).await;
    s.browser.look("stranger").await;
    let refused = s.browser.text("#error-code").await;
    s.browser.click("#problem-resend").await;
    s.browser.look("link-requested").await;
    let letters = s.t.mailbox.everything().await;

    let cancelled = json!({ "error": "access_denied", "error_subcode": "cancel", "error_description": "AADSTS65004: declined" });
    contoso.microsoft.order(json!({ "authorize_error": cancelled })).await;
    s.begin(&[]).await;
    s.browser.click(&contoso.button).await;
    s.browser.look("cancelled").await;
    let stopped = s.browser.text("#error-code").await;
    s.browser.click("#problem-retry").await;
    s.browser.see("#login-submit").await;

    assert_eq!((refused.as_str(), stopped.as_str()), ("upstream_not_connected", "upstream_cancelled"));
    assert_eq!(letters, [], "nobody invited the stranger");
    s.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_stand_in_shows_its_own_pages_on_the_way() {
    let Some(s) = Stage::set("microsoft-strict").await else { return };
    // Its tokens carry the time of the machine.
    s.t.clock.set(SystemClock.now());
    let id = ConnectionId::from_text("con_strict");
    let redirect = s.t.url("/federation/con_strict/callback");
    let key = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/keys/entra_second.pem");
    let mut process = Process::foreign("strict-microsoft.mjs", &[DIRECTORY, &redirect, key]);
    let host = process.address("listening on").await;
    let sealed = s.t.app.sealer.seal(id.as_str(), b"the real secret", &*s.t.app.entropy);
    let credential = Credential::Secret { sealed };
    let connection = Connection { id, credential, client_id: "by-secret".to_owned(), ..Microsoft::connection_at(&host, DIRECTORY) };
    s.t.app.store.write(async |w| w.insert_connection(&connection).await).await.unwrap();
    s.t.app.refresh().await.unwrap();
    let person = s.t.person_with("anna@contoso.example", |new| new.password_hash = None).await;
    s.invites(&person, MembershipKind::Home, InvitationMethod::Microsoft).await;

    s.browser.goto(s.t.mailbox.link(&person.email).await).await;
    s.browser.click("#upstream-con_strict").await;
    s.browser.fill("input[name=login]", "anna").await;
    s.browser.fill("input[name=password]", "anything").await;
    s.browser.click("button[type=submit]").await;
    s.browser.click("button[type=submit]").await;
    s.browser.click("#done-continue").await;
    s.browser.click("#upstream-con_strict").await;
    let home = s.browser.text("h1").await;

    assert_eq!(home, "Hello Anna Example");
    s.browser.close().await;
}
