//! The device grant (RFC 8628) as the device sees it.
use std::time::Duration;

use serde_json::json;
use tenantry::model::{ClientState, DeviceSignIn, GrantType, MembershipState, PersonState};
use tenantry::protocol::Reason;
use tenantry::service::authorize::Destination;
use tenantry::service::clients::Preset;
use tenantry::service::device::approve;

use super::{ALL, Answer, DEVICE, World, answer};
use crate::attacks::late::{Ending, Late};
use crate::harness::browser::Browser;
use crate::harness::par::par;

impl World {
    pub async fn begin_device(&self, extra: &[(&str, &str)]) -> Answer {
        let form = if extra.iter().any(|(name, _)| *name == "scope") { extra.to_vec() } else { [&[("scope", ALL)][..], extra].concat() };
        self.post("/device_authorization", &form).await.good()
    }

    pub async fn poll(&self, device: &Answer) -> Answer {
        self.post("/token", &[("grant_type", DEVICE), ("device_code", device.text("device_code"))]).await
    }

    /// Anna types the code and signs in; the browser rests at the confirmation page.
    pub async fn at_confirmation(&self, browser: &mut Browser, device: &Answer) {
        browser.goto("/device").await;
        browser.fill("#user-code", device.text("user_code")).submit("#device-submit").await;
        if browser.path() == "/login" {
            self.t.sign_in(browser, &self.anna).await;
        }
        if browser.path() == "/select-tenant" {
            browser.submit("#tenant-acme").await;
        }
        assert_eq!(browser.path(), "/device/confirm", "{}", browser.page());
    }

    pub async fn approve(&self, device: &Answer) {
        let mut browser = self.t.browser();
        self.at_confirmation(&mut browser, device).await;
        browser.tick("#device-compared").submit("#device-allow").await;
        assert!(browser.has("#device-allowed"), "{}", browser.page());
    }
}

#[tokio::test]
async fn a_device_gets_tokens_once_a_person_let_it_in() {
    let w = World::new().await;

    let device = w.begin_device(&[]).await;
    let waiting = w.poll(&device).await;
    w.approve(&device).await;
    let tokens = w.poll(&device).await.good();
    let again = w.poll(&device).await;

    assert_eq!((device.body["expires_in"].as_u64(), device.body["interval"].as_u64()), (Some(600), Some(5)));
    assert_eq!(device.text("verification_uri"), w.t.url("/device"));
    let complete = format!("{}?user_code={}", w.t.url("/device"), device.text("user_code"));
    assert_eq!(device.text("verification_uri_complete"), complete);
    assert_eq!(waiting.error(), (400, "authorization_pending"));
    assert_eq!(tokens.access()["tenant"], "acme");
    assert_eq!(tokens.access()["sub"].as_str(), Some(w.anna.id.as_str()));
    assert_eq!(again.error(), (400, "invalid_grant"));
    assert_eq!(w.refresh(tokens.text("refresh_token"), &[]).await.status, 200);
}

#[tokio::test]
async fn b02_of_64_parallel_polls_one_gets_the_tokens() {
    let w = World::new().await;
    let device = w.begin_device(&[]).await;
    w.approve(&device).await;

    let form = [("grant_type", DEVICE), ("device_code", device.text("device_code"))];
    let answers = par(64, |_| answer(w.request("/token", &form))).await;

    let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(good.len(), 1);
    assert!(bad.iter().all(|answer| answer.error() == (400, "invalid_grant")));
    assert!(w.is_active(good[0].text("access_token")).await);
}

#[tokio::test]
async fn n04_who_polls_too_often_is_slowed_down_and_then_refused() {
    let w = World::new().await;
    let device = w.begin_device(&[]).await;
    let mut told = Vec::new();

    for _ in 0..14 {
        told.push(w.poll(&device).await.text("error").to_owned());
    }

    assert_eq!(told[0], "authorization_pending");
    assert!(told[1..12].iter().all(|error| error == "slow_down"), "{told:?}");
    assert_eq!(told[12..], ["access_denied", "access_denied"]);
    let patient = w.begin_device(&[]).await;
    w.poll(&patient).await;
    assert_eq!(w.poll(&patient).await.error(), (400, "slow_down"));
    w.t.later(Duration::from_secs(5));
    assert_eq!(w.poll(&patient).await.error(), (400, "slow_down"), "the pace is ten seconds by now");
    w.t.later(Duration::from_secs(15));
    assert_eq!(w.poll(&patient).await.error(), (400, "authorization_pending"));
}

#[tokio::test]
async fn a_refused_and_a_late_device_are_told_so() {
    let w = World::new().await;
    let (refused, late) = (w.begin_device(&[]).await, w.begin_device(&[]).await);
    let mut browser = w.t.browser();
    w.at_confirmation(&mut browser, &refused).await;

    browser.submit("#device-deny").await;

    assert!(browser.has("#device-denied"));
    assert_eq!(w.poll(&refused).await.error(), (400, "access_denied"));
    w.t.later(Duration::from_secs(600));
    assert_eq!(w.poll(&late).await.error(), (400, "expired_token"));
}

