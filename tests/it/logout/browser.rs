//! What happens in the browser: frames of Front-Channel Logout 1.0, the hint's session, Session Management 1.0.
use url::Url;

use super::*;

/// An attribute of every element that `css` names.
fn all(page: &crate::harness::html::Page, css: &str, attribute: &str) -> Vec<String> {
    let css = scraper::Selector::parse(css).unwrap();
    let document = page.document();
    document.select(&css).filter_map(|element| element.attr(attribute).map(str::to_owned)).collect()
}

fn cookie(browser: &Browser, name: &str) -> Option<String> {
    browser.jar.cookies().iter().find(|cookie| cookie.name == name).map(|cookie| cookie.value.clone())
}

const BYE: &str = "https://app.example/bye";

#[tokio::test]
async fn the_applications_of_the_session_are_loaded_in_hidden_frames_and_the_browser_goes_on_by_itself() {
    let s = Scene::set().await;
    let frame = |uri: &'static str| move |new: &mut NewClient| new.metadata.frontchannel_logout_uri = Some(uri.to_owned());
    let one = s.party(frame("https://app.example/out?a=b")).await;
    let two = s
        .party(|new| {
            frame("https://shop.example:8443/out")(new);
            new.metadata.redirect_uris.push("https://shop.example:8443/callback".to_owned());
        })
        .await;
    s.party(frame("https://app.example/stranger")).await;
    let (mut browser, tokens) = s.signed_in(&one).await;
    s.t.log_in(&mut browser, &two, &s.anna, &["openid"]).await;

    browser.goto(one.logout_url(&tokens.id_token, Some(BYE), Some("a b&\"-._~")).as_str()).await;

    let page = browser.page();
    let sid = part(&tokens.id_token, 1)["sid"].as_str().unwrap().to_owned();
    let mut frames: Vec<Url> = all(page, "iframe", "src").iter().map(|src| src.parse().unwrap()).collect();
    frames.sort();
    assert_eq!(frames.iter().map(|url| url.host_str().unwrap()).collect::<Vec<_>>(), ["app.example", "shop.example"]);
    for (frame, before) in frames.iter().zip([1, 0]) {
        let pairs: Vec<(String, String)> = frame.query_pairs().into_owned().collect();
        assert_eq!(pairs[before..], [("iss".to_owned(), s.t.origin.clone()), ("sid".to_owned(), sid.clone())], "{frame}");
    }
    let csp = page.headers["content-security-policy"].to_str().unwrap();
    assert!(csp.ends_with("; frame-src https://app.example https://shop.example:8443"), "{csp}");
    let next = "https://app.example/bye?state=a%20b%26%22-._~";
    assert_eq!(all(page, "meta[http-equiv=refresh]", "content"), [format!("5;url={next}")]);
    assert_eq!(all(page, "#logout-continue", "href"), [next]);
    assert_eq!(all(page, "[data-frames]", "data-next"), [next]);
    browser.goto("/").await;
    assert!(!browser.has("#home-logout"), "the session ended before the page was shown");
}

#[tokio::test]
async fn without_frames_the_browser_is_sent_on_at_once() {
    let s = Scene::set().await;
    let party = s.party(|_| {}).await;
    let (mut browser, tokens) = s.signed_in(&party).await;

    browser.goto(party.logout_url(&tokens.id_token, Some(BYE), Some("xyz")).as_str()).await;

    assert_eq!(browser.landing().as_str(), "https://app.example/bye?state=xyz");
}

#[tokio::test]
async fn a_hint_of_an_earlier_session_asks_the_person() {
    let s = Scene::set().await;
    let party = s.party(|_| {}).await;
    let (mut browser, earlier) = s.signed_in(&party).await;
    browser.goto("/end-session").await;
    browser.submit("#logout-confirm").await;
    s.t.log_in(&mut browser, &party, &s.anna, &["openid"]).await;

    browser.goto(party.logout_url(&earlier.id_token, Some(BYE), Some("s")).as_str()).await;

    assert!(browser.has("#logout-confirm"));
    browser.submit("#logout-confirm").await;
    assert_eq!(browser.landing().as_str(), "https://app.example/bye?state=s", "once the person agreed");
}

#[tokio::test]
async fn a_logout_request_speaks_the_asked_language() {
    let s = Scene::set().await;
    let party = s.party(|_| {}).await;
    let (mut browser, _) = s.signed_in(&party).await;

    browser.goto("/end-session?ui_locales=xx%20de&logout_hint=anna%40acme.example").await;

    assert_eq!(all(browser.page(), "html", "lang"), ["de"]);
}

#[tokio::test]
async fn the_state_cookie_can_be_read_and_follows_the_session() {
    let s = Scene::set().await;
    let party = s.party(|_| {}).await;
    let (mut browser, _) = s.signed_in(&party).await;
    let first = cookie(&browser, "tenantry-state").unwrap();

    browser.goto("/end-session").await;
    browser.submit("#logout-confirm").await;
    assert_eq!(cookie(&browser, "tenantry-state"), None);
    s.t.log_in(&mut browser, &party, &s.anna, &["openid"]).await;

    let second = cookie(&browser, "tenantry-state").unwrap();
    assert_ne!(first, second);
    assert_ne!(Some(second), cookie(&browser, "tenantry-session"));
}

#[tokio::test]
async fn the_check_session_page_may_be_framed_and_holds_one_script_of_ours() {
    let s = Scene::set().await;
    let mut browser = s.t.browser();

    browser.goto("/session/check").await;

    let page = browser.page();
    assert!(!page.headers.contains_key("x-frame-options"));
    let csp = page.headers["content-security-policy"].to_str().unwrap();
    assert!(!csp.contains("frame-ancestors") && csp.contains("script-src 'self'"), "{csp}");
    assert_eq!(all(page, "script", "data-cookie"), ["tenantry-state"]);
    browser.goto("/end-session").await;
    assert_eq!(browser.page().headers["x-frame-options"], "DENY", "nothing else may");
}

#[tokio::test]
async fn discovery_names_every_way_of_logging_out() {
    let t = Tenantry::start().await;
    let document: Value = serde_json::from_str(
        &crate::harness::net::client().get(t.url("/.well-known/openid-configuration")).send().await.unwrap().text().await.unwrap(),
    )
    .unwrap();

    for member in ["backchannel", "frontchannel"] {
        assert_eq!(document[format!("{member}_logout_supported")], true);
        assert_eq!(document[format!("{member}_logout_session_supported")], true);
    }
    assert_eq!(document["check_session_iframe"], t.url("/session/check"));
}

#[tokio::test]
async fn an_authorization_response_carries_the_session_state_that_the_frame_computes() {
    let s = Scene::set().await;
    let party = s.party(|_| {}).await;
    let mut browser = s.t.browser();

    for silent in [false, true] {
        let request = party.authorize(&["openid"], if silent { &[("prompt", "none")] } else { &[] });
        browser.goto(request.url.as_str()).await;
        if browser.left().is_none() {
            s.t.sign_in(&mut browser, &s.anna).await;
        }
        let given = browser.landing().query_pairs().find(|(name, _)| name == "session_state").unwrap().1.into_owned();

        // Session Management 3.2, as check-session.js does it.
        let salt = given.split_once('.').unwrap().1.to_owned();
        let state = cookie(&browser, "tenantry-state").unwrap();
        let text = format!("{} https://app.example {state} {salt}", party.client_id);
        let hash = tenantry::world::sha256(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(given, format!("{hash}.{salt}"), "silent: {silent}");
    }
}
