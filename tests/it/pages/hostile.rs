//! Names that want to be markup, in every place where a page or a letter prints a name.
use super::tag::{decoded, tags};
use super::{bare, chrome};
use tenantry::model::{IdentifierMode, Locale};
use tenantry::pages::console::{
    AccountHome, Area, Choice, ChooseAdmin, Crumb, EverybodyWhy, Finding, Frame, FrameTenant, Moment, OwnTenant, PersonWhy, PolicyShape,
    WhyBecause, WhyFault, WhyKind, WhyRow, WhySource, WhyStep,
};
use tenantry::pages::letters::{EmailCode, Invitation as InvitationLetter};
use tenantry::pages::*;
use tenantry::world::Timestamp;

const HOSTILE: [&str; 9] = [
    "');alert(1)//",
    "</script><img src=x onerror=alert(1)>",
    "\"><script>alert(1)</script>",
    "' autofocus onfocus=alert(1) x='",
    "\" autofocus onfocus=alert(1) x=\"",
    "{{7*7}}{% raw %}${7*7}",
    "</title><h1>x</h1>",
    "\u{202E}moc.live//:sptth",
    "&lt;b&gt; &amp;",
];

/// What a page is made of, apart from its values: tag names and attribute names.
pub fn skeleton(html: &str) -> Vec<String> {
    tags(html).iter().map(|t| format!("{} {:?}", t.name, t.attributes.keys().collect::<Vec<_>>())).collect()
}

/// Renders the page with a harmless and with each hostile text: nothing but the text may differ.
fn stays_the_same_page<P: Page>(page: impl Fn(&str) -> P) {
    let pages = Pages::new();
    for &locale in Locale::ALL {
        let named = |text: &str| {
            let mut frame = Frame::sample(Area::Admin);
            frame.tenant = Some(FrameTenant { name: text.to_owned(), number: text.to_owned(), logo: Some(text.to_owned()) });
            frame.crumbs = vec![Crumb { key: None, text: text.to_owned(), href: "/admin/x".to_owned() }];
            let mut chrome = Chrome { signed_in: Some(text.to_owned()), product: text.to_owned(), console: Some(frame), ..chrome(locale) };
            chrome.brand.as_mut().unwrap().name = text.to_owned();
            let dismiss = Some(Dismiss { mark: "marked".to_owned(), back: text.to_owned() });
            chrome.announced = vec![Announced { lang: locale, text: text.to_owned(), warning: false, dismiss }];
            pages.render(&chrome, &page(text)).unwrap()
        };
        let harmless = skeleton(&named("Anna"));
        for text in HOSTILE {
            let html = named(text);
            assert_eq!(skeleton(&html), harmless, "{} with {text}", P::TEMPLATE);
            assert!(!html.contains("&amp;#x27;") && !html.contains("&amp;amp;lt;"), "{} escapes once: {text}", P::TEMPLATE);
            assert!(!text.contains("{{") || html.contains("{{7*7}}{% raw %}${7*7}"), "{} evaluates nothing", P::TEMPLATE);
        }
    }
}

fn t(text: &str) -> String {
    text.to_owned()
}

#[test]
fn l01_a_tenants_name_is_only_ever_text() {
    let choice = |s: &str| TenantChoice { slug: t("acme"), name: t(s), number: t(s), logo: Some(t(s)), guest: true, last_used: true };
    stays_the_same_page(|s| SelectTenant { flow: t(s), client_name: Some(t(s)), tenants: vec![choice(s), choice(s)], search: true });
    stays_the_same_page(|s| Invitation {
        tenant_name: t(s),
        person_name: t(s),
        email_masked: t(s),
        method_password: true,
        has_account: false,
        connections: vec![Button { id: t(s), name: t(s) }, Button { id: t("b"), name: t(s) }],
        password_least: 12,
        app: Some(InvitationApp { qr_svg: t("<svg></svg>"), secret_groups: t(s), issuer: t(s), sealed: t(s), wrong: true }),
        error: None,
    });
    stays_the_same_page(|s| InvitationMismatch { microsoft_account: t(s), invited_email_masked: t(s), tenant_name: t(s) });
}

