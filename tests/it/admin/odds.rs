//! Odd input where administrators and operators type (security.md I20, L07, M04, M05).
use std::time::Duration;

use tokio::time::Instant;

use tenantry::policy::presets::Preset;

use super::office;
use crate::harness::tenantry::Tenantry;
use crate::operator::at_work;

#[tokio::test(flavor = "multi_thread")]
async fn i20_no_claim_of_an_application_takes_the_name_of_one_that_is_ours() {
    let t = Tenantry::start().await;
    let party = t.party().await;
    let mut browser = at_work(&t).await;
    let page = format!("/operator/clients/{}/claims", party.client_id);
    browser.goto(&page).await;
    browser.fill("#claim-name", "customer").fill("#source", "constant").fill("#value", "x").submit("#claim-add").await;
    assert!(browser.has("#done"), "{}", browser.page());

    // There is no way to rename a rule: every change is taking one away and adding one, which is judged the same.
    for name in ["sub", "iss", "aud", "cnf", "act", "tenant", "tenant_id", "permissions", "email_verified", "locations_all"] {
        browser.goto(&page).await;
        browser.fill("#claim-name", name).fill("#source", "constant").fill("#value", "admin").submit("#claim-add").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, "rule"), "{name}");
    }
    browser.goto(&page).await;
    assert_eq!(browser.page().texts("tbody code"), ["customer"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn l07_a_search_is_words_and_never_a_language() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    for odd in ["(".repeat(4_000), "%".repeat(4_000), "(a+)+$ .* [x]{99}".to_owned(), "' or 1=1 --".to_owned(), "\\".repeat(300)] {
        let query: String = url::form_urlencoded::byte_serialize(odd.as_bytes()).collect();
        for list in ["people?q=", "locations?q=", "audit?who="] {
            browser.goto(format!("/admin/acme/{list}{query}")).await;
            assert!([200, 404, 414].contains(&browser.page().status), "{list} {}", browser.page().status);
            assert!(!browser.text("main").contains("Anna Example") || list.starts_with("audit"), "{list} finds nobody");
        }
    }
    browser.goto("/admin/acme/people/new").await;
    let long = format!("{}@acme.example", "(a+)+".repeat(2_000));
    browser.fill("#email", &long).fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    assert_eq!(browser.page().status, 422);
    assert!(browser.has("#email-error"));
}

/// No pattern of a tenant is ever compiled: domains and words are compared as text. What is left is what people type.
#[tokio::test(flavor = "multi_thread")]
async fn m04_metacharacters_by_the_kilobyte_are_answered_at_once() {
    let t = Tenantry::start_with(|config| config.server.request_body_limit_kib = 512).await;
    let (_, _, mut office) = office(&t, Preset::Saferpay).await;
    for piece in ["(a+)+$", "@", "((((", "\\.*[^", "a@a.", "%(x)s"] {
        for length in [250, 4 * 1024, 64 * 1024] {
            let odd: String = piece.chars().cycle().take(length).collect();
            let begun = Instant::now();
            office.goto("/admin/acme/people/new").await;
            office.fill("#email", &odd).fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
            assert_eq!(office.page().status, 422, "{piece} {length}");
            office.goto("/admin/acme/branding").await;
            office.fill("#contact", &odd).submit("#branding-save").await;
            assert!([200, 422].contains(&office.page().status), "{piece} {length}");
            let mut guest = t.browser();
            guest.goto("/recovery").await;
            guest.fill("#email", &odd).submit("#recover-submit").await;
            assert!([200, 422, 429].contains(&guest.page().status), "{piece} {length}: {}", guest.page().status);
            guest.goto("/login/start").await;
            guest.fill("#identifier", &odd).fill("#password", "x").submit("#login-submit").await;
            assert!([401, 422, 429].contains(&guest.page().status), "{piece} {length}: {}", guest.page().status);
            assert!(begun.elapsed() < Duration::from_secs(20), "{piece} {length}: {:?}", begun.elapsed());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn m05_no_place_in_a_list_is_out_of_bounds_and_no_page_is_longer_than_the_house_says() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    for n in 0..55 {
        t.member(&acme, &format!("p{n:02}@acme.example")).await;
    }
    for odd in ["after=", "after=0", "after=-1", "after=2147483648", "after=mem_x'--", "limit=100000", "page_size=0", "page_size=-1"] {
        browser.goto(format!("/admin/acme/people?{odd}")).await;
        assert_eq!((browser.page().status, super::names(&browser).len()), (200, 50), "{odd}");
    }
    for odd in
        ["before=", "before=0", "before=-1.x", "before=9223372036854775807.aud_1", "before=99999999999999999999.aud_1", "until=9999-99-99"]
    {
        browser.goto(format!("/admin/acme/audit?{odd}")).await;
        assert_eq!(browser.page().status, 200, "{odd}");
        assert!(browser.page().texts("tbody tr").len() <= 50, "{odd}");
    }
}
