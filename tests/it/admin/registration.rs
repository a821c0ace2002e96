//! The page of an invitation under the rules of promio: password and app in one visit (people.md P3 to P10).
use qrcodegen::{QrCode, QrCodeEcc};
use tenantry::credentials::totp;
use tenantry::model::FactorKind;
use tenantry::policy::presets::Preset;

use super::{knock, office};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Authenticator;

const NEW: &str = "lantern orbit walnut 42";
const BO: &str = "bo@acme.example";

/// A browser at the page to which Bo's letter leads.
async fn registering(t: &Tenantry, preset: Preset) -> Browser {
    let (_, _, mut marie) = office(t, preset).await;
    marie.goto("/admin/acme/people/new").await;
    marie.fill("#email", BO).fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    let link = t.mailbox.link(BO).await;
    let mut browser = t.browser();
    browser.goto(link.as_str()).await;
    assert_eq!(browser.path(), "/invitation");
    browser
}

async fn factor(t: &Tenantry) -> FactorKind {
    let email = tenantry::model::Email::parse(BO).unwrap();
    t.app.store.read(async |r| r.person_by_email(&email).await).await.unwrap().unwrap().second_factor
}

/// The modules of the code on the page, without the white around it.
fn modules(browser: &Browser) -> Vec<Vec<bool>> {
    const QUIET: usize = 4;
    let picture = "#invitation-app .qr svg";
    let sides = browser.page().attr(picture, "viewBox");
    let size: usize = sides.rsplit(' ').next().unwrap().parse().unwrap();
    let mut grid = vec![vec![false; size]; size];
    for bar in browser.page().attr(&format!("{picture} path"), "d").split('M').skip(1) {
        let (from, width) = bar.split_once('h').unwrap();
        let (x, y) = from.split_once(' ').unwrap();
        let (x, y, width): (usize, usize, usize) =
            (x.parse().unwrap(), y.parse().unwrap(), width.split('v').next().unwrap().parse().unwrap());
        grid[y][x..x + width].fill(true);
    }
    grid[QUIET..size - QUIET].iter().map(|row| row[QUIET..size - QUIET].to_vec()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn p4_the_link_leads_to_the_page_where_the_password_is_chosen() {
    let t = Tenantry::start().await;
    let mut browser = registering(&t, Preset::Promio).await;
    for field in ["#password", "#password-repeat"] {
        assert_eq!(browser.page().attr(field, "type"), "password");
    }
    browser.fill("#password", NEW).fill("#password-repeat", "another one").submit("#invitation-submit").await;
    assert_eq!((browser.page().status, knock(&mut t.browser(), BO, NEW).await), (422, 401), "typed the same twice");

    browser.fill("#password", NEW).fill("#password-repeat", NEW).submit("#invitation-submit").await;

    assert!(browser.has("#done-continue"), "{}", browser.page());
    assert_eq!(knock(&mut t.browser(), BO, NEW).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn p6_the_page_says_step_by_step_how_to_get_an_app() {
    let t = Tenantry::start().await;
    let browser = registering(&t, Preset::Promio).await;

    let page = browser.page();
    assert_eq!(page.texts("#invitation-app ol.steps h2"), ["Install an app", "Scan the code", "Enter what the app shows"], "in this order");
    let first = page.text("#invitation-app ol.steps > li:first-child p");
    for said in ["app store", "search", "install"] {
        assert!(first.contains(said), "{said}: {first}");
    }
    let apps = page.texts("#invitation-app .apps li");
    assert!(apps.contains(&"andOTP".to_owned()) && apps.contains(&"2FAS Auth".to_owned()), "{apps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn p7_any_app_scans_the_picture_and_shows_the_name_that_the_house_gave_itself() {
    let t = Tenantry::start_with(|config| config.product.name = "promio.net GmbH".to_owned()).await;
    let mut browser = registering(&t, Preset::Promio).await;
    assert!(browser.has("#invitation-app .qr svg"));
    assert!(browser.text("#invitation-app").contains("The app will show it as promio.net GmbH."), "{}", browser.page());

    // The picture holds the very modules of the link with this name, this account and the secret that stands below.
    let secret: String = browser.text("#totp-secret").split_whitespace().collect();
    let link = totp::uri(totp_rs::Secret::try_from_base32(&secret).unwrap().as_bytes(), "promio.net GmbH", BO).unwrap();
    let code = QrCode::encode_text(link.expose(), QrCodeEcc::Medium).unwrap();
    let row = |y: i32| (0..code.size()).map(|x| code.get_module(x, y)).collect::<Vec<bool>>();
    assert_eq!(modules(&browser), (0..code.size()).map(row).collect::<Vec<_>>());
    let link = url::Url::parse(link.expose()).unwrap();
    let label = url::form_urlencoded::parse(link.path().as_bytes()).next().unwrap().0.into_owned();
    assert_eq!((label.as_str(), link.host_str()), ("/promio.net GmbH:bo@acme.example", Some("totp")));
    let issuers: Vec<_> = link.query_pairs().filter(|(name, _)| name == "issuer").map(|(_, value)| value.into_owned()).collect();
    assert_eq!(issuers, ["promio.net GmbH"]);

    // A foreign implementation of RFC 6238, which knows the secret and nothing else.
    let app = Authenticator::typed(&browser.text("#totp-secret"));
    browser.fill("#password", NEW).fill("#password-repeat", NEW).fill("#code", &app.code(t.now())).submit("#invitation-submit").await;

    assert_eq!(factor(&t).await, FactorKind::Totp);
}

#[tokio::test(flavor = "multi_thread")]
async fn p9_registration_ends_at_the_login_page_and_signs_nobody_in() {
    for with_app in [true, false] {
        let t = Tenantry::start().await;
        let mut browser = registering(&t, Preset::Promio).await;
        browser.fill("#password", NEW).fill("#password-repeat", NEW);
        if with_app {
            let app = Authenticator::typed(&browser.text("#totp-secret"));
            browser.fill("#code", &app.code(t.now()));
        }
        browser.submit("#invitation-submit").await;

        browser.follow(if with_app { "#recovery-done" } else { "#done-continue" }).await;

        assert_eq!((browser.path(), browser.has("#identifier"), browser.has("#password")), ("/login", true, true));
        browser.goto("/account").await;
        assert_eq!(browser.path(), "/login", "with an app: {with_app}");
        assert_eq!(t.browser().goto("/invitation").await.page().status, 410);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_p8_password_and_app_are_set_up_in_one_visit_by_one_right_code() {
    let t = Tenantry::start().await;
    let mut browser = registering(&t, Preset::Promio).await;
    let app = Authenticator::typed(&browser.text("#totp-secret"));
    browser.fill("#password", NEW).fill("#password-repeat", NEW).fill("#code", &app.code(t.now())).submit("#invitation-submit").await;
    assert!(browser.page().texts("#recovery-codes li").len() >= 10, "{}", browser.page());

    browser.follow("#recovery-done").await;

    assert_eq!(factor(&t).await, FactorKind::Totp);
    browser.fill("#identifier", BO).fill("#password", NEW).submit("#login-submit").await;
    assert_eq!(browser.path(), "/login/code");
    t.later(std::time::Duration::from_secs(30));
    browser.fill("#code", &app.code(t.now())).submit("#code-submit").await;
    assert_eq!(browser.page().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn p5_the_app_is_optional() {
    let t = Tenantry::start().await;
    let mut browser = registering(&t, Preset::Promio).await;

    browser.fill("#password", NEW).fill("#password-repeat", NEW).submit("#invitation-submit").await;

    assert_eq!(factor(&t).await, FactorKind::None);
    browser.follow("#done-continue").await;
    assert_eq!(browser.path(), "/login");
}

#[tokio::test(flavor = "multi_thread")]
async fn p8_a_wrong_code_changes_nothing_and_the_same_app_stays_on_the_page() {
    let t = Tenantry::start().await;
    let mut browser = registering(&t, Preset::Promio).await;
    let secret = browser.text("#totp-secret");
    let app = Authenticator::typed(&secret);
    let good = app.code(t.now());
    let wrong = if good == "123456" { "654321" } else { "123456" };

    browser.fill("#password", NEW).fill("#password-repeat", NEW).fill("#code", wrong).submit("#invitation-submit").await;
    assert_eq!((browser.page().status, factor(&t).await), (422, FactorKind::None));
    assert!(browser.has("#error[data-kind=wrong_code]"));
    assert_eq!(browser.text("#totp-secret"), secret);
    let mut form = browser.form("#invitation-submit");
    for (name, value) in &mut form.fields {
        match name.as_str() {
            "app" => "v1.made-up".clone_into(value),
            "code" => good.clone_into(value),
            "password" | "password_repeat" => NEW.clone_into(value),
            _ => {}
        }
    }
    let mut tampered = browser.clone();
    tampered.send(form).await;
    assert_eq!((tampered.page().status, factor(&t).await), (422, FactorKind::None), "only a secret of ours");

    browser.fill("#password", NEW).fill("#password-repeat", NEW).fill("#code", &good).submit("#invitation-submit").await;
    assert_eq!(factor(&t).await, FactorKind::Totp);
}

#[tokio::test(flavor = "multi_thread")]
async fn p10_a_code_that_just_rotated_away_is_accepted_while_registering() {
    let t = Tenantry::start().await;
    let mut browser = registering(&t, Preset::Promio).await;
    let app = Authenticator::typed(&browser.text("#totp-secret"));
    let shown = app.code(t.now());
    t.later(std::time::Duration::from_secs(30));
    assert_ne!(shown, app.code(t.now()));

    browser.fill("#password", NEW).fill("#password-repeat", NEW).fill("#code", &shown).submit("#invitation-submit").await;

    assert_eq!(factor(&t).await, FactorKind::Totp);
}
