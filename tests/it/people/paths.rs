//! Ways to the pages: from the start page, from every page to one's own account, by a word; and the languages.
use tenantry::model::Locale;
use tenantry::policy::presets::Preset;

use crate::admin::office;
use crate::harness::tenantry::Tenantry;
use crate::rights::doors::signed_in;

#[tokio::test(flavor = "multi_thread")]
async fn k39_own_account_is_reached_from_every_page_of_every_console() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    let operator = t.person_with("olga@acme.example", |new| new.operator = true).await;
    t.join_with(&operator, &acme, tenantry::model::MembershipKind::Home, |new| new.admin = true).await;
    let mut browser = signed_in(&t, &operator).await;
    browser.goto("/operator").await;
    let operates = browser.page().status == 200;

    for path in
        ["/account", "/account/details", "/account/sessions", "/admin/acme", "/admin/acme/people", "/admin/acme/policies", "/operator"]
    {
        if path == "/operator" && !operates {
            continue; // The operator proves a stronger factor first; doors.rs tests that.
        }
        browser.goto(path).await;
        assert_eq!(browser.page().attr("#my-account", "href"), "/account", "{path}");
        assert_eq!(browser.text("#my-account bdi"), "Olga Example", "{path}");
    }
    browser.follow("#my-account").await;
    assert_eq!((browser.path(), browser.page().status), ("/account", 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_page_leads_to_what_one_may_enter() {
    let t = Tenantry::start().await;
    let (acme, anna, mut admin) = office(&t, Preset::Konfipay).await;
    let member = t.member(&acme, "mona@acme.example").await;
    let operator = t.person_with("olga@acme.example", |new| new.operator = true).await;

    for (person, doors) in [
        (&anna, ["#home-account", "#home-admin"].as_slice()),
        (&member, ["#home-account"].as_slice()),
        (&operator, ["#home-account", "#home-operator"].as_slice()),
    ] {
        let mut browser = signed_in(&t, person).await;
        browser.goto("/").await;
        let shown = ["#home-account", "#home-admin", "#home-operator"].into_iter().filter(|door| browser.has(door));
        assert_eq!(shown.collect::<Vec<_>>(), doors, "{}", person.email);
    }
    admin.goto("/").await;
    admin.follow("#home-admin").await;
    assert_eq!((admin.path(), admin.page().status), ("/admin/acme", 200));
    let mut stranger = t.browser();
    stranger.goto("/").await;
    assert!(stranger.has("#home-login") && !stranger.has("#home-account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn k1_a_word_leads_to_the_form_and_any_other_to_the_people_of_that_name() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    let clerk = t.member(&acme, "clara@acme.example").await;
    let auditors = t.group(&acme, "Auditors", &[("tenantry:audit", false)]).await;
    t.put_into(&auditors, &clerk).await;
    browser.goto("/admin/acme").await;
    assert!(browser.has(".rail form[role=search] #go"));

    for word in ["Benutzer+anlegen", "%20benutzer%20ANLEGEN", "add+a+user", "ajouter+un+utilisateur", "aggiungere+un+utente"] {
        browser.goto(format!("/admin/acme/go?q={word}")).await;
        assert_eq!((browser.path(), browser.has("#person-form")), ("/admin/acme/people/new", true), "{word}");
    }
    browser.goto("/admin/acme/go?q=Gruppen").await;
    assert_eq!(browser.path(), "/admin/acme/groups");
    browser.goto("/admin/acme/go?q=Clara%26status%3Dlocked").await;
    assert_eq!((browser.path(), browser.page().attr("#q", "value").as_str()), ("/admin/acme/people", "Clara&status=locked"));
    browser.goto("/admin/acme/go").await;
    assert_eq!(browser.path(), "/admin/acme");
    let mut hers = signed_in(&t, &clerk).await;
    hers.goto("/admin/acme/go?q=Benutzer+anlegen").await;
    assert_eq!((hers.path(), hers.page().status), ("/admin/acme", 200), "k03: no way to what one may not do");
}

#[tokio::test(flavor = "multi_thread")]
async fn p18_pages_and_letters_are_in_german_and_english_and_in_french_and_italian() {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    for (locale, title, subject) in [
        (Locale::En, "Sign in", "is your code for"),
        (Locale::De, "Anmelden", "ist Ihr Code für"),
        (Locale::Fr, "Connexion", "est votre code pour"),
        (Locale::It, "Accesso", "è il Suo codice per"),
    ] {
        let email = format!("{locale}@acme.example");
        let person = t.person_with(&email, |new| new.locale = locale).await;
        t.join(&person, &acme, tenantry::model::MembershipKind::Home).await;
        let mut browser = t.browser().speaking(&format!("{locale}-CH,en;q=0.5"));
        browser.goto("/login/start").await;
        assert_eq!((browser.page().attr("html", "lang"), browser.text("h1").as_str()), (locale.to_string(), title));
        browser.fill("#identifier", &email).fill("#password", crate::harness::world::PASSWORD).submit("#login-submit").await;
        let letter = t.mailbox.letter(&email).await;
        assert!(letter.subject.contains(subject), "{}", letter.subject);
    }
}
