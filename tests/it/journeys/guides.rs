//! What the guides in `docs/` tell, task by task and by clicks alone: nobody types an address. Their pictures are made here.
use std::time::Duration;

use tenantry::model::{FactorKind, Group, MembershipKind, Tenant};
use tenantry::service::tenants::{self, NewTenant, TenantAdded};

use super::desk::{at, choose};
use crate::harness::chromium::{self, Chromium};
use crate::harness::database::TempFolder;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{PASSWORD, Someone};

/// A company with people in every state.
struct Company {
    t: Tenantry,
    northwind: Tenant,
    sales: Group,
}

async fn tenant(t: &Tenantry, number: &str, slug: &str, name: &str) -> Tenant {
    let new = NewTenant { number: number.to_owned(), slug: slug.to_owned(), name: name.to_owned(), ..NewTenant::default() };
    let TenantAdded::Added(tenant) = tenants::add(&t.change(), new).await.unwrap() else { panic!("no tenant {slug}") };
    t.app.refresh().await.unwrap();
    *tenant
}

impl Company {
    async fn open() -> Self {
        let t = Tenantry::start().await;
        let northwind = tenant(&t, "100482", "northwind", "Northwind Foods GmbH").await;
        let sales = t.group(&northwind, "Sales", &[("orders:read", false), ("orders:write", false)]).await;
        t.group(&northwind, "Warehouse", &[("stock:read", false)]).await;
        Self { t, northwind, sales }
    }

    /// Somebody whose home is here; the address is made of the names.
    async fn hires(&self, first: &str, last: &str, factor: FactorKind) -> Someone {
        let person = self.named(first, last, "northwind.example", factor).await;
        self.t.join(&person, &self.northwind, MembershipKind::Home).await;
        person
    }

    async fn named(&self, first: &str, last: &str, domain: &str, factor: FactorKind) -> Someone {
        let email = format!("{}.{}@{domain}", first.to_lowercase(), last.to_lowercase());
        let details = |new: &mut tenantry::service::people::Newcomer| {
            (new.first_name, new.last_name) = (first.to_owned(), last.to_owned());
            new.second_factor = factor;
        };
        self.t.person_with(&email, details).await
    }

    /// Anna, who administers the company, and her colleagues.
    async fn staff(&self) -> Someone {
        let anna = self.named("Anna", "Berg", "northwind.example", FactorKind::Email).await;
        self.t.join_with(&anna, &self.northwind, MembershipKind::Home, |new| new.admin = true).await;
        self.t.put_into(&self.sales, &anna).await;
        let carla = self.hires("Carla", "Rossi", FactorKind::Email).await;
        self.t.db_authenticator(&carla).await;
        self.hires("David", "Meier", FactorKind::None).await;
        self.hires("Emma", "Dubois", FactorKind::None).await;
        let farid = self.hires("Farid", "Kaya", FactorKind::Email).await;
        self.t.app.store.write(async |w| w.disable_person(&farid.id, false, self.t.now()).await).await.unwrap();
        let globex = tenant(&self.t, "100977", "globex", "Globex AG").await;
        let gil = self.named("Gil", "Weber", "globex.example", FactorKind::Email).await;
        self.t.join(&gil, &globex, MembershipKind::Home).await;
        self.t.guest(&self.northwind, &gil).await;
        let hanna = self.hires("Hanna", "Vogel", FactorKind::Email).await;
        self.forgets(&hanna).await;
        anna
    }

    /// So many wrong passwords that the account pauses.
    async fn forgets(&self, person: &Someone) {
        let mut browser = self.t.browser();
        browser.goto("/login/start").await;
        for _ in 0..10 {
            browser.fill("#identifier", &person.email).fill("#password", "forgotten").submit("#login-submit").await;
        }
    }
}

/// Follows an item of the menu at the side.
async fn menu(browser: &Chromium, href: &str) {
    browser.click(&format!(".rail a[href=\"{href}\"]")).await;
}

async fn invites_a_colleague(company: &Company, office: &mut Chromium) {
    menu(office, "/admin/northwind/people").await;
    office.click("#person-add").await;
    office.fill("#email", "bo.lindqvist@northwind.example").await;
    office.fill("#first-name", "Bo").await;
    office.fill("#last-name", "Lindqvist").await;
    choose(office, "#group", company.sales.id.as_str()).await;
    office.click("#person-create").await;
    office.click("#invite-send").await;
    office.see("#done").await;
    let link = company.t.mailbox.link("bo.lindqvist@northwind.example").await;
    assert!(link.path().starts_with("/invitation/"));
    menu(office, "/admin/northwind/people").await;
    office.look("people").await;
}

async fn unlocks_somebody(office: &mut Chromium) {
    menu(office, "/admin/northwind").await;
    office.look("overview").await;
    office.click(".attentions a[href$=\"status=locked\"]").await;
    office.click(".list tbody th a").await;
    office.look("locked-person").await;
    assert!(office.text("#reason").await.starts_with("Paused after too many failed attempts"));
    office.click("#deed-unlock").await;
    office.click("#confirm").await;
    office.see(".lead .status-active").await;
}

