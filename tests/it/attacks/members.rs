//! F, I and L in the administration: fields that no form has, things that are turned off, texts that look like commands.
use tenantry::model::{MembershipKind, MembershipState, PersonState};
use tenantry::policy::presets::Preset;

use super::{Scene, token_at};
use crate::admin::{names, office};
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::operator::at_work;
use crate::rights::doors::signed_in;

/// Fields of the rows behind, in no form of ours.
const MORE: [(&str, &str); 11] = [
    ("id", "per_other"),
    ("person_id", "per_other"),
    ("user_id", "per_other"),
    ("tenant_id", "ten_other"),
    ("operator", "true"),
    ("is_operator", "true"),
    ("email_verified", "true"),
    ("state", "active"),
    ("status", "active"),
    ("password_hash", "x"),
    ("created_at", "0"),
];
const COMMANDS: &str = "{{ config }} ${env.PATH} %(x)s";

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_a_new_person_is_what_the_form_asks_and_nothing_that_was_sent_along() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg");
    let mut form = browser.form("#person-create");
    form.fields.extend(MORE.map(owned));

    browser.send(form).await;

    assert_eq!(browser.page().status, 422);
    let row = async || {
        let email = tenantry::model::Email::parse("bo@acme.example").unwrap();
        t.app.store.read(async |r| r.person_by_email(&email).await).await.unwrap()
    };
    assert!(row().await.is_none(), "what is refused leaves nothing behind");
    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    let bo = row().await.unwrap();
    assert_eq!((bo.state, bo.operator, bo.email_verified, bo.has_password), (PersonState::Invited, false, false, false));
    assert!(bo.id.as_str() != "per_other" && bo.created_at == t.now());
    let seats = t.app.store.read(async |r| r.memberships_of(&bo.id).await).await.unwrap();
    let seats: Vec<_> = seats.iter().map(|seat| (&seat.tenant, seat.state, seat.admin, seat.api_access)).collect();
    assert_eq!(seats, [(&acme.id, MembershipState::Invited, false, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn i13_names_and_groups_are_changed_by_their_own_fields_alone() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    let group = t.group(&acme, "Clerks", &[]).await;
    let row = async || t.app.store.read(async |r| r.person(&bodo.id).await).await.unwrap().unwrap();
    let before = row().await;

    for more in MORE {
        browser.goto(format!("/admin/acme/people/{}", bodo.id)).await;
        let mut form = browser.fill("#first-name", "Changed").form("#names-save");
        form.fields.push(owned(more));
        browser.send(form).await;
        assert_eq!(browser.page().status, 422, "{}", more.0);
    }
    let after = row().await;
    assert_eq!((&after.first_name, after.updated_at), (&before.first_name, before.updated_at));
    browser.goto(format!("/admin/acme/groups/{}", group.id)).await;
    let mut form = browser.form("#group-save");
    form.fields.extend(MORE.map(owned));
    form.fields.extend([("permission", "tenantry:people"), ("permissions", "tenantry:people"), ("tenant", "ten_other")].map(owned));
    browser.send(form).await;
    assert_eq!(browser.page().status, 422);
    let groups = t.app.store.read(async |r| r.groups_of(&acme.id).await).await.unwrap();
    assert_eq!((groups.len(), groups[0].permissions.len(), &groups[0].tenant), (1, 0, &acme.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn i14_whatever_is_disabled_is_refused_in_every_flow_on_every_node() {
    let s = Scene::set().await;
    let second = s.t.beside().await;
    let mut operator = at_work(&s.t).await;
    for thing in [format!("clients/{}", s.party.client_id), format!("tenants/{}", s.acme.id), format!("people/{}", s.anna.id)] {
        let (browser, tokens) = s.signed_in().await;
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_deref().unwrap())];

        operator.goto(format!("/operator/{thing}/disable")).await;
        operator.submit("#confirm").await;
        assert!(operator.has("#done"), "{thing}: {}", operator.page());
        second.app.refresh().await.unwrap();

        for address in [s.t.address, second.address] {
            let node = format!("http://{address}");
            let userinfo = net::client().get(format!("{node}/userinfo")).bearer_auth(&tokens.access).send().await.unwrap();
            assert_eq!(userinfo.status(), 401, "{thing}: userinfo of {node}");
            let (status, body) = token_at(&node, &s.party, &refresh).await;
            assert!([400, 401].contains(&status), "{thing}: refresh at {node}: {body}");
        }
        let silent = s.party.authorize(&["openid"], &[("prompt", "none")]);
        let mut silently = browser.clone();
        silently.goto(silent.url.as_str()).await;
        let entered = silently.left().is_some_and(|url| url.query_pairs().any(|(name, _)| name == "code"));
        assert!(!entered, "{thing}: silent sign-in");
        operator.goto(format!("/operator/{thing}/enable")).await;
        operator.submit("#confirm").await;
        second.app.refresh().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i22_what_looks_like_a_placeholder_is_only_text() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    let path = std::env::var("PATH").unwrap_or_default();
    for field in ["#alias", "#contact", "#sender-name"] {
        browser.goto("/admin/acme/branding").await;
        browser.fill(field, COMMANDS).submit("#branding-save").await;
        assert!(browser.has("#done"), "{field}: {}", browser.page());
    }
    assert_eq!(browser.text(".bar-name"), COMMANDS);
    browser.goto("/admin/acme/groups/new").await;
    browser.fill("#name", COMMANDS).submit("#group-save").await;
    browser.goto("/admin/acme/groups").await;
    assert_eq!(names(&browser), [COMMANDS]);
    let group = browser.page().attr(".list tbody th a", "href").rsplit('/').next().unwrap().to_owned();
    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", "bo@acme.example").fill("#first-name", COMMANDS).fill("#last-name", "Berg").fill("#group", &group);
    browser.submit("#person-create").await;
    assert_eq!(browser.text("h1"), format!("{COMMANDS} Berg"));

    let letter = t.mailbox.letter("bo@acme.example").await;
    let said = format!("{}{}{}{:?}", letter.subject, letter.text, letter.html, letter.from_name);
    assert!(path.is_empty() || !said.contains(&path), "{said}");
    assert!(said.contains("%(x)s") && said.contains("PATH"), "as it was typed: {said}");
    let mut anyone = t.browser();
    let party = t.party().await;
    anyone.goto(party.authorize(&["openid"], &[("tenant", "acme")]).url.as_str()).await;
    assert_eq!(anyone.text("#contact"), COMMANDS);
}

#[tokio::test(flavor = "multi_thread")]
async fn l16_administrators_type_no_invisible_or_stacked_characters() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut browser = signed_in(&t, &anna).await;
    let stacked = format!("a{}", "\u{0301}".repeat(10));
    let odd = ["a\u{202E}b", "a\u{200B}b", "\u{FEFF}a", "a\nb", "a\u{2028}b", "\u{E0041}a", stacked.as_str()];
    for (page, button, field) in [
        ("groups/new", "#group-save", "name"),
        ("locations/new", "#location-save", "name"),
        ("locations/new", "#location-save", "website"),
        ("people/new", "#person-create", "first_name"),
        ("people/new", "#person-create", "last_name"),
        ("branding", "#branding-save", "alias"),
        ("branding", "#branding-save", "sender_name"),
        ("branding", "#branding-save", "contact"),
    ] {
        for text in odd {
            browser.goto(format!("/admin/acme/{page}")).await;
            let mut form = browser.form(button);
            for (name, value) in
                form.fields.iter_mut().filter(|(name, _)| ["name", "first_name", "last_name", "email"].contains(&name.as_str()))
            {
                if page != "branding" {
                    *value = if name == "email" { "bo@acme.example" } else { "Bern" }.to_owned();
                }
            }
            form.fields.iter_mut().filter(|(name, _)| name == field).for_each(|(_, value)| text.clone_into(value));
            browser.send(form).await;
            assert_eq!(browser.page().status, 422, "{page} {field} {}", text.escape_unicode());
        }
    }
    browser.goto("/admin/acme/people").await;
    assert_eq!(names(&browser), ["Anna Example"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_what_a_tenant_turned_off_is_not_there_when_it_is_called_directly() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let bodo = t.member(&acme, "bodo@acme.example").await;
    browser.goto("/account").await;
    let form = browser.form("#sign-out");

    for path in [format!("/admin/acme/people/{}/locations", bodo.id), "/account/security/passkey".to_owned()] {
        browser.goto(&path).await;
        assert_eq!(browser.page().status, 404, "{path}");
    }
    for (path, field) in [
        (format!("/admin/acme/people/{}/locations", bodo.id), ("add", "loc_x")),
        ("/account/security/passkey".to_owned(), ("name", "Key")),
        ("/account/security/passkey/use".to_owned(), ("name", "Key")),
    ] {
        browser.goto("/account").await;
        let mut sent = form.clone();
        sent.action.set_path(&path);
        sent.fields.push(owned(field));
        browser.send(sent).await;
        assert!((400..500).contains(&browser.page().status), "{path}: {}", browser.page().status);
    }
    let seat = t.app.store.read(async |r| r.membership(&bodo.id, &acme.id).await).await.unwrap().unwrap();
    assert!(!seat.limited_to_locations);
}

#[tokio::test(flavor = "multi_thread")]
async fn i05_no_edit_of_the_page_that_asks_for_the_tenant_opens_a_foreign_one() {
    let s = Scene::set().await;
    let (own, foreign) = (s.t.tenant("own").await, s.t.tenant("foreign").await);
    s.t.join(&s.anna, &own, MembershipKind::Guest).await;
    let request = s.party.authorize(&["openid", "tenant"], &[]);
    let mut browser = s.t.browser();
    browser.goto(request.url.as_str()).await;
    s.t.sign_in(&mut browser, &s.anna).await;
    assert_eq!(browser.path(), "/select-tenant");

    for edited in ["foreign", foreign.id.as_str(), "N-foreign", "nowhere", ""] {
        let mut form = browser.form("#tenant-acme");
        form.fields.iter_mut().filter(|(name, _)| name == "tenant").for_each(|(_, value)| edited.clone_into(value));
        let mut tried = browser.clone();
        tried.send(form).await;
        let code = tried.left().and_then(|url| url.query_pairs().find(|(name, _)| name == "code").map(|(_, code)| code.into_owned()));
        assert_eq!(code, None, "{edited:?}");
    }
    let asked = s.party.authorize(&["openid", "tenant"], &[("tenant", "foreign")]);
    let mut named = browser.clone();
    named.goto(asked.url.as_str()).await;
    assert_eq!(s.party.landed(&asked, named.landing()).error(), "access_denied");
    browser.submit("#tenant-own").await;
    let tokens = s.party.exchange(&request, &s.party.landed(&request, browser.landing()).code()).await.unwrap();
    assert_eq!(tokens.claims["tenant"], "own");
}