#[tokio::test]
async fn n02_b01_a_device_code_is_of_use_to_its_own_client_only() {
    let w = World::new().await;
    let device = w.begin_device(&[]).await;
    w.approve(&device).await;
    let (other, secret) = w.t.client(Preset::Web, |new| new.metadata.grant_types.push(GrantType::DeviceCode)).await;

    let form = [("grant_type", DEVICE), ("device_code", device.text("device_code"))];
    let stolen = w.post_as(&other, secret.as_deref().unwrap(), "/token", &form).await;

    assert_eq!(stolen.error(), (400, "invalid_grant"));
    assert_eq!(w.poll(&device).await.status, 200);
    for wrong in ["x", device.text("user_code"), &format!("{}x", device.text("device_code"))] {
        let form = [("grant_type", DEVICE), ("device_code", wrong)];
        assert_eq!(w.post("/token", &form).await.error(), (400, "invalid_grant"));
    }
}

#[tokio::test]
async fn n01_the_grant_is_off_by_default_and_a_client_must_prove_itself() {
    let w = World::new().await;
    let (plain, secret) = w.t.client(Preset::Web, |_| {}).await;

    let off = w.post_as(&plain, secret.as_deref().unwrap(), "/device_authorization", &[("scope", "openid")]).await;
    let unproved = w.post_as(&w.client, "wrong", "/device_authorization", &[("scope", "openid")]).await;

    assert_eq!(off.error(), (400, "unauthorized_client"));
    assert_eq!(unproved.error(), (401, "invalid_client"));
    assert_eq!(w.post("/device_authorization", &[("scope", "unheard_of")]).await.error(), (400, "invalid_scope"));
}

#[tokio::test]
async fn a_public_client_on_a_television_needs_no_secret() {
    let w = World::new().await;
    let (tv, _) =
        w.t.client(Preset::Spa, |new| {
            new.metadata.client_name = "Television".to_owned();
            new.metadata.grant_types = vec![GrantType::DeviceCode, GrantType::RefreshToken];
            new.metadata.redirect_uris = Vec::new();
        })
        .await;
    let post = async |path: &str, form: &[(&str, &str)]| {
        let form = [&[("client_id", tv.id.as_str())][..], form].concat();
        answer(crate::harness::net::client().post(w.t.url(path)).form(&form)).await
    };

    let device = post("/device_authorization", &[("scope", "openid tenant")]).await.good();
    w.approve(&device).await;
    let tokens = post("/token", &[("grant_type", DEVICE), ("device_code", device.text("device_code"))]).await.good();

    assert_eq!(tokens.access()["client_id"].as_str(), Some(tv.id.as_str()));
}

#[tokio::test]
async fn c04_what_changed_after_the_approval_counts() {
    let changes: [(&str, u8); 4] = [("person", 0), ("membership", 1), ("client", 2), ("rule", 3)];
    for (what, number) in changes {
        let w = World::new().await;
        let device = w.begin_device(&[]).await;
        w.approve(&device).await;
        let membership = w.t.app.store.read(async |r| r.membership(&w.anna.id, &w.acme.id).await).await.unwrap().unwrap();
        let mut policy = w.acme.policy.clone();
        policy.device_sign_in = DeviceSignIn::Nobody;

        let write = w.t.app.store.write(async |s| match number {
            0 => s.set_person_state(&w.anna.id, PersonState::Deactivated, w.t.now()).await,
            1 => s.set_membership_state(&membership.id, MembershipState::Left).await.map(|_| ()),
            2 => s.set_client_state(&w.client.id, ClientState::Disabled).await,
            _ => s.set_tenant_policy(&w.acme.id, &policy).await,
        });
        write.await.unwrap();
        w.t.app.refresh().await.unwrap();

        assert_eq!(w.poll(&device).await.error(), (400, "invalid_grant"), "{what}");
        let by_rule = !w.t.log.lines_with(&format!("{:?}", Reason::DeviceApprover)).is_empty();
        assert_eq!(by_rule, what == "rule");
    }
}

#[tokio::test]
async fn one_network_cannot_let_endless_devices_wait() {
    let w = World::new().await;
    for _ in 0..100 {
        w.begin_device(&[]).await;
    }

    let refused = w.post("/device_authorization", &[("scope", "openid")]).await;

    assert_eq!(refused.status, 429);
    w.t.later(Duration::from_secs(600));
    assert_eq!(w.post("/device_authorization", &[("scope", "openid")]).await.status, 200);
}

