//! The picture of a person, changed by an administrator where the tenant's rules say so (people.md C5).
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use tenantry::model::{ProfileField, Tenant};

use super::visitor;
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;
use crate::rights::doors::signed_in;

fn photo() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(RgbImage::from_pixel(400, 300, Rgb([200, 30, 30]))).write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

struct Studio {
    t: Tenantry,
    acme: Tenant,
    anna: Someone,
    bodo: Someone,
    browser: Browser,
}

impl Studio {
    /// A tenant whose administrators may change these fields.
    async fn with(fields: &[ProfileField]) -> Self {
        let t = Tenantry::start().await;
        let acme = t.tenant_with("acme", |policy| policy.profile_admin_editable = fields.iter().copied().collect()).await;
        let anna = t.admin(&acme, "anna@acme.example").await;
        let bodo = t.member(&acme, "bodo@acme.example").await;
        let browser = signed_in(&t, &anna).await;
        Self { t, acme, anna, bodo, browser }
    }

    fn page_of(&self, person: &Someone) -> String {
        format!("/admin/acme/people/{}", person.id)
    }

    /// Sends the forms of the own page of details to the address of somebody's picture: no page of ours has these.
    async fn forge(&mut self, person: &Someone) -> [u16; 2] {
        let address = format!("{}/picture", self.page_of(person));
        let mut statuses = [0; 2];
        for (status, below) in statuses.iter_mut().zip(["", "/remove"]) {
            self.browser.goto("/account/details").await;
            let mut form = self.browser.form(if below.is_empty() { "#picture-save" } else { "#sign-out" });
            form.action = form.action.join(&format!("{address}{below}")).unwrap();
            form.fields.retain(|(name, _)| name == "csrf");
            match below {
                "" => self.browser.send_file(form, photo()).await,
                _ => self.browser.send(form).await,
            };
            *status = self.browser.page().status;
        }
        statuses
    }

    async fn has_picture(&self, person: &Someone) -> bool {
        self.t.app.store.read(async |r| r.picture_of(&person.id).await).await.unwrap().is_some()
    }

    /// What the tenant's log says of the person's picture, the newest first.
    async fn log(&self) -> Vec<String> {
        let rows = self.t.app.store.read(async |r| r.audit_about(&self.acme.id, self.bodo.id.as_str(), 9).await).await.unwrap();
        rows.into_iter().filter(|row| row.action == "person.picture").map(|row| row.outcome).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_without_the_rule_there_is_no_form_and_no_picture_of_others_is_changed() {
    let mut s = Studio::with(&[ProfileField::FirstName, ProfileField::LastName]).await;
    let bodo = s.bodo.clone();
    let mut his = signed_in(&s.t, &bodo).await;
    his.goto("/account/details").await;
    his.upload("#picture-save", photo()).await;
    assert!(his.has("#portrait"));

    s.browser.goto(s.page_of(&bodo)).await;
    assert!(s.browser.has("#names-save") && !s.browser.has("#picture-save") && !s.browser.has("#portrait"));
    assert_eq!(s.forge(&bodo).await, [403, 403]);
    assert!(s.browser.has("#error[data-kind=rules]"));

    assert!(s.has_picture(&bodo).await, "the own one stays");
    assert_eq!(s.log().await, ["refused: rules", "refused: rules"]);
    s.browser.goto(format!("{}/picture", s.page_of(&bodo))).await;
    assert_eq!(s.browser.page().status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn c5_with_the_rule_a_picture_is_uploaded_seen_by_the_person_and_removed() {
    let mut s = Studio::with(&[ProfileField::Picture]).await;
    let bodo = s.bodo.clone();
    s.browser.goto(s.page_of(&bodo)).await;
    assert!(!s.browser.has("#names-save") && !s.browser.has("#picture-remove"));

    s.browser.upload("#picture-save", photo()).await;

    assert!(s.browser.has("#done") && s.browser.path() == s.page_of(&bodo), "{}", s.browser.page());
    assert!(s.browser.page().texts("#person-activity li span").contains(&"Profile picture changed".to_owned()));
    let mut his = signed_in(&s.t, &bodo).await;
    his.goto("/account/details").await;
    assert!(his.has("#portrait") && his.has("#my-account img"));
    let mut picture = s.browser.clone();
    picture.goto(s.browser.page().attr("#portrait", "src")).await;
    let page = picture.page();
    assert_eq!((page.status, page.header("content-type"), page.header("cache-control")), (200, "image/png", "private, no-cache"));
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert!(page.header("content-disposition").starts_with("attachment;") && page.header("content-security-policy").contains("sandbox"));

    s.browser.submit("#picture-remove").await;
    assert!(s.browser.has("#done") && !s.browser.has("#portrait"));
    his.goto("/account/details").await;
    assert!(!his.has("#portrait"));
    assert_eq!(s.log().await, ["done", "done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn l04_what_is_no_picture_is_refused_and_the_one_before_stays() {
    let mut s = Studio::with(&[ProfileField::Picture]).await;
    let bodo = s.bodo.clone();
    s.browser.goto(s.page_of(&bodo)).await;
    s.browser.upload("#picture-save", photo()).await;
    let mut short = photo();
    short.truncate(100);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec();
    let cases = [(422, "kind", svg), (422, "broken", short), (422, "none", Vec::new()), (413, "too_large", vec![0xff; 11 * 1024 * 1024])];
    for (status, kind, file) in cases {
        s.browser.goto(s.page_of(&bodo)).await;
        s.browser.upload("#picture-save", file).await;
        assert_eq!((s.browser.page().status, s.browser.page().attr("#error", "data-kind").as_str()), (status, kind));
    }
    assert!(s.has_picture(&bodo).await);
    assert_eq!(s.log().await, ["done"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn i19_i13_the_picture_of_oneself_of_guests_and_of_foreign_people_is_out_of_reach() {
    let mut s = Studio::with(&[ProfileField::Picture]).await;
    let anna = s.anna.clone();
    let guest = visitor(&s.t, &s.acme, "zoe@elsewhere.example").await;
    let globex = s.t.tenant("globex").await;
    let foreign = s.t.member(&globex, "gil@globex.example").await;

    for (person, kind) in [(&anna, "oneself"), (&guest, "other_home")] {
        s.browser.goto(s.page_of(person)).await;
        assert!(!s.browser.has("#picture-save"), "{kind}");
        assert_eq!(s.forge(person).await, [403, 403], "{kind}");
        assert!(s.browser.has(&format!("#error[data-kind={kind}]")));
        assert!(!s.has_picture(person).await);
    }
    assert_eq!(s.forge(&foreign).await, [404, 404]);
    assert!(!s.has_picture(&foreign).await);

    for person in [&guest, &foreign] {
        let mut own = signed_in(&s.t, person).await;
        own.goto("/account/details").await;
        own.upload("#picture-save", photo()).await;
        assert!(s.has_picture(person).await);
    }
    for person in [&guest, &foreign] {
        s.browser.goto(format!("{}/picture", s.page_of(person))).await;
        assert_eq!(s.browser.page().status, 404);
    }
}
