//! F16, G04, G19: steps out of order, what a half-finished sign-in is worth, and whose clock counts.
use super::{ALL, SESSION, Scene, Shot, answered, at_login, get, guess, is_alive, minutes, once, post, session};
use crate::harness::browser::Browser;
use crate::harness::html::Form;
use crate::harness::world::PASSWORD;

const STEPS: &[&str] = &["/login", "/login/code", "/select-tenant", "/consent", "/select-account"];

/// An answer to every question that there is, posted at any step.
fn everything(browser: &Browser, path: &str, answered: bool) -> Form {
    let page = browser.page();
    let field = |name: &str| (name.to_owned(), page.attr(&format!("form[action='{}'] input[name={name}]", page.url.path()), "value"));
    let mut fields = vec![field("csrf"), field("flow")];
    if answered {
        let answers =
            [("tenant", "acme"), ("decision", "allow"), ("choice", "continue"), ("code", "000000"), ("recovery", "1"), ("connection", "x")];
        fields.extend(answers.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
    Form { action: page.url.join(path).unwrap(), is_post: true, fields }
}

#[tokio::test]
async fn f16_a_step_out_of_order_leads_to_the_step_that_is_due() {
    let s = Scene::set().await;
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;
    let party = s.t.party_with(|_| {}).await;
    let (mut browser, request) = at_login(&s.t, &party).await;

    each_other_step_leads_back(&mut browser, "/login").await;
    guess(&mut browser, &s.anna.email, PASSWORD).await;
    let mailed = s.t.mailbox.code(&s.anna.email).await;
    each_other_step_leads_back(&mut browser, "/login/code").await;
    assert_eq!(session(&browser), None);
    browser.fill("#code", &mailed).submit("#code-submit").await;
    each_other_step_leads_back(&mut browser, "/select-tenant").await;
    browser.submit("#tenant-globex").await;
    each_other_step_leads_back(&mut browser, "/consent").await;
    browser.submit("#consent-allow").await;

    let code = party.landed(&request, browser.landing()).code();
    assert_eq!(party.exchange(&request, &code).await.unwrap().claims["tenant"], "globex");
}

/// The browser rests at the step that is due; every other one, filled or empty, posted or opened, leads back to it, and an
/// empty answer to the right one is asked for again.
async fn each_other_step_leads_back(browser: &mut Browser, due: &str) {
    assert_eq!(browser.path(), due);
    let here = browser.page().url.clone();
    let back = (303, &here[url::Position::BeforePath..]);
    for path in STEPS {
        let open = here.as_str().replace(due, path);
        if *path == due {
            let empty = everything(browser, path, false);
            let page = post(browser, &empty).await;
            assert!([400, 401].contains(&page.status) || (page.status, page.header("location")) == back, "{due}: {page}");
            assert_eq!(get(browser, &open).await.status, 200);
            continue;
        }
        for filled in [true, false] {
            let form = everything(browser, path, filled);
            let page = post(browser, &form).await;
            assert_eq!((page.status, page.header("location")), back, "{path} posted at {due}");
        }
        let page = get(browser, &open).await;
        assert_eq!((page.status, page.header("location")), back, "{path} opened at {due}");
    }
}

#[tokio::test]
async fn f16_a_finished_sign_in_cannot_be_used_again() {
    let s = Scene::set().await;
    let (mut browser, _) = s.half_way().await;
    let mailed = s.t.mailbox.code(&s.anna.email).await;
    let form = browser.fill("#code", &mailed).form("#code-submit");
    assert_eq!(post(&mut browser, &form).await.status, 303);
    let good = session(&browser).unwrap();

    let again = post(&mut browser, &form).await;
    assert_eq!((again.status, again.header("location")), (410, ""), "{again}");
    for path in STEPS {
        let url = form.action.join(&format!("{path}?flow={}", form.fields.iter().find(|(name, _)| name == "flow").unwrap().1)).unwrap();
        assert_eq!(once(&mut browser, reqwest::Method::GET, &url, None).await.status, 410, "{path}");
    }
    assert!(is_alive(&s.t, &good).await);

    let (mut late, _) = s.at_login().await;
    let form = late.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
    s.t.later(minutes(61));
    assert_eq!(post(&mut late, &form).await.status, 400, "a sign-in ends after an hour");
    assert_eq!(session(&late), None);
}

#[tokio::test]
async fn f16_a_sign_in_belongs_to_the_browser_that_began_it() {
    let s = Scene::set().await;
    let (mut half, _) = s.half_way().await;
    let mailed = s.t.mailbox.code(&s.anna.email).await;
    let form = half.fill("#code", &mailed).form("#code-submit");
    let (other, _) = s.at_login().await;
    let csrf = other.page().attr("form[action='/login'] input[name=csrf]", "value");

    let stolen = Shot { cookies: Shot::of(&other, &form).cookies, ..Shot::of(&half, &form) }.with("csrf", &csrf);
    assert_eq!(stolen.fire(s.t.address).await.status, 400);
    let bare = Shot { cookies: "a=b".to_owned(), ..Shot::of(&half, &form) };
    assert_eq!(bare.fire(s.t.address).await.status, 400);
    assert_eq!(post(&mut half, &form).await.status, 303, "the owner goes on");
}

#[tokio::test]
async fn g04_a_password_alone_opens_nothing() {
    let s = Scene::set().await;
    let (mut browser, _) = s.half_way().await;
    assert_eq!(session(&browser), None, "no session before the second factor");

    let silent = s.party.authorize(ALL, &[("prompt", "none")]);
    assert_eq!(s.party.landed(&silent, browser.clone().goto(silent.url.as_str()).await.landing()).error(), "login_required");
    assert_eq!(browser.clone().goto(s.party.authorize(ALL, &[]).url.as_str()).await.path(), "/login");
    for path in ["/account/security", "/account/security/app", "/login/start"] {
        assert_eq!(browser.clone().goto(path).await.path(), "/login", "{path}");
    }
    assert!(!browser.clone().goto("/").await.has("#home-logout"));
    let csrf = browser.page().attr("form[action='/login/code'] input[name=csrf]", "value");
    for path in ["/account/security/off", "/account/security/email", "/account/security/recovery", "/account/security/app"] {
        let fields =
            vec![("csrf".to_owned(), csrf.clone()), ("password".to_owned(), PASSWORD.to_owned()), ("code".to_owned(), "000000".to_owned())];
        let form = Form { action: s.t.url(path).parse().unwrap(), is_post: true, fields };
        let page = post(&mut browser, &form).await;
        assert!(page.status == 303 && page.header("location").starts_with("/login?flow="), "{path}: {page}");
    }
    let pending = browser.jar.cookies().iter().find(|cookie| cookie.name == "tenantry-browser").unwrap().value.clone();
    assert!(!is_alive(&s.t, &pending).await, "the cookie of an unfinished sign-in is no session");
    let as_token = crate::harness::net::client().get(s.t.url("/userinfo")).header("cookie", format!("{SESSION}={pending}"));
    assert_eq!(answered(as_token).await.status, 401);
}

#[tokio::test]
async fn g19_what_the_client_says_about_the_time_is_not_heard() {
    let s = Scene::set().await;
    let ben = s.t.member(&s.acme, "ben@acme.example").await;
    let app = s.t.db_authenticator(&ben).await;
    let old = app.code(s.t.now());
    let (mut browser, _) = s.half_way().await;
    let mailed = s.t.mailbox.code(&s.anna.email).await;
    let (mut other, _) = s.at_login().await;
    guess(&mut other, &ben.email, PASSWORD).await;
    s.t.later(minutes(11));

    for (browser, code) in [(&mut browser, &mailed), (&mut other, &old)] {
        let then = "Sun, 22 Nov 2026 08:00:00 GMT".to_owned();
        browser.extra =
            vec![("date", then.clone()), ("x-time", then.clone()), ("x-timestamp", "1795334400".to_owned()), ("if-modified-since", then)];
        let mut form = browser.fill("#code", code).form("#code-submit");
        form.fields.extend(["now", "time", "timestamp", "date"].map(|name| (name.to_owned(), "1795334400".to_owned())));
        browser.send(form).await;
        assert_eq!((browser.page().status, session(browser)), (401, None));
    }
}

#[tokio::test]
async fn r17_a_sign_in_is_demanded_again_at_a_node_whose_clock_runs_behind() {
    let s = Scene::set().await;
    let late = s.t.beside_behind(minutes(5)).await;
    let (mut browser, _) = s.signed_in().await;

    for (name, value, due) in [("prompt", "login", "/login"), ("max_age", "0", "/login"), ("prompt", "select_account", "/select-account")] {
        let request = s.party.authorize(ALL, &[(name, value)]);
        let cookies = browser.jar.header(&request.url, crate::harness::cookies::Site::None, false).unwrap();
        let path = &request.url[url::Position::BeforePath..];
        let begun = answered(crate::harness::net::client().get(format!("http://{}{path}", late.address)).header("cookie", cookies)).await;
        assert!(begun.header("location").starts_with(&format!("{due}?flow=")), "{value}: {begun}");

        browser.goto(begun.header("location")).await;
        assert_eq!(browser.path(), due, "{value}: the session seems younger than the request, and still it was given before");
        if due == "/login" {
            s.t.sign_in(&mut browser, &s.anna).await;
            s.party.landed(&request, browser.landing()).code();
        }
    }
}

#[tokio::test]
async fn r17_a_sign_in_that_a_node_behind_accepted_counts_at_every_node() {
    let s = Scene::set().await;
    let late = s.t.beside_behind(minutes(5)).await;
    let (mut browser, _) = s.signed_in().await;
    let request = s.party.authorize(ALL, &[("prompt", "login")]);
    browser.goto(request.url.as_str()).await;
    let form = browser.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");

    let accepted = Shot::of(&browser, &form).fire(late.address).await;

    assert!(accepted.header("location").starts_with("/login/code?flow="), "{accepted}");
    browser.goto(accepted.header("location")).await;
    let code = late.mailbox.code(&s.anna.email).await;
    browser.fill("#code", &code).submit("#code-submit").await;
    s.party.landed(&request, browser.landing()).code();
}

#[tokio::test]
async fn f16_answers_count_in_the_session_in_which_they_are_given() {
    let s = Scene::set().await;
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;
    let party = s.t.party_with(|_| {}).await;
    let (first_tab, request) = at_login(&s.t, &party).await;
    let mut browser = first_tab.clone();
    browser.goto(party.authorize(ALL, &[]).url.as_str()).await;
    s.t.sign_in(&mut browser, &s.anna).await;
    assert_eq!(browser.path(), "/select-tenant", "the second tab signed her in");

    browser.goto(first_tab.page().url.as_str()).await;
    assert_eq!(browser.path(), "/select-tenant", "the first tab goes on with that session");
    browser.submit("#tenant-globex").await;
    assert_eq!(browser.path(), "/consent");
    browser.submit("#consent-allow").await;

    let code = party.landed(&request, browser.landing()).code();
    assert_eq!(party.exchange(&request, &code).await.unwrap().claims["tenant"], "globex");
}
