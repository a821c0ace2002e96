//! The profile picture over HTTP (people.md K14, security.md L04). What comes out of which file: `pictures` itself.
use std::io::Cursor;
use std::time::Duration;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use tenantry::model::{MembershipKind, MembershipState};

use super::{Scene, signed_in};
use crate::harness::browser::Browser;

fn photo(color: [u8; 3], format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_pixel(400, 300, Rgb(color))).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

async fn put(browser: &mut Browser, file: Vec<u8>) -> u16 {
    browser.goto("/account/details").await;
    browser.upload("#picture-save", file).await;
    browser.page().status
}

/// The address of the picture on the own page.
async fn own(browser: &mut Browser) -> String {
    browser.goto("/account/details").await;
    browser.page().attr("#portrait", "src")
}

async fn status(browser: &mut Browser, path: &str) -> u16 {
    browser.goto(path).await.page().status
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_picture_is_uploaded_shown_replaced_and_removed() {
    let mut s = Scene::new().await;
    s.browser.goto("/account/details").await;
    assert!(!s.browser.has("#portrait") && !s.browser.has("#picture-remove"));

    assert_eq!(put(&mut s.browser, photo([200, 30, 30], ImageFormat::Jpeg)).await, 200);
    assert_eq!(s.browser.text("#done"), "Saved.");
    let first = own(&mut s.browser).await;
    assert_eq!(s.browser.page().attr("#my-account img", "src"), first, "it stands in the header, too");

    s.t.later(Duration::from_secs(1));
    assert_eq!(put(&mut s.browser, photo([30, 30, 200], ImageFormat::WebP)).await, 200);
    let second = own(&mut s.browser).await;
    assert_ne!(first, second, "no browser shows the old one");
    let kept = s.t.app.store.read(async |r| r.picture(&s.anna.id).await).await.unwrap().unwrap();
    let pixel = image::load_from_memory(&kept.png).unwrap().to_rgb8().get_pixel(9, 9).0;
    assert!(pixel[2] > 150 && pixel[0] < 80, "{pixel:?}");

    s.t.later(Duration::from_secs(1));
    s.browser.goto("/account/details").await;
    s.browser.submit("#picture-remove").await;
    assert_eq!(s.browser.text("#done"), "Removed.");
    assert!(!s.browser.has("#portrait") && !s.browser.has("#my-account img"));
    assert_eq!(status(&mut s.browser, &second).await, 404);
    let outcomes: Vec<_> =
        s.audit().await.into_iter().filter(|(action, _)| action == "person.picture").map(|(_, outcome)| outcome).collect();
    assert_eq!(outcomes, ["set", "set", "removed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn l04_a_picture_is_served_as_a_file_in_which_nothing_runs() {
    let mut s = Scene::new().await;
    let mut polyglot = photo([9, 9, 9], ImageFormat::Jpeg);
    polyglot.extend(b"<html><script>alert(1)</script>");
    assert_eq!(put(&mut s.browser, polyglot).await, 200);
    let path = own(&mut s.browser).await;

    s.browser.goto(&path).await;

    let page = s.browser.page();
    assert_eq!((page.status, page.header("content-type")), (200, "image/png"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.header("content-disposition").starts_with("attachment;"));
    assert!(
        page.header("content-security-policy").contains("default-src 'none'") && page.header("content-security-policy").contains("sandbox")
    );
    assert_eq!(page.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(page.header("cache-control"), "private, no-cache");
    assert!(!page.body.contains("script"));
    let tag = page.header("etag").to_owned();
    s.browser.extra = vec![("if-none-match", tag)];
    assert_eq!(status(&mut s.browser, &path).await, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn l04_what_is_no_picture_is_refused_with_a_sentence_and_the_old_one_stays() {
    let mut s = Scene::new().await;
    put(&mut s.browser, photo([200, 30, 30], ImageFormat::Png)).await;
    let before = own(&mut s.browser).await;
    let png = photo([1, 2, 3], ImageFormat::Png);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
    let cases = [
        (422, "kind", svg),
        (422, "kind", b"GIF89a/*<script>alert(1)</script>".to_vec()),
        (422, "broken", png[..png.len() / 2].to_vec()),
        (422, "none", Vec::new()),
        (413, "too_large", vec![0xff; 11 * 1024 * 1024]),
        (413, "too_large", vec![0xff; 20 * 1024 * 1024]),
    ];
    for (expected, kind, file) in cases {
        assert_eq!(put(&mut s.browser, file).await, expected, "{kind}");
        assert_eq!(s.browser.page().attr("#error", "data-kind"), kind);
        assert_eq!(s.browser.path(), "/account/picture");
    }
    assert_eq!(own(&mut s.browser).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn k14_a_picture_is_seen_by_those_who_share_a_tenant_and_by_nobody_else() {
    let mut s = Scene::new().await;
    put(&mut s.browser, photo([200, 30, 30], ImageFormat::Png)).await;
    let path = own(&mut s.browser).await;
    let globex = s.t.tenant("globex").await;
    let colleague = s.t.member(&s.acme, "carl@acme.example").await;
    let stranger = s.t.member(&globex, "sam@globex.example").await;
    let operator = s.t.person_with("root@example.com", |new| new.operator = true).await;

    assert_eq!(status(&mut signed_in(&s.t, &colleague).await, &path).await, 200);
    let mut outside = signed_in(&s.t, &stranger).await;
    assert_eq!(status(&mut outside, &path).await, 404);
    assert_eq!(status(&mut signed_in(&s.t, &operator).await, &path).await, 404);
    assert_eq!(status(&mut s.t.browser(), &path).await, 404);
    assert_eq!(status(&mut outside, "/picture/per_nobody").await, 404);

    // An invitation alone shows nothing to whoever invites (people.md C19); joining does, until it ends.
    let invited = s.t.join_with(&s.anna, &globex, MembershipKind::Guest, |new| new.state = MembershipState::Invited).await;
    assert_eq!(status(&mut outside, &path).await, 404);
    s.t.app.store.write(async |w| w.activate_membership(&invited.id, s.t.now()).await).await.unwrap();
    assert_eq!(status(&mut outside, &path).await, 200);
    s.t.app.store.write(async |w| w.set_membership_state(&invited.id, MembershipState::Left).await).await.unwrap();
    assert_eq!(status(&mut outside, &path).await, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_from_elsewhere_or_without_sign_in_changes_nothing() {
    let mut s = Scene::new().await;
    s.browser.goto("/account/details").await;
    let mut forged = s.browser.clone();
    forged.extra = vec![("sec-fetch-site", "cross-site".to_owned())];
    forged.upload("#picture-save", photo([1, 1, 1], ImageFormat::Png)).await;
    assert_eq!(forged.page().status, 400);

    let mut late = s.browser.clone();
    s.browser.submit("#sign-out").await;
    late.upload("#picture-save", photo([1, 1, 1], ImageFormat::Png)).await;
    assert_eq!(late.path(), "/login");
    let kept = s.t.app.store.read(async |r| r.picture_of(&s.anna.id).await).await.unwrap();
    assert_eq!(kept, None);
}
