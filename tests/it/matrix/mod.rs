//! The decision matrix of protocol.md §3: every way to a token × everything that may be wrong, each cell over HTTP.
//! One decision function answers all of them; a way that forgot to ask would stand out here.
use std::fmt::Write as _;
use std::path::Path;

use serde_json::json;
use tenantry::model::{ClientState, Entitlement, MembershipKind, MembershipState, MfaMode, PersonState, TenantState};

use crate::grants::api_access::{LEDGER, ORDERS};
use crate::grants::{Answer, DEVICE, World};
use crate::harness::browser::Browser;

/// The ways, in the order of the columns. `switch` and `exchange` come from globex, where nothing is wrong.
const WAYS: [&str; 9] = ["authorize", "silent", "code", "refresh", "switch", "exchange", "device", "machine", "token"];

/// What is wrong, and what each way must answer. `none`: there is nothing that could be presented.
const EXPECTED: &[(State, [&str; 9])] = &[
    (State::Home, ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "active"]),
    (State::Guest, ["ok", "ok", "ok", "ok", "ok", "ok", "ok", "ok", "active"]),
    (State::Foreign, [DENIED, DENIED, "none", "none", DENIED, DENIED, DENIED, "ok", "none"]),
    (State::Left, [DENIED, DENIED, GRANT, GRANT, DENIED, DENIED, GRANT, "ok", "invalid_token"]),
    (State::PersonDeactivated, ["/login", "login_required", GRANT, GRANT, GRANT, REQUEST, GRANT, "ok", "invalid_token"]),
    (State::TenantDisabled, [DENIED, DENIED, GRANT, GRANT, DENIED, DENIED, GRANT, "ok", "invalid_token"]),
    (State::ClientDisabled, [REQUEST, REQUEST, GRANT, GRANT, GRANT, REQUEST, GRANT, "unauthorized_client", "invalid_token"]),
    (State::ClientNotEntitled, [DENIED, DENIED, GRANT, GRANT, DENIED, DENIED, GRANT, "ok", "invalid_token"]),
    (State::FactorDemanded, ["/account/security/app", "interaction_required", MORE, MORE, MORE, MORE, MORE, "ok", MORE]),
    (State::ApiFlagOff, [DENIED, DENIED, GRANT, GRANT, DENIED, REQUEST, GRANT, "ok", "invalid_token"]),
];

const DENIED: &str = "access_denied";
const GRANT: &str = "invalid_grant";
const REQUEST: &str = "invalid_request";
const MORE: &str = "insufficient_user_authentication";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Home,
    Guest,
    Foreign,
    Left,
    PersonDeactivated,
    TenantDisabled,
    ClientDisabled,
    ClientNotEntitled,
    FactorDemanded,
    /// Everything was asked for an API that needs API access, which is taken away.
    ApiFlagOff,
}

impl State {
    /// What Anna is in acme before anything happens.
    fn membership(self) -> Option<MembershipKind> {
        match self {
            Self::Foreign => None,
            Self::Guest => Some(MembershipKind::Guest),
            _ => Some(MembershipKind::Home),
        }
    }

    /// What every request of this row names.
    fn resource(self) -> Vec<(&'static str, &'static str)> {
        if self == Self::ApiFlagOff { vec![("resource", LEDGER)] } else { Vec::new() }
    }

    async fn happen(self, w: &World) {
        let membership = w.t.app.store.read(async |r| r.membership(&w.anna.id, &w.acme.id).await).await.unwrap();
        let mut metadata = w.client.metadata.clone();
        metadata.entitlement = Entitlement::Listed;
        let mut policy = w.acme.policy.clone();
        (policy.mfa_mode, policy.mfa_email_satisfies) = (MfaMode::Required, tenantry::model::EmailSatisfies::Nothing);
        let write = w.t.app.store.write(async |s| match self {
            Self::Home | Self::Guest | Self::Foreign => Ok(()),
            Self::ApiFlagOff => s.set_api_access(&membership.unwrap().id, false).await.map(|_| ()),
            Self::Left => s.set_membership_state(&membership.unwrap().id, MembershipState::Left).await.map(|_| ()),
            Self::PersonDeactivated => s.set_person_state(&w.anna.id, PersonState::Deactivated, w.t.now()).await,
            Self::TenantDisabled => s.set_tenant_state(&w.acme.id, TenantState::Disabled).await,
            Self::ClientDisabled => s.set_client_state(&w.client.id, ClientState::Disabled).await,
            Self::ClientNotEntitled => {
                s.entitle_client(&w.client.id, &w.globex.id).await?;
                s.set_client_metadata(&w.client.id, &metadata).await.map(|_| ())
            }
            Self::FactorDemanded => s.set_tenant_policy(&w.acme.id, &policy).await,
        });
        write.await.unwrap();
        w.t.app.refresh().await.unwrap();
    }
}

/// Everything that was handed out before.
struct Before {
    browser: Browser,
    elsewhere: Answer,
    code: Option<String>,
    tokens: Option<Answer>,
    device: Answer,
}

