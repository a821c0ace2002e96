//! B04: what was made for one door opens no other, and trying does not use it up.
use std::time::Duration;

use tenantry::model::{InvitationMethod, MembershipKind, MembershipState};
use tenantry::service::change::Change;
use tenantry::service::invitations::{Invited, invite};
use tenantry::service::people::{BootstrapLink, Renewal, bootstrap_link};
use tenantry::service::tenants::{self, MemberAdded, NewMembership};

use super::{Scene, answered, call, get, is_alive, session, token};
use crate::harness::browser::Browser;
use crate::harness::net;
use crate::harness::relying_party::Request;
use crate::harness::world::CALLBACK;

/// One of each kind, all unused.
struct Hoard {
    s: Scene,
    request: Request,
    pending: Browser,
    things: Vec<(&'static str, String)>,
}

async fn hoard() -> Hoard {
    let s = Scene::with(|c| (c.sign_in.email_code_attempts, c.sign_in.lock_threshold) = (1000, 1000)).await;
    let (mut browser, tokens) = s.signed_in().await;
    let (request, code) = s.code(&mut browser, &s.party).await;
    let (pending, _) = s.half_way().await;
    let mailed = s.t.mailbox.code(&s.anna.email).await;
    let cookie = |browser: &Browser, name: &str| browser.jar.cookies().iter().find(|c| c.name == name).unwrap().value.clone();
    let flow = pending.page().url.query_pairs().find(|(name, _)| name == "flow").unwrap().1.into_owned();
    let things = vec![
        ("code", code),
        ("refresh", tokens.refresh.unwrap()),
        ("access", tokens.access),
        ("id_token", tokens.id_token),
        ("invitation", invitation(&s).await),
        ("bootstrap", bootstrap(&s).await),
        ("mailed", mailed),
        ("flow", flow),
        ("browser", cookie(&pending, "tenantry-browser")),
        ("session", session(&browser).unwrap()),
        ("secret", s.party.secret.clone().unwrap()),
        ("verifier", request.verifier.clone()),
        ("person", s.anna.id.to_string()),
    ];
    Hoard { s, request, pending, things }
}

async fn invitation(s: &Scene) -> String {
    let vera = s.t.person_with("vera@acme.example", |new| (new.password_hash, new.email_verified) = (None, false)).await;
    let new = NewMembership {
        person: vera.id.clone(),
        tenant: s.acme.id.clone(),
        kind: MembershipKind::Home,
        state: MembershipState::Invited,
        admin: false,
        api_access: false,
    };
    let MemberAdded::Added(membership) = tenants::add_member(&change(s), new).await.unwrap() else { panic!("no member") };
    let good_for = Duration::from_secs(86_400);
    let invited = Invited { membership: &membership, method: InvitationMethod::Password, good_for, inviter: None };
    invite(&s.t.app, &invited, "test", "local", s.t.now()).await.unwrap();
    s.t.mailbox.link(&vera.email).await.path_segments().unwrap().next_back().unwrap().to_owned()
}

fn change(s: &Scene) -> Change<'_> {
    Change { store: &s.t.app.store, entropy: &*s.t.app.entropy, now: s.t.now(), actor: "test", network: "local" }
}

async fn bootstrap(s: &Scene) -> String {
    let BootstrapLink::Made(token) = bootstrap_link(&change(s), Renewal::IfNoneIsOpen).await.unwrap() else { panic!("no link") };
    token.clear().to_owned()
}

impl Hoard {
    fn thing(&self, name: &str) -> &str {
        &self.things.iter().find(|(known, _)| *known == name).unwrap().1
    }

    /// The page that works with the token in this cookie.
    async fn with_cookie(&self, path: &str, cookie: &str, value: &str) -> u16 {
        let request = net::client().get(self.s.t.url(path)).header("cookie", format!("{cookie}={value}"));
        answered(request).await.status
    }

    async fn redeem(&self, code: &str) -> (u16, serde_json::Value) {
        let verifier = self.request.verifier.as_str();
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", verifier)];
        token(&self.s.party, &form).await
    }

