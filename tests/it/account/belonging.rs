//! Invitations, groups and leaving (people.md K40 to K42, K45 to K47, security.md I25), and the person's own data.
use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use tenantry::model::{Group, InvitationMethod, Membership, MembershipKind, MembershipState, Tenant};
use tenantry::policy::presets::Preset;
use tenantry::service::people;

use super::{Scene, signed_in};
use crate::harness::browser::Browser;
use crate::harness::relying_party::{Landed, RelyingParty, Request};

const DAYS: Duration = Duration::from_secs(7 * 24 * 3600);

impl Scene {
    /// Globex invites Anna as its guest.
    async fn invited(&self) -> (Tenant, Membership, String) {
        self.invited_by("globex").await
    }

    async fn invited_by(&self, slug: &str) -> (Tenant, Membership, String) {
        let tenant = self.t.tenant_with(slug, |policy| *policy = Preset::Konfipay.policy()).await;
        let membership = self.t.join_with(&self.anna, &tenant, MembershipKind::Guest, |new| new.state = MembershipState::Invited).await;
        let made = people::invite(&self.t.change(), &membership, InvitationMethod::Any, DAYS).await.unwrap();
        (tenant, membership, made.0.id.to_string())
    }

    async fn state_in(&self, tenant: &Tenant) -> MembershipState {
        self.t.app.store.read(async |r| r.membership(&self.anna.id, &tenant.id).await).await.unwrap().unwrap().state
    }

    /// A group of Acme that may be joined and left by oneself, or not.
    async fn group(&self, name: &str, permissions: &[(&str, bool)], open: bool) -> Group {
        let group = self.t.group(&self.acme, name, permissions).await;
        self.t.app.store.write(async |w| w.open_group(&group, open, open).await).await.unwrap();
        group
    }
}

/// Where an application's wish to enter a tenant leads in Anna's browser.
async fn lands(s: &Scene, party: &RelyingParty, tenant: &Tenant) -> (Request, Landed) {
    let request = party.authorize(&["openid", "tenant", "groups", "permissions"], &[("tenant", &tenant.slug)]);
    let mut browser = s.browser.clone();
    browser.goto(request.url.as_str()).await;
    let landed = party.landed(&request, browser.landing());
    (request, landed)
}

/// The status of a POST to the address, with the form's token of the page at which the browser rests.
async fn post(browser: &mut Browser, path: &str, tenant: &Tenant) -> u16 {
    browser.goto("/account/details").await;
    let mut form = browser.form("#details-save");
    form.action = form.action.join(path).unwrap();
    form.fields.retain(|(name, _)| name == "csrf");
    if path.contains("/groups/") {
        form.fields.push(("tenant".to_owned(), tenant.id.to_string()));
    }
    browser.send(form).await;
    browser.page().status
}

#[tokio::test(flavor = "multi_thread")]
async fn k40_k42_an_open_invitation_is_accepted_and_opens_the_tenant_from_then_on() {
    let mut s = Scene::new().await;
    let (globex, _, id) = s.invited().await;
    let party = s.t.party().await;
    let denied = party.authorize(&["openid", "tenant"], &[("tenant", "globex")]);
    let mut other = s.browser.clone();
    other.goto(denied.url.as_str()).await;
    assert_eq!(party.landed(&denied, other.landing()).error(), "access_denied", "no access before");

    s.browser.goto("/account/invitations").await;
    s.browser.submit(&format!("#accept-{id}")).await;

    assert_eq!((s.browser.path(), s.browser.text("#done").as_str()), ("/account", "You have joined."));
    assert_eq!(s.state_in(&globex).await, MembershipState::Active);
    let allowed = party.authorize(&["openid", "tenant"], &[("tenant", "globex")]);
    s.browser.goto(allowed.url.as_str()).await;
    party.landed(&allowed, s.browser.landing()).code();
}