async fn world(state: State) -> World {
    let mut w = World::with(|metadata| {
        metadata.scopes.push("reports".to_owned());
        if state == State::ApiFlagOff {
            metadata.audiences = vec![LEDGER.to_owned(), ORDERS.to_owned()];
        }
    })
    .await;
    let anna = w.t.person("anna@matrix.example").await;
    let at_home = state.membership() == Some(MembershipKind::Home);
    if let Some(kind) = state.membership() {
        w.t.join(&anna, &w.acme, kind).await;
    }
    w.t.join(&anna, &w.globex, if at_home { MembershipKind::Guest } else { MembershipKind::Home }).await;
    w.anna = anna;
    if state == State::ApiFlagOff {
        w.api(LEDGER, json!({ "name": "Ledger", "requires_api_access": true })).await;
        assert!(w.api_access(true).await);
    }
    w
}

async fn prepare(w: &World, state: State) -> Before {
    let mut browser = w.t.browser();
    let elsewhere = w.tokens(&mut browser, &[("tenant", "globex")]).await;
    let wish = [&[("tenant", "acme")][..], &state.resource()].concat();
    let device = w.begin_device(&wish).await;
    if state.membership().is_none() {
        return Before { browser, elsewhere, code: None, tokens: None, device };
    }
    let tokens = w.tokens(&mut browser, &wish).await;
    browser.goto(w.authorize_url(&wish)).await;
    let code = w.landed(&browser, "code");
    w.at_confirmation(&mut browser, &device).await;
    browser.tick("#device-compared").submit("#device-allow").await;
    Before { browser, elsewhere, code, tokens: Some(tokens), device }
}

fn said(answer: &Answer) -> String {
    if answer.status == 200 { "ok".to_owned() } else { answer.text("error").to_owned() }
}

/// Where a browser came to rest.
fn seen(w: &World, browser: &Browser) -> String {
    if browser.left().is_some() {
        return w.landed(browser, "error").unwrap_or_else(|| "ok".to_owned());
    }
    if browser.has("#error-code") { browser.text("#error-code") } else { browser.path().to_owned() }
}

async fn drive(w: &World, before: &mut Before, state: State, way: &str) -> String {
    let wish = [&[("tenant", "acme")][..], &state.resource()].concat();
    // Of a token that is for less an exchange makes none that is for more: there the token at hand is traded.
    let subject = if state == State::ApiFlagOff { before.tokens.as_ref() } else { None }.unwrap_or(&before.elsewhere);
    let browser = &mut before.browser;
    match way {
        "authorize" => seen(w, browser.goto(w.authorize_url(&wish)).await),
        "silent" => seen(w, browser.goto(w.authorize_url(&[&wish[..], &[("prompt", "none")]].concat())).await),
        "code" => match &before.code {
            Some(code) => said(&w.redeem(code).await),
            None => "none".to_owned(),
        },
        "refresh" => match &before.tokens {
            Some(tokens) => said(&w.refresh(tokens.text("refresh_token"), &[]).await),
            None => "none".to_owned(),
        },
        "switch" => said(&w.refresh(before.elsewhere.text("refresh_token"), &wish).await),
        "exchange" => said(&w.exchange(subject.text("access_token"), &wish).await),
        "device" if before.tokens.is_none() => {
            browser.goto("/device").await.fill("#user-code", before.device.text("user_code")).submit("#device-submit").await;
            seen(w, browser)
        }
        "device" => {
            let form = [("grant_type", DEVICE), ("device_code", before.device.text("device_code"))];
            said(&w.post("/token", &form).await)
        }
        "machine" => said(&w.post("/token", &[("grant_type", "client_credentials"), ("scope", "reports")]).await),
        _ => match &before.tokens {
            Some(tokens) => token(w, tokens.text("access_token")).await,
            None => "none".to_owned(),
        },
    }
}

/// Userinfo and introspection must agree.
async fn token(w: &World, token: &str) -> String {
    let (userinfo, active) = (w.userinfo(token).await, w.is_active(token).await);
    assert_eq!(userinfo.status == 200, active, "userinfo and introspection disagree: {}", userinfo.body);
    if active { "active".to_owned() } else { userinfo.text("error").to_owned() }
}

#[tokio::test]
async fn every_way_to_a_token_asks_the_one_decision() {
    let mut table = format!("{:20}", "");
    for way in WAYS {
        write!(table, "{way:34}").unwrap();
    }
    let mut faults = Vec::new();
    for (state, expected) in EXPECTED {
        let w = world(*state).await;
        let mut before = prepare(&w, *state).await;
        state.happen(&w).await;
        write!(table, "\n{:20}", format!("{state:?}")).unwrap();
        for (way, expected) in WAYS.iter().zip(expected) {
            let actual = drive(&w, &mut before, *state, way).await;
            write!(table, "{actual:34}").unwrap();
            if actual != *expected {
                faults.push(format!("{state:?} × {way}: {actual}, not {expected}"));
            }
        }
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    std::fs::write(target.join("decision-matrix.txt"), format!("{table}\n")).unwrap();

    assert!(faults.is_empty(), "{}\n{table}", faults.join("\n"));
}
