//! Announcements: written by operators, read by whom they are for, where and as long as they are for them.
use std::time::Duration;

use tenantry::model::{Announcement, MembershipKind};

use super::{actions, at_work, olga, signed_in};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;

/// What is announced where a test does not say what.
const CLOSED: &str = "The office is closed.";
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// Opens the form, fills and ticks what is given, and sends it. Tests begin at 2026-11-22 08:00.
async fn send(operator: &mut Browser, fields: &[(&str, &str)], ticks: &[&str]) {
    operator.goto("/operator/announcements/new").await;
    operator.fill("#text-en", CLOSED);
    for (field, value) in fields {
        operator.fill(field, value);
    }
    for tick in ticks {
        operator.tick(tick);
    }
    operator.submit("#announcement-save").await;
}

async fn announce(operator: &mut Browser, fields: &[(&str, &str)], ticks: &[&str]) {
    send(operator, fields, ticks).await;
    assert_eq!((operator.path(), operator.has("#done")), ("/operator/announcements", true), "{}", operator.page());
}

/// The announcement with this English text, as it is stored.
async fn stored(t: &Tenantry, text: &str) -> Announcement {
    let all = t.app.store.read(async |r| r.announcements().await).await.unwrap();
    all.into_iter().find(|one| one.notice.text == text).unwrap_or_else(|| panic!("nobody wrote {text}"))
}

/// What is announced on the page at an address.
async fn read(browser: &mut Browser, path: &str) -> Vec<String> {
    browser.goto(path).await;
    assert_eq!(browser.page().status, 200, "{path}");
    browser.page().texts("[data-announced] p [lang]")
}