#[tokio::test(flavor = "multi_thread")]
async fn k40_k42_an_invitation_that_is_rejected_opens_nothing_and_is_over() {
    let mut s = Scene::new().await;
    let (globex, _, id) = s.invited().await;
    s.browser.goto("/account/invitations").await;

    s.browser.follow(&format!("#decline-{id}")).await;
    assert_eq!(s.state_in(&globex).await, MembershipState::Invited, "looking changes nothing");
    s.browser.submit("#decline-confirm").await;

    assert_eq!(s.browser.text("#done"), "The invitation was declined.");
    assert_eq!(s.state_in(&globex).await, MembershipState::Left);
    post(&mut s.browser, &format!("/account/invitations/{id}/accept"), &globex).await;
    assert_eq!((s.browser.path(), s.state_in(&globex).await), ("/account/invitations", MembershipState::Left), "too late");
}

#[tokio::test(flavor = "multi_thread")]
async fn k42_the_other_clients_data_are_open_from_acceptance_on_within_the_assigned_group() {
    let mut s = Scene::new().await;
    let own = s.t.group(&s.acme, "Accounting", &[("payments:write", false)]).await;
    s.t.put_into(&own, &s.anna).await;
    let (globex, _, id) = s.invited().await;
    let assigned = s.t.group(&globex, "Visitors", &[("files:read", false)]).await;
    s.t.put_into(&assigned, &s.anna).await;
    let (initech, _, other) = s.invited_by("initech").await;
    let party = s.t.party().await;
    for tenant in [&globex, &initech] {
        assert_eq!(lands(&s, &party, tenant).await.1.error(), "access_denied", "{} before", tenant.slug);
    }

    s.browser.goto("/account/invitations").await;
    s.browser.submit(&format!("#accept-{id}")).await;
    s.browser.goto("/account/invitations").await;
    s.browser.follow(&format!("#decline-{other}")).await;
    s.browser.submit("#decline-confirm").await;

    assert_eq!(lands(&s, &party, &initech).await.1.error(), "access_denied", "after a rejection as before");
    let (request, landed) = lands(&s, &party, &globex).await;
    let tokens = party.exchange(&request, &landed.code()).await.unwrap();
    assert_eq!((&tokens.claims["tenant"], &tokens.claims["guest"]), (&json!("globex"), &json!(true)));
    assert_eq!((&tokens.claims["groups"], &tokens.claims["permissions"]), (&json!(["Visitors"]), &json!(["files:read"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn k43_home_and_guest_clients_are_listed_and_no_others() {
    let mut s = Scene::new().await;
    let (globex, left) = (s.t.tenant("globex").await, s.t.tenant("left").await);
    s.t.tenant("strangers").await;
    s.t.guest(&globex, &s.anna).await;
    s.t.join_with(&s.anna, &left, MembershipKind::Guest, |new| new.state = MembershipState::Left).await;
    s.browser.goto("/account").await;

    s.browser.follow(".rail a[href='/account/tenants']").await;

    let mut rows = s.browser.page().texts("main tbody tr");
    rows.sort();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].starts_with("Acme N-acme At home") && rows[1].starts_with("Globex N-globex Guest"), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn k44_k46_one_press_in_the_list_opens_another_client_with_its_groups() {
    let mut s = Scene::new().await;
    let globex = s.t.tenant_with("globex", |policy| *policy = Preset::Konfipay.policy()).await;
    s.t.guest(&globex, &s.anna).await;
    for (tenant, name) in [(&s.acme, "Accounting"), (&globex, "Visitors")] {
        let group = s.t.group(tenant, name, &[]).await;
        s.t.put_into(&group, &s.anna).await;
    }
    let party = s.t.party().await;

    for (tenant, group) in [(&globex, "Visitors"), (&s.acme, "Accounting"), (&globex, "Visitors")] {
        s.browser.goto("/account/tenants").await;
        s.browser.submit(&format!("#enter-{}", tenant.id)).await;

        let (_, tokens) = s.t.log_in(&mut s.browser, &party, &s.anna, &["openid", "tenant", "groups"]).await;
        assert_eq!((&tokens.claims["tenant"], &tokens.claims["groups"]), (&json!(tenant.slug), &json!([group])));
        s.browser.goto("/account/groups").await;
        assert_eq!(s.browser.page().texts("main th bdi"), [group], "those of the client that is open");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn k41_the_menu_item_is_there_only_while_an_invitation_is_open() {
    let mut s = Scene::new().await;
    let item = ".rail a[href='/account/invitations']";
    assert!(!s.browser.goto("/account").await.has(item));

    let (globex, _, id) = s.invited().await;
    assert!(s.browser.goto("/account").await.has(item));
    let stranger = s.t.member(&globex, "sam@globex.example").await;
    let mut outside = signed_in(&s.t, &stranger).await;
    assert!(!outside.goto("/account").await.has(item), "it is Anna's alone");
    post(&mut outside, &format!("/account/invitations/{id}/accept"), &globex).await;
    assert_eq!(s.state_in(&globex).await, MembershipState::Invited);

    s.browser.goto("/account/invitations").await;
    s.browser.submit(&format!("#accept-{id}")).await;
    assert!(!s.browser.goto("/account").await.has(item));
}

#[tokio::test(flavor = "multi_thread")]
async fn k46_own_groups_of_the_current_tenant_are_listed_and_no_others() {
    let mut s = Scene::new().await;
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;
    let (mine, foreign) = (s.t.group(&s.acme, "Accounting", &[("payments:read", false)]).await, s.t.group(&globex, "Visitors", &[]).await);
    s.t.group(&s.acme, "Secret others", &[]).await;
    s.t.put_into(&mine, &s.anna).await;
    s.t.put_into(&foreign, &s.anna).await;

    s.browser.goto("/account/groups").await;
    let acme_first = s.browser.page().body.contains("Accounting");
    let names = s.browser.page().texts("main th bdi");
    assert_eq!(names, [if acme_first { "Accounting" } else { "Visitors" }]);
    assert!(!s.browser.page().body.contains("Secret others"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k47_with_the_permission_open_groups_are_joined_and_left() {
    let mut s = Scene::new().await;
    let joiners = s.t.group(&s.acme, "Joiners", &[("tenantry:join_groups", false)]).await;
    s.t.put_into(&joiners, &s.anna).await;
    let (open, closed) = (s.group("Reports", &[("reports:read", false)], true).await, s.group("Board", &[], false).await);
    s.browser.goto("/account/groups").await;
    assert!(!s.browser.has(&format!("#join-{}", closed.id)) && !s.browser.has(&format!("#leave-{}", joiners.id)));

    s.browser.submit(&format!("#join-{}", open.id)).await;
    assert_eq!(s.browser.text("#done"), "You have joined the group.");
    assert_eq!(s.browser.page().texts("main th bdi"), ["Joiners", "Reports"]);
    s.browser.submit(&format!("#leave-{}", open.id)).await;
    assert_eq!(s.browser.page().texts("main th bdi"), ["Joiners"]);

    let (forbidden, missing) = (StatusCode::FORBIDDEN.as_u16(), StatusCode::NOT_FOUND.as_u16());
    assert_eq!(post(&mut s.browser, &format!("/account/groups/{}/join", closed.id), &s.acme).await, forbidden);
    assert_eq!(post(&mut s.browser, &format!("/account/groups/{}/leave", joiners.id), &s.acme).await, forbidden);
    let globex = s.t.tenant("globex").await;
    let foreign = s.t.group(&globex, "Visitors", &[]).await;
    assert_eq!(post(&mut s.browser, &format!("/account/groups/{}/join", foreign.id), &s.acme).await, missing);
    assert_eq!(post(&mut s.browser, &format!("/account/groups/{}/join", foreign.id), &globex).await, missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn k47_without_the_permission_the_buttons_are_absent_and_the_server_refuses() {
    let mut s = Scene::new().await;
    let open = s.group("Reports", &[], true).await;
    s.browser.goto("/account/groups").await;
    assert!(!s.browser.has(&format!("#join-{}", open.id)));
    assert_eq!(post(&mut s.browser, &format!("/account/groups/{}/join", open.id), &s.acme).await, 403);

    s.t.put_into(&open, &s.anna).await;
    s.browser.goto("/account/groups").await;
    assert!(!s.browser.has(&format!("#leave-{}", open.id)));
    assert_eq!(post(&mut s.browser, &format!("/account/groups/{}/leave", open.id), &s.acme).await, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn k45_i25_whoever_leaves_a_tenant_has_no_access_from_that_moment() {
    let mut s = Scene::new().await;
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;
    let party = s.t.party().await;
    let request = party.authorize(&["openid", "tenant"], &[("tenant", "globex")]);
    s.browser.goto(request.url.as_str()).await;
    let code = party.landed(&request, s.browser.landing()).code();
    let tokens = party.exchange(&request, &code).await.unwrap();
    assert!(party.userinfo(&tokens.access).await.is_ok());

    s.browser.goto("/account/tenants").await;
    assert!(s.browser.has(&format!("#leave-{}", globex.id)) && !s.browser.has(&format!("#leave-{}", s.acme.id)));
    s.browser.goto("/account").await;
    s.browser.follow(&format!("#leave-{}", globex.id)).await;
    s.browser.submit("#leave-confirm").await;

    assert_eq!((s.browser.path(), s.browser.text("#done").as_str()), ("/account", "You have left the organisation."));
    assert_eq!(s.state_in(&globex).await, MembershipState::Left);
    assert!(party.userinfo(&tokens.access).await.is_err(), "the token that lives is worthless at once");
    assert_eq!(s.browser.goto("/account/tenants/globex/leave").await.page().status, 404);
    assert_eq!(s.state_in(&s.acme.clone()).await, MembershipState::Active, "the other tenant stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn k45_neither_the_home_nor_the_last_administrator_leaves() {
    let mut s = Scene::new().await;
    let globex = s.t.tenant("globex").await;
    s.t.join_with(&s.anna, &globex, MembershipKind::Guest, |new| new.admin = true).await;

    for (tenant, path) in [(s.acme.clone(), "/account/tenants/acme/leave"), (globex.clone(), "/account/tenants/globex/leave")] {
        s.browser.goto(path).await;
        assert!(s.browser.has("#hindrance") && !s.browser.has("#leave-confirm"), "{path}");
        assert_eq!(post(&mut s.browser, path, &tenant).await, 409);
        assert_eq!(s.state_in(&tenant).await, MembershipState::Active);
    }
    assert_eq!(s.browser.goto("/account/tenants/nowhere/leave").await.page().status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn own_data_comes_as_a_file_without_secrets_and_without_others() {
    let mut s = Scene::new().await;
    let hash = s.t.app.store.read(async |r| r.password_hash(&s.anna.id).await).await.unwrap().unwrap();
    let carl = s.t.member(&s.acme, "carl@acme.example").await;

    s.browser.goto("/account/data").await;
    s.browser.follow("#data-file").await;

    let page = s.browser.page();
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    assert!(page.header("content-disposition").starts_with("attachment"));
    let data: serde_json::Value = serde_json::from_str(&page.body).unwrap();
    assert_eq!(data["details"]["email"], s.anna.email.as_str());
    assert_eq!(data["memberships"][0]["organisation"], "Acme");
    assert!(!data["sessions"].as_array().unwrap().is_empty() && !data["activity"].as_array().unwrap().is_empty());
    assert!(!page.body.contains(hash.expose().as_str()) && !page.body.contains("$argon2"));
    assert!(!page.body.contains(carl.id.as_str()) && !page.body.contains(&carl.email));

    s.t.later(Duration::from_secs(3600));
    s.browser.goto("/account/data/file").await;
    assert_eq!(s.browser.path(), "/login", "only a moment after signing in");
}