#[test]
fn l02_a_persons_name_is_only_ever_text() {
    stays_the_same_page(|s| SelectAccount { flow: t(s), name: t(s), email: t(s), client_name: Some(t(s)) });
    stays_the_same_page(|s| Home {
        person: Some(HomePerson { name: t(s), email: t(s), administers: true, operates: true }),
        sign_in: t("/"),
    });
    stays_the_same_page(|s| LogoutConfirm { client_name: Some(t(s)), name: t(s), hidden: vec![(t(s), t(s))] });
    let passkey =
        |s: &str| PasskeyLine { id: t("pky_1"), name: t(s), synced: true, created: Moment::of(Timestamp::from_seconds(0)), used: None };
    stays_the_same_page(|s| Security {
        email: t(s),
        factor: FactorKind::App,
        recovery_left: 8,
        may_disable: true,
        offers_app: true,
        offers_email: true,
        has_password: true,
        offers_passkey: true,
        passkeys: vec![passkey(s)],
        notice: None,
    });
    let tenant = |s: &str| OwnTenant {
        id: t("ten_1"),
        name: t(s),
        number: t(s),
        logo: Some(t(s)),
        guest: true,
        admin: Some(t("/admin/x")),
        chosen: true,
    };
    stays_the_same_page(|s| AccountHome { name: t(s), email: Some(t(s)), factor: FactorKind::App, tenants: vec![tenant(s), tenant(s)] });
    stays_the_same_page(|s| ChooseAdmin { tenants: vec![tenant(s)] });
    stays_the_same_page(|s| Bootstrap { error: None, email: t(s), first_name: t(s), last_name: t(s), password_least: 12 });
    stays_the_same_page(|s| TotpEnrol {
        qr_svg: t("<svg></svg>"),
        secret_groups: t(s),
        issuer: t(s),
        ask_password: true,
        offers_passkey: true,
        flow: None,
        error: None,
    });
}

#[test]
fn l01_what_a_dry_run_tells_is_only_ever_text() {
    let row = |s: &str| WhyRow {
        key: t(s),
        id: t("mfa_step_up_permissions"),
        kind: WhyKind::Policy,
        shape: PolicyShape::Names,
        values: vec![t(s)],
        source: WhySource::Tenant,
        tenant: t(s),
    };
    let found = |s: &str| Finding {
        application: t(s),
        tenant: t(s),
        because: WhyBecause::OwnFactor,
        first: WhyStep::Totp,
        then: None,
        demand: None,
        besides: Vec::new(),
        rows: vec![row(s)],
    };
    let choices = |s: &str| vec![Choice { value: t(s), text: t(s) }];
    stays_the_same_page(|s| PersonWhy {
        id: t(s),
        name: t(s),
        clients: choices(s),
        client: t(s),
        typed: t(s),
        fault: Some(WhyFault::Client),
        found: Some(found(s)),
    });
    stays_the_same_page(|s| EverybodyWhy {
        id: t(s),
        name: t(s),
        clients: choices(s),
        client: t(s),
        tenants: choices(s),
        tenant: t(s),
        other: t(s),
        typed: t(s),
        fault: Some(WhyFault::Tenant),
        found: Some(found(s)),
    });
}

