//! E: what pages show, who may send their forms, and what browsers are told about them.
use super::{ALL, Scene, answered, at_login, get, guess, post, session};
use crate::harness::html::Page;
use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::PASSWORD;

#[tokio::test]
async fn e08_no_page_and_no_address_holds_a_secret() {
    let s = Scene::set().await;
    let party = s.t.party_with(|_| {}).await;
    let (mut browser, request) = at_login(&s.t, &party).await;
    let mut seen: Vec<Page> = vec![browser.page().clone()];

    seen.push(guess(&mut browser, &s.anna.email, PASSWORD).await.page().clone());
    let mailed = s.t.mailbox.code(&s.anna.email).await;
    seen.push(browser.fill("#code", "000000").submit("#code-submit").await.page().clone());
    seen.push(browser.fill("#code", &mailed).submit("#code-submit").await.page().clone());
    browser.submit("#consent-allow").await;
    let code = party.landed(&request, browser.landing()).code();
    for path in ["/", "/account/security", "/end-session"] {
        seen.push(browser.goto(path).await.page().clone());
    }

    let cookies = browser.jar.cookies().iter().map(|cookie| cookie.value.clone());
    for secret in cookies.chain([PASSWORD.to_owned(), mailed, code, party.secret.clone().unwrap()]) {
        for page in &seen {
            assert!(!page.body.contains(&secret) && !page.url.as_str().contains(&secret), "{secret} in {page}");
        }
    }
}

#[tokio::test]
async fn e10_another_site_signs_nobody_in() {
    let s = Scene::set().await;
    let (mut victim, _) = s.at_login().await;
    let (mut attacker, _) = s.half_way().await;
    let annas_code = s.t.mailbox.code(&s.anna.email).await;
    let planted = attacker.fill("#code", &annas_code).form("#code-submit");

    for form in [planted, victim.clone().fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit")] {
        let mut browser = victim.clone();
        browser.send_from("https://evil.example", form).await;
        assert_eq!((browser.page().status, session(&browser)), (400, None), "{}", browser.page());
    }
    let url = attacker.page().url.clone();
    victim.goto(url.as_str()).await;
    assert_eq!(victim.page().status, 400, "a sign-in that another browser began");
    let mut fresh = s.t.browser();
    fresh.goto("/federation/con_x/callback?state=tnu_x&code=x").await;
    assert!((400..500).contains(&fresh.page().status));
    assert_eq!(session(&fresh), None);

    let mut own = s.at_login().await.0;
    let mut form = own.fill("#identifier", &s.anna.email).fill("#password", PASSWORD).form("#login-submit");
    for csrf in [String::new(), "x".repeat(43)] {
        form.fields.iter_mut().filter(|(name, _)| name == "csrf").for_each(|(_, value)| value.clone_from(&csrf));
        assert_eq!(post(&mut own, &form).await.status, 400);
    }
    form.fields.retain(|(name, _)| name != "csrf");
    assert_eq!(post(&mut own, &form).await.status, 400);
}

fn assert_armoured(page: &Page) {
    let csp = page.header("content-security-policy");
    for rule in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'self'", "style-src 'self'"] {
        assert!(csp.contains(rule), "{rule} is missing: {csp}");
    }
    assert!(!csp.contains("unsafe") && !csp.contains('*'), "{csp}");
    let exact = [
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cache-control", "no-store"),
    ];
    for (name, value) in exact {
        assert_eq!(page.header(name), value, "{name} of {}", page.url);
    }
}

#[tokio::test]
async fn e11_every_page_refuses_frames_scripts_and_referrers() {
    let s = Scene::set().await;
    let globex = s.t.tenant("globex").await;
    s.t.guest(&globex, &s.anna).await;
    let party = s.t.party_with(|_| {}).await;
    let (mut browser, _) = at_login(&s.t, &party).await;

    let mut seen = vec![browser.page().clone()];
    seen.push(guess(&mut browser, &s.anna.email, "wrong").await.page().clone());
    seen.push(guess(&mut browser, &s.anna.email, PASSWORD).await.page().clone());
    let code = s.t.mailbox.code(&s.anna.email).await;
    seen.push(browser.fill("#code", "000000").submit("#code-submit").await.page().clone());
    seen.push(browser.fill("#code", &code).submit("#code-submit").await.page().clone());
    seen.push(browser.submit("#tenant-globex").await.page().clone());
    let form_post = party.authorize(ALL, &[("response_mode", "form_post"), ("prompt", "none")]).url;
    for path in [
        "/",
        "/account",
        "/account/security",
        "/account/security/app",
        "/recovery",
        "/device",
        "/end-session",
        "/authorize",
        "/nowhere",
        "/logout",
        "/login?flow=x",
        "/%ff",
    ] {
        seen.push(get(&mut browser, &s.t.url(path)).await);
    }
    seen.push(get(&mut browser, form_post.as_str()).await);
    let paths: Vec<&str> = seen.iter().map(|page| page.url.path()).collect();

    assert!(paths.contains(&"/consent") && paths.contains(&"/select-tenant"), "{paths:?}");
    seen.iter().for_each(assert_armoured);
    let https = Tenantry::start_with(|config| config.server.issuer = "https://id.example".to_owned()).await;
    let page = answered(net::client().get(format!("http://{}/", https.address))).await;
    let seconds = page.header("strict-transport-security").split(['=', ';']).nth(1).unwrap().parse::<u64>().unwrap();
    assert!(seconds >= 31_536_000);
}