async fn demands_a_second_factor(office: &mut Chromium) {
    menu(office, "/admin/northwind/policies").await;
    office.click("#change-factor").await;
    office.press("#mfa_mode-required").await;
    office.click("#policy-look").await;
    office.look("second-factor").await;
    let affected = office.text("#affected-must_enrol").await;
    assert!(affected.starts_with("2 people must set a second factor up"), "{affected}");
    office.click("#policy-save").await;
    office.see("#done").await;
}

async fn adds_a_table(office: &mut Chromium) {
    let folder = TempFolder::new();
    let table = |name: &str, group: &str| {
        let head = "email,first_name,last_name,language,groups";
        let lines = [
            "carla.rossi@northwind.example,Carla,Rossi,it,Sales".to_owned(),
            "ida.moreau@northwind.example,Ida,Moreau,fr,Sales|Warehouse".to_owned(),
            format!("jan.koch@northwind.example,Jan,Koch,de,{group}"),
            "kim.larsen@northwind.example,Kim,Larsen,en,Sales".to_owned(),
        ];
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{head}\n{}\n", lines.join("\n"))).unwrap();
        path
    };
    menu(office, "/admin/northwind/people").await;
    office.click("#people-import").await;
    office.upload("#file", &table("first.csv", "Warehous")).await;
    office.click("#import-look").await;
    office.see("[data-kind=group]").await;
    office.look("table-fault").await;
    office.upload("#file", &table("second.csv", "Warehouse")).await;
    office.click("#import-look").await;
    office.see("#import-confirm").await;
    office.look("table").await;
    office.click("#import-confirm").await;
    office.see("#done").await;
    assert!(office.text(".list").await.contains("Jan Koch"));
}

async fn lets_support_in(office: &mut Chromium) {
    menu(office, "/admin/northwind/support").await;
    office.fill("#reason", "An invitation does not arrive").await;
    office.click("#support-grant").await;
    office.see("#done").await;
    office.look("support").await;
    assert!(office.text(".list").await.contains("An invitation does not arrive"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_does_every_task_of_the_guide_by_clicks_alone() {
    if !chromium::is_there() {
        return;
    }
    let company = Company::open().await;
    let anna = company.staff().await;
    let mut office = at(&company.t, "guide-admin", &anna.email, "/account").await;
    office.click(".bar-nav a[href=\"/admin\"]").await;

    invites_a_colleague(&company, &mut office).await;
    unlocks_somebody(&mut office).await;
    demands_a_second_factor(&mut office).await;
    adds_a_table(&mut office).await;
    lets_support_in(&mut office).await;

    office.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_makes_one_account_of_two_by_clicks_alone() {
    if !chromium::is_there() {
        return;
    }
    let company = Company::open().await;
    let globex = tenant(&company.t, "100977", "globex", "Globex AG").await;
    let mona = company.hires("Mona", "Keller", FactorKind::Email).await;
    let other = company.named("Mona", "Keller", "globex.example", FactorKind::Email).await;
    company.t.join(&other, &globex, MembershipKind::Home).await;
    let buyers = company.t.group(&globex, "Buyers", &[("orders:approve", true)]).await;
    company.t.put_into(&buyers, &other).await;
    company.t.person_with("olga@ops.example", |new| new.operator = true).await;

    let mut ops = at(&company.t, "guide-operator", "olga@ops.example", "/account").await;
    ops.click(".bar-nav a[href=\"/operator\"]").await;
    ops.look("overview").await;
    menu(&ops, "/operator/people").await;
    ops.fill("#q", "mona").await;
    ops.click("#filter").await;
    ops.look("people").await;
    ops.click(&format!(".list a[href=\"/operator/people/{}\"]", mona.id)).await;
    ops.look("person").await;
    ops.click("#deed-merge").await;
    ops.fill("#other", &other.email).await;
    ops.click("#merge-look").await;
    ops.see("#merge-moves").await;
    ops.look("merge").await;
    ops.click("#confirm").await;
    ops.see("#done").await;
    let places = ops.text("#person-places").await;

    assert!(places.contains("Northwind") && places.contains("Globex"), "{places}");
    for address in [&mona.email, &other.email] {
        assert_eq!(company.t.mailbox.take(address).await.len(), 1, "{address} is told");
    }
    ops.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_finds_every_page_of_the_guide_in_the_menu() {
    if !chromium::is_there() {
        return;
    }
    let company = Company::open().await;
    let carla = company.hires("Carla", "Rossi", FactorKind::Email).await;
    company.t.put_into(&company.sales, &carla).await;
    let app = company.t.db_authenticator(&carla).await;
    company.t.later(Duration::from_secs(30));
    let mut browser = Chromium::open("guide-person").await;
    browser.goto(company.t.url("/account")).await;
    browser.fill("#identifier", &carla.email).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("#login-submit").await;
    browser.fill("#code", &app.code(company.t.now())).await;
    browser.click("#code-submit").await;
    browser.see("#my-account").await;
    browser.look("overview").await;

    let pages = ["details", "security", "sessions", "tenants", "groups", "applications", "activity", "data"];
    for page in pages {
        menu(&browser, &format!("/account/{page}")).await;
        if page == "security" {
            browser.click("#security-recovery").await;
            browser.click("#recovery-done").await;
        }
        browser.look(page).await;
        assert_eq!(browser.url().await.path(), format!("/account/{page}"));
    }

    browser.close().await;
}