#[tokio::test]
async fn a_device_gets_tokens_for_the_resource_that_it_named() {
    let (orders, pay) = ("https://orders.example", "https://pay.example");
    let w = World::with(|metadata| metadata.audiences = vec![orders.to_owned(), pay.to_owned()]).await;

    let foreign = [("scope", ALL), ("resource", "https://evil.example")];
    assert_eq!(w.post("/device_authorization", &foreign).await.error(), (400, "invalid_target"));
    let device = w.begin_device(&[("resource", orders)]).await;
    w.approve(&device).await;
    let form = [("grant_type", DEVICE), ("device_code", device.text("device_code"))];
    let wider = w.post("/token", &[&form[..], &[("resource", pay)]].concat()).await;
    let tokens = w.poll(&device).await.good();
    let other = w.refresh(tokens.text("refresh_token"), &[("tenant", "globex")]).await.good();

    assert_eq!(wider.error(), (400, "invalid_target"));
    assert_eq!(tokens.access()["aud"], serde_json::json!([orders, w.t.origin]));
    assert_eq!(other.access()["aud"], tokens.access()["aud"], "a switch makes it no wider");
    let greedy = w.refresh(other.text("refresh_token"), &[("resource", pay)]).await;
    assert_eq!(greedy.error(), (400, "invalid_target"));
}

#[tokio::test]
async fn authorization_details_of_a_device_are_shown_each_time_and_granted() {
    const PAY: &str = "https://pay.example";
    let w = World::with(|metadata| {
        metadata.audiences = vec![PAY.to_owned()];
        metadata.authorization_details_types = vec!["payment".to_owned()];
    })
    .await;
    let members = json!({ "amount": { "kind": "string", "required": true }, "actions": { "kind": "strings" } });
    w.api(
        PAY,
        json!({ "name": "Payments", "authorization_details": [{ "type": "payment", "label": "Start a payment", "members": members }] }),
    )
    .await;
    let asked = json!([{ "type": "payment", "amount": "12.50 EUR", "actions": ["status", "cancel"] }]);
    let (whole, less) = (asked.to_string(), json!([{ "type": "payment", "amount": "12.50 EUR", "actions": ["status"] }]));

    for wrong in ["{}", r#"[{"type":"payment"}]"#, r#"[{"type":"other"}]"#, r#"[{"type":"payment","amount":"1","surprise":true}]"#] {
        let refused = w.post("/device_authorization", &[("scope", ALL), ("authorization_details", wrong)]).await;
        assert_eq!(refused.error(), (400, "invalid_authorization_details"), "{wrong}");
    }
    let device = w.begin_device(&[("authorization_details", &whole)]).await;
    let mut browser = w.t.browser();
    w.at_confirmation(&mut browser, &device).await;
    let page = browser.text("main");
    browser.tick("#device-compared").submit("#device-allow").await;
    let form = [("grant_type", DEVICE), ("device_code", device.text("device_code"))];
    let wider = json!([{ "type": "payment", "amount": "99 EUR", "actions": ["status"] }]).to_string();
    let wider = w.post("/token", &[&form[..], &[("authorization_details", wider.as_str())]].concat()).await;
    let tokens = w.poll(&device).await.good();
    let text = less.to_string();
    let later = w.refresh(tokens.text("refresh_token"), &[("authorization_details", text.as_str())]).await.good();

    for seen in ["Start a payment", "Payments", "12.50 EUR", "status, cancel"] {
        assert!(page.contains(seen), "{seen} in {page}");
    }
    assert_eq!(wider.error(), (400, "invalid_authorization_details"));
    assert_eq!((&tokens.body["authorization_details"], &tokens.access()["authorization_details"]), (&asked, &asked));
    assert_eq!(later.body["authorization_details"], less);
    let told = w.post("/introspect", &[("token", tokens.text("access_token"))]).await.good();
    assert_eq!(told.body["authorization_details"], asked);
}

#[tokio::test]
async fn h08_c04_no_device_is_let_in_once_all_has_ended() {
    for ending in [Ending::Nothing, Ending::Password, Ending::Disabled, Ending::Session, Ending::Membership] {
        let w = World::new().await;
        let device = w.begin_device(&[]).await;
        let mut browser = w.t.browser();
        w.at_confirmation(&mut browser, &device).await;
        let late = Late::at(&w.t, &browser, |flow| flow.progress.consented = true).await;

        ending.comes(&w.t, &w.anna.id, &w.acme.id).await;
        let Late { flow, visitor, client, loaded, tenant, .. } = late;
        let step = approve(&w.t.app, &client, &loaded, &tenant, flow, &visitor, w.t.now()).await.unwrap();

        let good = ending == Ending::Nothing;
        assert_eq!(matches!(step.to, Destination::Refused(_)), !good, "{ending:?}");
        assert_eq!(w.poll(&device).await.status == 200, good, "{ending:?}");
    }
}
