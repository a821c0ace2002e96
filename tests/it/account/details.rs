//! Names and language (people.md K13), and what cannot be written there (security.md H10, I13, L16).
use super::Scene;

#[tokio::test(flavor = "multi_thread")]
async fn k13_own_first_and_last_name_are_edited_and_saved() {
    let mut s = Scene::new().await;
    s.browser.goto("/account").await;
    s.browser.follow(".rail a[href='/account/details']").await;

    s.browser.fill("#first-name", " Änne ").fill("#last-name", "O’Neill-Świątek").submit("#details-save").await;

    assert_eq!((s.browser.path(), s.browser.text("#done").as_str()), ("/account/details", "Saved."));
    assert_eq!(s.browser.page().attr("#first-name", "value"), "Änne");
    let person = s.person().await;
    assert_eq!((person.first_name.as_str(), person.last_name.as_str()), ("Änne", "O’Neill-Świątek"));
    assert_eq!(s.browser.text("#my-account bdi"), "Änne O’Neill-Świątek");
    assert!(s.audit().await.contains(&("person.details".to_owned(), "changed".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_the_chosen_language_is_spoken_from_then_on() {
    let mut s = Scene::new().await;
    s.browser.goto("/account/details").await;

    s.browser.fill("#locale", "de").submit("#details-save").await;

    assert_eq!(s.browser.text("#done"), "Gespeichert.");
    s.browser.goto("/account").await;
    assert_eq!(s.browser.page().attr("html", "lang"), "de");
    assert_eq!(s.person().await.locale.as_str(), "de");
}

#[tokio::test(flavor = "multi_thread")]
async fn k13_a_name_that_is_none_is_said_at_its_field_and_nothing_is_stored() {
    let mut s = Scene::new().await;
    s.browser.goto("/account/details").await;

    s.browser.fill("#first-name", "   ").fill("#last-name", "Kept").submit("#details-save").await;

    assert_eq!(s.browser.page().status, 422);
    assert!(s.browser.has("#first-name-error") && !s.browser.has("#last-name-error"));
    assert_eq!(s.browser.page().attr("#last-name", "value"), "Kept", "what was typed stays");
    assert_eq!(s.person().await.last_name, "Example");
}

#[tokio::test(flavor = "multi_thread")]
async fn l16_invisible_and_stacked_characters_are_refused_markup_is_only_text() {
    let mut s = Scene::new().await;
    let long = "x".repeat(5000);
    let stacked = format!("a{}", "\u{0301}".repeat(10));
    let hostile = ["\u{202E}gnp.exe", "a\u{200B}b", "\u{FEFF}", "a\nb", "a\u{2028}x", "\u{E0041}a", stacked.as_str(), long.as_str()];
    for name in hostile {
        s.browser.goto("/account/details").await;
        let mut form = s.browser.form("#details-save");
        form.fields.iter_mut().find(|(field, _)| field == "last_name").unwrap().1 = name.to_owned();
        s.browser.send(form).await;
        assert_eq!(s.browser.page().status, 422, "{}", name.escape_unicode().take(40).collect::<String>());
    }
    s.browser.goto("/account/details").await;
    let mut form = s.browser.form("#details-save");
    form.fields.iter_mut().find(|(field, _)| field == "last_name").unwrap().1 = "a\0b".to_owned();
    s.browser.send(form).await;
    assert_eq!(s.browser.page().status, 400);
    assert_eq!(s.person().await.last_name, "Example");

    s.browser.goto("/account/details").await;
    s.browser.fill("#last-name", "</title><script>alert(1)</script>").submit("#details-save").await;
    assert_eq!(s.browser.page().attr("#last-name", "value"), "</title><script>alert(1)</script>");
    assert!(!s.browser.page().body.contains("<script>alert"));
}

#[tokio::test(flavor = "multi_thread")]
async fn h10_i13_flags_and_other_members_cannot_be_written_along() {
    let mut s = Scene::new().await;
    let members = [
        ("email", "eve@evil.example"),
        ("email_verified", "true"),
        ("operator", "true"),
        ("is_operator", "true"),
        ("state", "active"),
        ("second_factor", "none"),
        ("id", "per_other"),
        ("person_id", "per_other"),
        ("tenant_id", "ten_other"),
        ("status", "x"),
        ("created_at", "0"),
    ];
    let before = s.person().await;
    for (name, value) in members {
        s.browser.goto("/account/details").await;
        let mut form = s.browser.fill("#first-name", "Changed").form("#details-save");
        form.fields.push((name.to_owned(), value.to_owned()));

        s.browser.send(form).await;

        assert_eq!(s.browser.page().status, 422, "{name}");
    }
    let after = s.person().await;
    assert_eq!((after.first_name, after.operator, after.updated_at), (before.first_name, before.operator, before.updated_at));
    s.browser.goto("/account/details").await;
    let mut form = s.browser.form("#details-save");
    form.fields.iter_mut().find(|(field, _)| field == "locale").unwrap().1 = "tlh".to_owned();
    s.browser.send(form).await;
    assert_eq!(s.browser.page().status, 422, "a language that the page does not offer");
}

#[tokio::test(flavor = "multi_thread")]
async fn details_are_for_the_signed_in_and_lead_back_there() {
    let s = Scene::new().await;
    let mut browser = s.t.browser();

    browser.goto("/account/details").await;
    assert_eq!(browser.path(), "/login");
    s.t.sign_in(&mut browser, &s.anna).await;

    assert_eq!((browser.path(), browser.page().status), ("/account/details", 200));
}