#[test]
fn what_a_request_brings_is_only_ever_text() {
    let connections = || vec![Button { id: t("con_1"), name: t("x") }];
    stays_the_same_page(|s| Login {
        flow: t(s),
        names: IdentifierMode::Username,
        company: CompanyField::Asked { typed: t(s), needed: true },
        identifier: t(s),
        error: None,
        connections: connections(),
        client_name: Some(t(s)),
        identifier_fixed: false,
        passkey: true,
        passkey_error: None,
    });
    stays_the_same_page(|s| LoginCode {
        flow: t(s),
        kind: CodeKind::Email { masked: t(s) },
        error: None,
        resent: false,
        recovery_possible: true,
        recovery: false,
        restart: true,
        passkey: true,
        passkey_error: None,
    });
    stays_the_same_page(|s| Consent {
        flow: t(s),
        client_name: t(s),
        leads_to: t(s),
        tenant_name: t(s),
        person_name: t(s),
        scopes: vec![ScopeLine::new(s), ScopeLine::new("openid")],
        details: vec![DetailBlock { label: t(s), api: t(s), members: vec![(t(s), t(s))] }],
    });
    stays_the_same_page(|s| Problem {
        code: t(s),
        kind: ProblemKind::UpstreamNotEnabled { consent: Some(t(s)) },
        detail: Some(t(s)),
        request_id: Some(t(s)),
        retry: Some(t(s)),
        resend: false,
    });
}

#[test]
fn a13_the_form_post_page_is_one_form_with_the_clients_fields_and_no_script_but_ours() {
    let pages = Pages::new();
    for state in HOSTILE {
        let page = FormPost { action: t("https://desk.example/cb?a=1&b=2"), client_name: None, fields: vec![(t("state"), t(state))] };
        let html = pages.render(&bare(Locale::En), &page).unwrap();
        let tags = tags(&html);
        let of = |name: &str| tags.iter().filter(|t| t.name == name).collect::<Vec<_>>();

        assert_eq!(of("form").len(), 1);
        assert_eq!(of("form")[0].get("action"), Some("https://desk.example/cb?a=1&b=2"));
        assert_eq!(of("script").len(), 1);
        assert_eq!(of("input").len(), 1, "no csrf value leaves the house");
        assert_eq!(of("input")[0].get("value"), Some(state));
        assert_eq!(of("button").iter().filter(|b| b.get("name").is_some()).count(), 0);
    }
}

#[test]
fn h13_names_in_letters_are_neither_markup_nor_links() {
    let pages = Pages::new();
    let long = "x".repeat(5000);
    for text in HOSTILE.iter().copied().chain(["https://evil.example/login", "evil.example", "a\r\nBcc: b@evil.example", &long]) {
        let letter = InvitationLetter {
            product: t("Tenantry"),
            name: t(text),
            inviter: Some(t(text)),
            tenant: t(text),
            link: t("https://id.example.com/i"),
            days: 7,
            microsoft: false,
        };
        let house = |name: &str| House { name: t(name), contact: Some(t(name)), button: None, logo: true };
        let drawn = pages.letter(Locale::En, &house(text), &letter).unwrap();
        let plain = InvitationLetter { name: t("A"), inviter: Some(t("A")), tenant: t("A"), ..letter };
        let again = pages.letter(Locale::En, &house("A"), &plain).unwrap();

        assert_eq!(skeleton(&drawn.html), skeleton(&again.html), "{text}");
        assert_eq!(drawn.text.matches("://").count(), 1, "{text}");
        assert!(!drawn.text.contains("evil.example") && !decoded(&drawn.html).contains("evil.example"), "{text}");
        assert!(!drawn.subject.contains(['\r', '\n']) && drawn.subject.chars().count() < 200, "{text}");
        assert!(drawn.text.len() < 2000 && !drawn.text.contains("49"), "{text}");
    }
}

#[test]
fn a_code_letter_says_the_code_in_all_three_parts() {
    let letter = EmailCode { product: t("Tenantry"), name: t("Anna"), code: t("007321"), minutes: 10, client_name: None, tenant: None };
    for &locale in Locale::ALL {
        let drawn = Pages::new().letter(locale, &House::plain(), &letter).unwrap();

        assert!(drawn.subject.contains("007321") && drawn.text.contains("007321") && drawn.html.contains("007321"));
        assert!(["10 Minuten", "10 minutes", "10 minuti"].iter().any(|minutes| drawn.text.contains(minutes)), "{}", drawn.text);
    }
}
