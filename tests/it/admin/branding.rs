//! How a tenant shows itself: sender, contact and logo, on its pages and in its letters (issue 4, security.md L04, L05, H13).
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use tenantry::policy::presets::Preset;

use super::office;
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;

fn drawing(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let picture = DynamicImage::ImageRgba8(RgbaImage::from_pixel(width, height, Rgba([20, 90, 180, 128])));
    let picture = if format == ImageFormat::Jpeg { DynamicImage::ImageRgb8(picture.to_rgb8()) } else { picture };
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn upload(browser: &mut Browser, file: Vec<u8>) -> u16 {
    browser.goto("/admin/acme/branding").await;
    browser.upload("#logo-save", file).await;
    browser.page().status
}

#[tokio::test(flavor = "multi_thread")]
async fn letters_of_a_tenant_carry_its_sender_contact_colour_and_logo_and_those_of_others_do_not() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Promio).await;
    let other = t.tenant_with("other", |policy| *policy = Preset::Promio.policy()).await;
    let otto = t.admin(&other, "otto@other.example").await;
    browser.goto("/admin/acme/branding").await;
    browser
        .fill("#sender-name", "Acme Service")
        .fill("#contact", "Ask <Ann>: 4711")
        .fill("#color", "#1a5fb4")
        .submit("#branding-save")
        .await;
    assert!(browser.has("#done"), "{}", browser.page());
    assert_eq!(upload(&mut browser, drawing(1200, 300, ImageFormat::Png)).await, 200);

    browser.goto("/admin/acme/people/new").await;
    browser.fill("#email", "bo@acme.example").fill("#first-name", "Bo").fill("#last-name", "Berg").submit("#person-create").await;
    let letter = t.mailbox.letter("bo@acme.example").await;

    assert_eq!(letter.from_name.as_deref(), Some("Acme Service"));
    assert!(letter.html.contains("cid:logo") && letter.html.contains("Ask &lt;Ann&gt;: 4711"), "{}", letter.html);
    assert!(letter.html.contains("#1a5fb4") && letter.text.contains("4711"));
    let kept = image::load_from_memory(letter.logo.as_deref().expect("travels with the letter")).unwrap();
    assert_eq!((kept.width(), kept.height()), (480, 120), "made to fit");
    let mut his = crate::rights::doors::signed_in(&t, &otto).await;
    his.goto("/admin/other/people/new").await;
    his.fill("#email", "cy@other.example").fill("#first-name", "Cy").fill("#last-name", "Clark").submit("#person-create").await;
    let letter = t.mailbox.letter("cy@other.example").await;
    assert!(letter.from_name.is_none() && letter.logo.is_none() && !letter.html.contains("4711"));
}

#[tokio::test(flavor = "multi_thread")]
async fn l04_a_logo_is_drawn_anew_and_everything_else_is_refused() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>".to_vec();
    let mut short = drawing(64, 64, ImageFormat::Png);
    short.truncate(60);
    for (file, status, kind) in
        [(svg, 422, "kind"), (b"GIF89a<html>".to_vec(), 422, "kind"), (short, 422, "broken"), (Vec::new(), 422, "none")]
    {
        assert_eq!(upload(&mut browser, file).await, status, "{kind}");
        assert_eq!(browser.page().attr("#error", "data-kind"), kind);
    }
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        assert_eq!(upload(&mut browser, drawing(64, 32, format)).await, 200, "{format:?}");
    }

    let shown = browser.page().attr("#logo-shown", "src");
    assert!(shown.starts_with(&format!("/brand/{}/logo", acme.id)));
    let mut anyone = t.browser();
    anyone.goto(&shown).await;
    let page = anyone.page();
    assert_eq!((page.status, page.header("content-type")), (200, "image/png"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.header("content-security-policy").contains("sandbox"), "{}", page.header("content-security-policy"));
    browser.goto("/admin/acme/branding").await;
    browser.submit("#logo-remove").await;
    assert!(!browser.has("#logo-shown"));
    anyone.goto(&shown).await;
    assert_eq!(anyone.page().status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn l05_h13_texts_of_a_tenant_are_texts_and_a_sender_is_no_address() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    for (field, value, kind) in [
        ("#sender-name", "support@bank.example", "sender_name"),
        ("#sender-name", "Bank <b@bank.example>", "sender_name"),
        ("#sender-name", "A\u{202e}B", "sender_name"),
        ("#contact", "x\u{200b}y", "contact"),
        ("#greeting", "x\u{202e}y", "greeting"),
        ("#color", "url(//evil)", "color"),
    ] {
        browser.goto("/admin/acme/branding").await;
        browser.fill(field, value).submit("#branding-save").await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, kind), "{value}");
        assert_eq!(browser.page().attr(field, "value"), value, "what was typed stays");
    }
    browser.goto("/admin/acme/branding").await;
    browser
        .fill("#contact", "<img id=evil src=x> {{7*7}}")
        .fill("#greeting", "</p><b id=evil>Hi</b> {{7*7}}")
        .submit("#branding-save")
        .await;
    let mut anyone = t.browser();
    let party = t.party().await;
    anyone.goto(party.authorize(&["openid"], &[("tenant", "acme")]).url.as_str()).await;
    assert!(!anyone.has("#evil"));
    assert_eq!(anyone.text("#contact"), "<img id=evil src=x> {{7*7}}");
    assert_eq!(anyone.text("#greeting"), "</p><b id=evil>Hi</b> {{7*7}}");
}