async fn states(operator: &mut Browser) -> Vec<String> {
    operator.goto("/operator/announcements").await;
    operator.page().texts(".list td:nth-child(2)")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_is_shown_in_its_time_and_in_the_readers_language() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut operator = at_work(&t).await;
    let mut reader = signed_in(&t, &anna).await;
    let times = [("#from", "2026-11-22T08:10"), ("#until", "2026-11-22T08:20")];
    announce(&mut operator, &[times[0], times[1], ("#text-de", "Das Büro ist zu.")], &[]).await;

    assert_eq!((states(&mut operator).await, read(&mut reader, "/account").await), (vec!["Planned".to_owned()], vec![]));

    t.later(TEN_MINUTES);
    assert_eq!(states(&mut operator).await, ["Running"]);
    for (language, text, lang) in [("de", "Das Büro ist zu.", "de"), ("fr", CLOSED, "en"), ("en", CLOSED, "en")] {
        assert_eq!(read(&mut reader, &format!("/account?lang={language}")).await, [text], "{language}");
        assert_eq!(reader.page().attr("[data-announced] p [lang]", "lang"), lang);
    }
    assert_eq!(read(&mut reader, "/account/sessions").await, [CLOSED], "on every page");

    t.later(TEN_MINUTES);
    assert_eq!((states(&mut operator).await, read(&mut reader, "/account").await), (vec!["Over".to_owned()], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn i11_what_is_for_one_tenant_is_read_by_its_people_alone() {
    let t = Tenantry::start().await;
    let (acme, globex) = (t.tenant("acme").await, t.tenant("globex").await);
    let member = t.member(&acme, "anna@acme.example").await;
    let guest = t.admin(&globex, "gina@globex.example").await;
    t.join_with(&guest, &acme, MembershipKind::Guest, |new| new.admin = true).await;
    let stranger = t.admin(&globex, "gus@globex.example").await;
    let mut operator = at_work(&t).await;
    announce(&mut operator, &[("#text-en", "Acme moves."), ("#tenant", "N-acme")], &[]).await;
    assert_eq!(stored(&t, "Acme moves.").await.notice.tenant, Some(acme.id.clone()));

    let (mut member, mut guest, mut stranger) = (signed_in(&t, &member).await, signed_in(&t, &guest).await, signed_in(&t, &stranger).await);

    assert_eq!(read(&mut member, "/account").await, ["Acme moves."]);
    assert_eq!(read(&mut guest, "/account").await, ["Acme moves."]);
    assert_eq!(read(&mut guest, "/admin/acme").await, ["Acme moves."]);
    assert!(read(&mut guest, "/admin/globex").await.is_empty(), "there the guest works for another tenant");
    for page in ["/admin/globex", "/account"] {
        assert!(read(&mut stranger, page).await.is_empty(), "{page}");
    }
    assert!(read(&mut operator, "/operator").await.is_empty(), "operators see it in their list");
    announce(&mut operator, &[("#text-en", "Everybody moves.")], &["#kind-warning"]).await;
    assert_eq!(read(&mut operator, "/operator").await, ["Everybody moves."]);
    assert_eq!(read(&mut guest, "/admin/acme").await, ["Everybody moves.", "Acme moves."], "warnings stand first");
    assert_eq!(read(&mut stranger, "/account").await, ["Everybody moves."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_page_shows_what_was_written_for_it_and_one_tenants_only_where_that_is_named() {
    let t = Tenantry::start().await;
    let (acme, _) = (t.tenant("acme").await, t.tenant("globex").await);
    let party = t.party().await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut operator = at_work(&t).await;
    announce(&mut operator, &[("#text-en", "In consoles.")], &[]).await;
    announce(&mut operator, &[("#text-en", "For all."), ("#text-de", "Für alle.")], &["#on-sign-in"]).await;
    announce(&mut operator, &[("#text-en", "For Acme."), ("#tenant", "acme")], &["#on-sign-in"]).await;
    let mut anyone = t.browser();

    assert_eq!(read(&mut anyone, "/login/start").await, ["For all."]);
    assert_eq!(read(&mut anyone, "/recovery").await, ["For all."]);
    assert_eq!(read(&mut anyone, "/recovery?lang=de").await, ["Für alle."]);
    assert!(!anyone.has("[data-announced] form"), "nobody puts anything away before signing in");
    let mut anyone = t.browser();
    let named = |tenant: &str| party.authorize(&["openid"], &[("tenant", tenant)]).url.to_string();
    assert_eq!(read(&mut anyone, &named("globex")).await, ["For all."]);
    assert_eq!(read(&mut anyone, &named("nowhere")).await, ["For all."]);
    let mut here = read(&mut anyone, &named("acme")).await;
    here.sort();
    assert_eq!(here, ["For Acme.", "For all."]);
    assert_eq!(read(&mut signed_in(&t, &anna).await, "/account").await.len(), 3, "inside she reads all of it");
}

#[tokio::test]
async fn a_sign_in_page_costs_no_statement_more_with_announcements() {
    let t = Tenantry::start().await;
    let statements = || t.log.lines_with("a statement ran").len();
    let mut anyone = t.browser();
    anyone.goto("/recovery").await;
    let before = statements();
    anyone.goto("/recovery").await;
    let without = statements() - before;
    let mut operator = at_work(&t).await;
    announce(&mut operator, &[], &["#on-sign-in"]).await;

    let before = statements();
    assert_eq!(read(&mut anyone, "/recovery").await.len(), 1);

    assert_eq!(statements() - before, without);
}

#[tokio::test(flavor = "multi_thread")]
async fn l01_markup_and_addresses_in_an_announcement_are_only_text() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut operator = at_work(&t).await;
    let hostile = "</p><img id=evil src=x onerror=alert(1)> {{7*7}} https://evil.example \"' [a](https://evil.example)";
    announce(&mut operator, &[("#text-en", hostile)], &["#on-sign-in"]).await;
    let mut reader = signed_in(&t, &anna).await;
    let mut anyone = t.browser();

    let pages: [(&mut Browser, &[&str]); 3] = [
        (&mut reader, &["/account", "/admin/acme"]),
        (&mut anyone, &["/recovery"]),
        (&mut operator, &["/operator", "/operator/announcements"]),
    ];
    for (browser, pages) in pages {
        for page in pages {
            assert_eq!(read(browser, page).await, [hostile], "{page}");
            assert!(!browser.has("#evil") && !browser.has("a[href*='evil']"), "{page}");
        }
    }
    assert_eq!(operator.page().texts(".list tbody th a"), [hostile]);
    operator.follow(".list tbody th a").await;
    assert_eq!((operator.text("#text-en").as_str(), operator.has("#evil")), (hostile, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn l16_invisible_characters_and_what_makes_no_sense_is_refused_and_stays_in_the_form() {
    let t = Tenantry::start().await;
    t.tenant("acme").await;
    let mut operator = at_work(&t).await;
    let long = "x".repeat(301);
    let cases = [
        ("#text-en", " ", "text"),
        ("#text-en", "Safe\u{202E}fdp.exe", "text"),
        ("#text-de", "un\u{200B}sichtbar", "text"),
        ("#text-it", "a\u{0007}b", "text"),
        ("#text-fr", long.as_str(), "text"),
        ("#from", "soon", "starts"),
        ("#from", "2026-11-31T08:00", "starts"),
        ("#until", "", "ends"),
        ("#until", "2026-11-22T08:00", "order"),
        ("#from", "2027-01-01T08:00", "order"),
        ("#tenant", "nowhere", "tenant"),
    ];

    for (field, value, fault) in cases {
        send(&mut operator, &[(field, value)], &["#on-sign-in", "#kind-warning"]).await;
        assert_eq!((operator.page().status, operator.page().attr("#error", "data-kind").as_str()), (422, fault), "{field} {value}");
        assert!(operator.has("#on-sign-in[checked]") && operator.has("#kind-warning[checked]"), "what was chosen stays");
        if !field.starts_with("#text") {
            assert_eq!(operator.page().attr(field, "value"), value, "what was typed stays");
        } else if value.trim() == value {
            assert!(operator.has(&format!("{field}[aria-invalid]")), "the field itself is marked: {field}");
            assert_eq!(operator.text(field), value, "what was typed stays");
        }
    }
    assert!(t.app.store.read(async |r| r.announcements().await).await.unwrap().is_empty());
    send(&mut operator, &[("#text-en", " One.\r\n\r\nTwo. "), ("#text-fr", " ")], &[]).await;
    let kept = stored(&t, "One. Two.").await.notice;
    assert!(kept.translations.is_empty(), "no text where none was written: {kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_information_is_put_away_in_one_browser_until_it_changes_and_a_warning_never() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut operator = at_work(&t).await;
    announce(&mut operator, &[("#text-en", "First.")], &[]).await;
    let first = stored(&t, "First.").await.id;
    announce(&mut operator, &[("#text-en", "Second.")], &[]).await;
    announce(&mut operator, &[("#text-en", "Beware.")], &["#kind-warning"]).await;
    let (mut one, mut other) = (signed_in(&t, &anna).await, signed_in(&t, &anna).await);
    let texts = async |browser: &mut Browser, page: &str| {
        let mut texts = read(browser, page).await;
        texts.sort();
        texts
    };
    assert_eq!(texts(&mut one, "/admin/acme/people").await, ["Beware.", "First.", "Second."]);
    assert!(one.has("[data-announced=information] form") && !one.has("[data-announced=warning] form"));

    let position = one.page().texts("[data-announced=information] p [lang]").iter().position(|text| text == "First.").unwrap();
    let id = one.page().attrs("[data-announced=information] button", "id").remove(position);
    one.submit(&format!("[id='{id}']")).await;

    assert_eq!(one.path(), "/admin/acme/people", "back where it stood");
    assert_eq!(texts(&mut one, "/account").await, ["Beware.", "Second."], "gone from every console");
    assert_eq!(texts(&mut other, "/account").await.len(), 3, "another browser still shows it");
    let id = one.page().attrs("[data-announced=information] button", "id").remove(0);
    one.submit(&format!("[id='{id}']")).await;
    assert_eq!(texts(&mut one, "/account").await, ["Beware."], "the first one stays away");

    operator.goto(format!("/operator/announcements/{first}")).await;
    operator.fill("#text-en", "First, again.").submit("#announcement-save").await;
    assert_eq!(texts(&mut one, "/account").await, ["Beware.", "First, again."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a08_putting_a_note_away_leads_to_pages_of_consoles_alone_and_only_by_our_own_form() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.member(&acme, "anna@acme.example").await;
    let mut operator = at_work(&t).await;
    announce(&mut operator, &[], &[]).await;
    let mut reader = signed_in(&t, &anna).await;
    reader.goto("/account/sessions?x=1").await;
    let form = reader.form("[data-announced] button");
    let with = |name: &str, value: &str| {
        let mut form = form.clone();
        form.fields.iter_mut().filter(|(field, _)| field == name).for_each(|(_, sent)| value.clone_into(sent));
        form
    };

    assert!(form.fields.contains(&("back".to_owned(), "/account/sessions".to_owned())), "without the query: {form:?}");
    reader.send(with("csrf", "x")).await;
    assert_eq!(reader.page().status, 400);
    for back in ["//evil.example", "/\\evil.example", "https://evil.example/account", "/authorize", "/%09/evil", ""] {
        reader.goto("/account/sessions").await;
        reader.send(with("back", back)).await;
        assert_eq!((reader.left(), reader.path()), (None, "/account"), "{back}");
    }
    let kept = |browser: &Browser| browser.jar.cookies().iter().find(|c| c.name == "tenantry-dismissed").map(|c| c.value.clone());
    let before = kept(&reader);
    for mark in ["", "AAAAAAAA", "AAAA", "\u{fc}\u{fc}\u{fc}\u{fc}"] {
        reader.goto("/account/sessions").await;
        reader.send(with("mark", mark)).await;
        assert_eq!((reader.page().status, kept(&reader)), (200, before.clone()), "{mark}");
    }
    assert_eq!(before.map(|value| value.len()), Some(8));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ended_early_or_removed_is_gone_at_once_on_every_node() {
    let t = Tenantry::start().await;
    let second = t.beside().await;
    let mut operator = at_work(&t).await;
    announce(&mut operator, &[("#text-en", "Ends.")], &["#on-sign-in"]).await;
    let ends = stored(&t, "Ends.").await.id;
    announce(&mut operator, &[("#text-en", "Goes.")], &["#on-sign-in"]).await;
    let goes = stored(&t, "Goes.").await.id;
    let later = [("#from", "2026-11-23T08:00"), ("#until", "2026-11-24T08:00")];
    announce(&mut operator, &later, &[]).await;
    let planned = stored(&t, CLOSED).await.id;
    let (mut here, mut there) = (t.browser(), Browser::new(&format!("http://{}", second.address)));
    // Each node looks for changes once a second.
    second.app.refresh().await.unwrap();
    assert_eq!((read(&mut here, "/recovery").await.len(), read(&mut there, "/recovery").await.len()), (2, 2));

    assert!(!operator.has(&format!("#end-{planned}")) && operator.has(&format!("#remove-{planned}")));
    operator.follow(&format!("#end-{ends}")).await;
    operator.submit("#confirm").await;
    assert!(operator.has("#done"));
    second.app.refresh().await.unwrap();
    assert_eq!((read(&mut here, "/recovery").await, read(&mut there, "/recovery").await), (vec!["Goes.".into()], vec!["Goes.".into()]));
    assert_eq!(states(&mut operator).await, ["Running", "Planned", "Over"]);
    operator.follow(&format!("#remove-{goes}")).await;
    operator.submit("#confirm").await;
    second.app.refresh().await.unwrap();
    assert!(read(&mut here, "/recovery").await.is_empty() && read(&mut there, "/recovery").await.is_empty());

    assert_eq!(states(&mut operator).await, ["Planned", "Over"]);
    operator.goto(format!("/operator/announcements/{planned}/end")).await;
    operator.submit("#confirm").await;
    assert!(!operator.has("#done"), "what has not begun does not end");
    assert_eq!(states(&mut operator).await, ["Planned", "Over"]);
    operator.goto(format!("/operator/announcements/{goes}")).await;
    assert_eq!(operator.page().status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_of_an_announcement_leaves_a_line_in_the_audit_trail() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let olga = olga(&t).await;
    let mut operator = signed_in(&t, &olga).await;
    announce(&mut operator, &[("#text-en", "Ask help@acme.example."), ("#tenant", "acme")], &["#on-sign-in"]).await;
    let id = stored(&t, "Ask help@acme.example.").await.id;
    let page = format!("/operator/announcements/{id}");

    // The trail is in order of time.
    t.later(Duration::from_secs(1));
    operator.goto(&page).await;
    operator.submit("#announcement-save").await;
    operator.goto(&page).await;
    operator.fill("#until", "2026-11-22T09:00").tick("#kind-warning").submit("#announcement-save").await;
    for step in ["end", "remove"] {
        t.later(Duration::from_secs(1));
        operator.goto(format!("{page}/{step}")).await;
        operator.submit("#confirm").await;
        assert!(operator.has("#done"), "{step}: {}", operator.page());
    }

    let trail: Vec<String> = actions(&t).await.into_iter().filter(|action| action.starts_with("announcement.")).collect();
    let all = ["announcement.create", "announcement.edit", "announcement.end", "announcement.remove"];
    assert_eq!(trail, all, "what changed nothing left no line");
    let rows = t.app.store.read(async |r| r.audit_since(tenantry::world::Timestamp::from_micros(0), 1000).await).await.unwrap();
    let rows: Vec<_> = rows.into_iter().filter(|row| row.subject == id.as_str()).collect();
    assert!(rows.iter().all(|row| row.actor == olga.id.as_str() && row.tenant.as_ref() == Some(&acme.id)));
    assert_eq!(rows[1].detail["changed"], serde_json::json!(["kind", "until"]));
    assert!(rows.iter().all(|row| !row.detail.to_string().contains("help@")), "a text may name somebody");
}

#[tokio::test(flavor = "multi_thread")]
async fn e08_announcements_are_changed_soon_after_a_sign_in_and_the_slower_of_two_is_told() {
    let t = Tenantry::start().await;
    let olga = olga(&t).await;
    let (mut one, mut other) = (signed_in(&t, &olga).await, signed_in(&t, &olga).await);
    announce(&mut one, &[], &[]).await;
    let page = format!("/operator/announcements/{}", stored(&t, CLOSED).await.id);
    for browser in [&mut one, &mut other] {
        browser.goto(&page).await;
    }

    one.fill("#text-en", "Mine.").submit("#announcement-save").await;
    other.fill("#text-en", "Yours.").submit("#announcement-save").await;
    assert!(one.has("#done"));
    assert_eq!((other.page().status, other.page().attr("#error", "data-kind").as_str()), (422, "meanwhile"));
    assert_eq!(other.text("#text-en"), "Yours.", "what was typed stays");
    other.submit("#announcement-save").await;
    assert!(other.has("#done"), "sent again, on purpose: {}", other.page());

    t.later(Duration::from_secs(20 * 60));
    for (page, button) in [
        ("/operator/announcements/new".to_owned(), "#announcement-save"),
        (page.clone(), "#announcement-save"),
        (format!("{page}/end"), "#confirm"),
        (format!("{page}/remove"), "#confirm"),
    ] {
        other.goto(&page).await;
        assert_eq!(other.path(), page);
        other.submit(button).await;
        assert_eq!(other.path(), "/login", "{page}");
    }
    stored(&t, "Yours.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_of_tenants_do_not_reach_announcements() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let anna = t.admin(&acme, "anna@acme.example").await;
    let mut operator = at_work(&t).await;
    announce(&mut operator, &[("#tenant", "acme")], &[]).await;
    let before = stored(&t, CLOSED).await;
    let one = format!("/operator/announcements/{}", before.id);
    let mut admin = signed_in(&t, &anna).await;

    for page in [
        "/operator/announcements".to_owned(),
        "/operator/announcements/new".to_owned(),
        one.clone(),
        format!("{one}/end"),
        format!("{one}/remove"),
    ] {
        admin.goto(&page).await;
        assert_eq!(admin.page().status, 403, "{page}");
        admin.goto("/account").await;
        let mut form = admin.form("#sign-out");
        form.action = t.url(&page).parse().unwrap();
        admin.send(form).await;
        // The list alone takes no form.
        assert_eq!(admin.page().status, if page.ends_with("announcements") { 405 } else { 403 }, "{page}");
    }
    assert_eq!(stored(&t, CLOSED).await, before);
}
