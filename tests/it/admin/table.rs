//! Many people at once: a table looked at, confirmed, and written down again (issue 4, security.md L11).
use tenantry::policy::presets::Preset;

use super::{names, office, visitor};
use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::rights::doors::signed_in;

const HEAD: &str = "email,first_name,last_name,language,groups,locations\r\n";

/// Uploads a table; the page shows what would happen.
async fn look<'a>(browser: &'a mut Browser, table: &str) -> &'a mut Browser {
    browser.goto("/admin/acme/people/import").await;
    browser.upload("#import-look", table.as_bytes().to_vec()).await
}

/// What the page says of a line: number, column, kind.
fn wrong(browser: &Browser) -> Vec<String> {
    let page = browser.page();
    let (lines, columns) = (page.texts(".list tbody th"), page.texts(".list tbody td:nth-child(2)"));
    let kinds = page.attrs(".list tbody [data-kind]", "data-kind");
    lines.into_iter().zip(columns).zip(kinds).map(|((line, column), kind)| format!("{line} {column} {kind}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn k31_a_table_is_looked_at_first_and_then_creates_everybody_without_telling_anybody_unasked() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Konfipay).await;
    t.group(&acme, "Payments", &[]).await;
    t.group(&acme, "Orders", &[]).await;
    let table = format!("\u{feff}{HEAD}bo@acme.example,Bo,Berg,de,Payments,\r\ncy@acme.example,\"Cy, jr.\",Clark,,payments|Orders,\r\n");

    look(&mut browser, &table).await;
    assert!(browser.has("#import-confirm"), "{}", browser.page());
    let before = browser.page().texts(".list tbody th");
    assert_eq!(before, ["2", "3"], "line by line");
    browser.submit("#import-confirm").await;
    assert!(browser.has("#done"), "{}", browser.page());

    assert_eq!(names(&browser), ["Bo Berg", "Cy, jr. Clark", "Anna Example"]);
    assert!(t.mailbox.take("bo@acme.example").await.is_empty(), "asked, and the answer was no");
    browser.goto("/admin/acme/people?status=not_invited").await;
    assert_eq!(names(&browser), ["Bo Berg", "Cy, jr. Clark"]);
    look(&mut browser, &format!("{table}di@acme.example;Di;Dorn;;Orders;\r\n")).await;
    assert_eq!(wrong(&browser), ["4 The whole line uneven"]);
    look(&mut browser, &format!("{table}di@acme.example,Di,Dorn,,Orders,\r\n")).await;
    assert_eq!(browser.page().texts(".list tbody th"), ["4"], "again by the address: whoever is here is left alone");
    browser.tick("#send").submit("#import-confirm").await;
    assert!(t.mailbox.link("di@acme.example").await.path().starts_with("/invitation/"));
    assert!(t.mailbox.take("bo@acme.example").await.is_empty());
    look(&mut browser, &table).await;
    assert!(browser.has("#import-nobody") && !browser.has("#import-confirm"));
}

#[tokio::test(flavor = "multi_thread")]
async fn p3_s18_where_the_rules_say_so_a_table_sends_every_invitation_at_once() {
    for preset in [Preset::Promio, Preset::Saferpay] {
        let t = Tenantry::start().await;
        let (_, _, mut browser) = office(&t, preset).await;
        look(&mut browser, "email;first_name;last_name\nbo@acme.example;Bo;Berg\n").await;
        assert!(!browser.has("#send"), "nobody is asked");
        browser.submit("#import-confirm").await;
        assert!(t.mailbox.link("bo@acme.example").await.path().starts_with("/invitation/"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_line_is_named_and_nobody_is_created() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    t.group(&acme, "Payments", &[]).await;
    let long = "x".repeat(5 * 1024);
    let lines = [
        "a@acme.example,Al,Abel,,Payments,".to_owned(),
        "b@@acme.example,Bo,Berg,,Payments,".to_owned(),
        "c@acme.example,,Clark,,Payments,".to_owned(),
        "d@acme.example,D\u{202e}i,Dorn,,Payments,".to_owned(),
        format!("e@acme.example,{long},Ems,,Payments,"),
        "A@acme.example,Al,Abel,,Payments,".to_owned(),
        "f@acme.example,Fe,Frei,,Paymnets,".to_owned(),
        "g@acme.example,Gu,Gross,,,".to_owned(),
        "h@acme.example,Ha,Hell,xx,Payments,".to_owned(),
        "i@acme.example,Ib,Iser,,Payments,Bern".to_owned(),
        "j@acme.example,Jo".to_owned(),
    ];

    look(&mut browser, &format!("{HEAD}{}", lines.join("\n"))).await;

    assert_eq!(browser.page().status, 422);
    assert_eq!(
        wrong(&browser),
        [
            "3 email email",
            "4 first_name name",
            "5 first_name name",
            "6 first_name name",
            "7 email twice",
            "8 groups group",
            "9 groups no_group",
            "10 language language",
            "11 locations location",
            "12 The whole line uneven",
        ]
    );
    assert!(!browser.has("#import-confirm"), "all or nothing");
    browser.goto("/admin/acme/people").await;
    assert_eq!(names(&browser), ["Anna Example"]);
    browser.goto("/admin/acme/audit").await;
    assert_eq!(browser.page().body.matches("person.import_look").count(), 1, "who tries addresses does not do it unseen");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_table_is_refused_with_a_reason() {
    let t = Tenantry::start().await;
    let (_, _, mut browser) = office(&t, Preset::Saferpay).await;
    let many = format!("{HEAD}{}", "a@acme.example,A,B,,,\n".repeat(5_001));
    let large = "x".repeat(2 * 1024 * 1024 + 1);
    let cases: [(&[u8], &str); 8] = [
        (b"", "no_file"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "encoding"),
        (b"email,first_name,last_name\n", "empty"),
        (b"email,first_name\na@b.example,A\n", "missing"),
        (b"email,first_name,last_name,admin\na@b.example,A,B,yes\n", "unknown"),
        (many.as_bytes(), "too_many"),
        (large.as_bytes(), "too_large"),
        (&vec![b'x'; 9 * 1024 * 1024], "too_large"),
    ];
    for (file, kind) in cases {
        browser.goto("/admin/acme/people/import").await;
        browser.upload("#import-look", file.to_vec()).await;
        assert_eq!((browser.page().status, browser.page().attr("#error", "data-kind").as_str()), (422, kind));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn i08_a_table_gives_nothing_that_its_bearer_does_not_hold() {
    let t = Tenantry::start().await;
    let (acme, _, _) = office(&t, Preset::Konfipay).await;
    let carl = t.member(&acme, "carl@acme.example").await;
    let clerks = t.group(&acme, "Clerks", &[("tenantry:people", false)]).await;
    t.put_into(&clerks, &carl).await;
    t.group(&acme, "Payers", &[("payments:write", false)]).await;
    let mut browser = signed_in(&t, &carl).await;

    look(&mut browser, &format!("{HEAD}bo@acme.example,Bo,Berg,,Payers,\ncy@acme.example,Cy,Clark,,Clerks,\n")).await;

    assert_eq!(wrong(&browser), ["2 groups not_held"]);
    // What was fine when it was looked at may not be any more.
    look(&mut browser, &format!("{HEAD}cy@acme.example,Cy,Clark,,Clerks,\n")).await;
    t.app.store.write(async |w| w.grant_permission(&clerks.id, "payments:write").await).await.unwrap();
    t.app.store.write(async |w| w.revoke_permission(&clerks.id, "tenantry:people").await).await.unwrap();
    browser.submit("#import-confirm").await;
    assert_eq!(browser.page().status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_carried_out_once_and_for_its_bearer_alone() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    let bea = t.admin(&acme, "bea@acme.example").await;
    let mut other = signed_in(&t, &bea).await;
    look(&mut browser, "email,first_name,last_name\nbo@acme.example,Bo,Berg\n").await;
    let form = browser.form("#import-confirm");
    let id = form.fields.iter().find(|(name, _)| name == "id").unwrap().1.clone();
    look(&mut other, "email,first_name,last_name\nzoe@acme.example,Zoe,Zorn\n").await;
    super::tamper(&mut other, "#import-confirm", "id", &id).await;
    assert_eq!(other.page().attr("#error", "data-kind"), "over", "another's table");

    browser.submit("#import-confirm").await;
    browser.send(form).await;

    assert_eq!(browser.page().attr("#error", "data-kind"), "over");
    look(&mut browser, "email,first_name,last_name\ncy@acme.example,Cy,Clark\n").await;
    t.later(std::time::Duration::from_secs(3601));
    browser.submit("#import-confirm").await;
    assert_eq!(browser.path(), "/login", "by then a new sign-in is needed, and the table has gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn l11_an_export_is_harmless_to_programs_for_tables_and_can_be_read_again() {
    let t = Tenantry::start().await;
    let (acme, _, mut browser) = office(&t, Preset::Saferpay).await;
    t.group(&acme, "=HYPERLINK(\"x\")", &[]).await;
    let table = format!(
        "{HEAD}bo@acme.example,=cmd|' /C calc'!A0,<b>Berg</b>,,\"=HYPERLINK(\"\"x\"\")\",\ncy@acme.example,@SUM,\"+1, \"\"x\"\"\",,\"=HYPERLINK(\"\"x\"\")\",\n"
    );
    look(&mut browser, &table).await;
    browser.submit("#import-confirm").await;
    visitor(&t, &acme, "zoe@elsewhere.example").await;

    browser.goto("/admin/acme/people/export").await;
    let page = browser.page();
    assert_eq!(page.header("content-disposition"), "attachment; filename=\"people.csv\"");
    assert_eq!(page.header("content-type"), "text/csv; charset=utf-8; header=present");
    let text = page.body.clone();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines[0].trim_start_matches('\u{feff}').starts_with("email,first_name,last_name,"), "{text}");
    assert_eq!(lines.len(), 6, "a head, four people, the end: {text}");
    assert!(text.contains("bo@acme.example,'=cmd|' /C calc'!A0,<b>Berg</b>,en,\"'=HYPERLINK(\"\"x\"\")\","), "{text}");
    assert!(text.contains("cy@acme.example,'@SUM,\"'+1, \"\"x\"\"\","), "{text}");
    assert!(text.contains("zoe@elsewhere.example,Zoe,Example,"), "{text}");
    assert!(crate::operator::actions(&t).await.contains(&"person.export".to_owned()));
    browser.goto("/admin/acme/people/export?q=bo").await;
    assert_eq!(browser.page().body.split("\r\n").count(), 3, "as the list is filtered");
    look(&mut browser, &text.replace("bo@acme", "di@acme")).await;
    assert!(browser.text(".list tbody").contains("=cmd|' /C calc'!A0"), "an export is read as it was meant: {}", browser.page());
}