    async fn refresh(&self, value: &str) -> (u16, serde_json::Value) {
        token(&self.s.party, &[("grant_type", "refresh_token"), ("refresh_token", value)]).await
    }

    /// Presents the thing at every door that takes anything like it, its own one left out.
    async fn try_everywhere(&mut self, name: &str, value: &str) {
        let t = &self.s.t;
        if name != "code" {
            assert_eq!(self.redeem(value).await.0, 400, "{name} as code");
        }
        if name != "refresh" {
            assert_eq!(self.refresh(value).await.0, 400, "{name} as refresh token");
        }
        if name != "refresh" && name != "access" {
            let told = call(&self.s.party, &t.url("/introspect"), &[("token", value)]).await.1;
            assert_eq!(told, serde_json::json!({ "active": false }), "{name}");
            assert_eq!(call(&self.s.party, &t.url("/revoke"), &[("token", value)]).await.0, 200, "{name} is given back");
        }
        if name != "access" {
            assert_eq!(answered(net::client().get(t.url("/userinfo")).bearer_auth(value)).await.status, 401, "{name} as access token");
        }
        if name != "secret" {
            let form = [("grant_type", "refresh_token"), ("refresh_token", self.thing("refresh"))];
            let request = net::client().post(t.url("/token")).basic_auth(&self.s.party.client_id, Some(value)).form(&form);
            assert_eq!(answered(request).await.status, 401, "{name} as client secret");
        }
        if name != "session" {
            assert!(!is_alive(t, value).await, "{name} as session");
        }
        for (own, path, cookie) in [("invitation", "/invitation", "tenantry-invitation"), ("bootstrap", "/bootstrap", "tenantry-bootstrap")]
        {
            if name != own {
                assert_eq!(self.with_cookie(path, cookie, value).await, 410, "{name} as {own}");
            }
        }
        assert_eq!(self.with_cookie("/invitation/confirm", "tenantry-pending", value).await, 410, "{name} as pending sign-in");
        if name != "flow" {
            assert_eq!(get(&mut self.pending.clone(), &t.url(&format!("/login/code?flow={value}"))).await.status, 400, "{name} as flow");
        }
        let callback = t.url(&format!("/federation/con_x/callback?state={value}&code={value}"));
        assert!((400..500).contains(&get(&mut self.pending.clone(), &callback).await.status), "{name} as upstream state");
        if name != "mailed" {
            let mut browser = self.pending.clone();
            browser.fill("#code", value).submit("#code-submit").await;
            assert_eq!((browser.page().status, browser.path()), (401, "/login/code"), "{name} as code from a letter");
        }
        let hint = t.url(&format!("/end-session?id_token_hint={value}"));
        if name != "id_token" {
            let page = answered(net::client().get(hint).header("cookie", format!("tenantry-session={}", self.thing("session")))).await;
            assert!(page.has("#logout-confirm"), "{name} as id_token_hint: {page}");
        }
    }
}

#[tokio::test]
async fn b04_what_was_made_for_one_door_opens_no_other_and_is_not_used_up() {
    let mut hoard = hoard().await;

    for (name, value) in hoard.things.clone() {
        hoard.try_everywhere(name, &value).await;
    }

    let t = &hoard.s.t;
    assert!(is_alive(t, hoard.thing("session")).await);
    assert_eq!(hoard.with_cookie("/invitation", "tenantry-invitation", hoard.thing("invitation")).await, 200);
    assert_eq!(hoard.with_cookie("/bootstrap", "tenantry-bootstrap", hoard.thing("bootstrap")).await, 200);
    assert_eq!(answered(net::client().get(t.url("/userinfo")).bearer_auth(hoard.thing("access"))).await.status, 200);
    assert_eq!(hoard.redeem(hoard.thing("code")).await.0, 200);
    assert_eq!(hoard.refresh(hoard.thing("refresh")).await.0, 200);
    let mailed = hoard.thing("mailed").to_owned();
    hoard.pending.fill("#code", &mailed).submit("#code-submit").await;
    assert!(hoard.pending.landing().as_str().starts_with(CALLBACK));
}
