//! The start page: what to try, and with which logins.
use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use url::Url;

use super::html::{El, el};
use super::people::{DemoPerson, PASSWORD, PEOPLE, TENANTS, WITH_APP, Way};
use super::site::{Page, Site, Tongue, card, finished};
use super::{mailbox, microsoft};
use crate::credentials::totp;

const STEP: i64 = 30;

pub fn router(site: &Site) -> Router {
    let router = Router::new().route("/", get(show)).route("/refresh.js", get(script)).merge(mailbox::routes()).with_state(site.clone());
    // The mailbox frames letters of its own origin.
    let csp = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; \
        base-uri 'none'; frame-ancestors 'none'";
    finished(router, Some(csp.to_owned()))
}

async fn script() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], include_str!("assets/refresh.js"))
}

async fn show(State(site): State<Site>, tongue: Tongue) -> Response {
    let now = site.now();
    let left = STEP - now.seconds().rem_euclid(STEP);
    let title = tongue.say("Try Tenantry", "Tenantry ausprobieren");
    // Asked for again when the authenticator's code changes.
    let page = Page { refresh: Some(left + 1), ..Page::new(tongue, "Demo", title) };
    let lead = tongue.say(
        "A whole world on your machine: an identity provider, three applications that rely on it, everybody's mailbox, and a stand-in for Microsoft.",
        "Eine ganze Welt auf Ihrem Rechner: ein Identitätsanbieter, drei Anwendungen, die sich auf ihn verlassen, das Postfach aller und ein Ersatz für Microsoft.",
    );
    let head = el("div").class("head").add(el("h1").text(title)).add(el("p").class("lead").text(lead));
    page.show(&site, [head, things(&site, tongue), people(&site, tongue, left), tenants(tongue), hostile(&site, tongue)])
}

fn things(site: &Site, tongue: Tongue) -> El {
    let ports = site.world.ports();
    let things = [
        (
            ports.web(),
            "Order Desk",
            tongue.say(
                "A web application with a secret: sign in, renew, userinfo, switch the tenant, sign out. Shows every token decoded and verified. One of its pages needs a second factor and asks for it.",
                "Eine Webanwendung mit Geheimnis: anmelden, erneuern, Userinfo, Mandant wechseln, abmelden. Zeigt jedes Token zerlegt und geprüft. Eine ihrer Seiten braucht einen zweiten Faktor und verlangt ihn.",
            ),
        ),
        (
            ports.spa(),
            "Tour Board",
            tongue.say(
                "A single-page application without a secret: PKCE, and the browser itself verifies the tokens.",
                "Eine Anwendung nur im Browser, ohne Geheimnis: PKCE, und der Browser selbst prüft die Token.",
            ),
        ),
        (
            ports.machine(),
            "Nightly Report",
            tongue.say("A job that acts for itself, without people.", "Ein Auftrag, der für sich selbst handelt, ohne Menschen."),
        ),
        (
            format!("{}/mail", ports.start()),
            tongue.say("Mailbox", "Postfach"),
            tongue.say("Every letter that was sent: codes and invitations.", "Jeder Brief, der verschickt wurde: Codes und Einladungen."),
        ),
    ];
    let item = |(url, name, about): (String, &str, &str)| {
        let text =
            el("span").class("choice-text").add(el("span").class("choice-name").text(name)).add(el("span").class("choice-sub").text(about));
        el("li").add(el("a").class("choice").attr("href", &url).add(text))
    };
    el("section").add(el("h2").text(tongue.say("What there is", "Was es gibt"))).add(el("ul").class("choices two").each(things.map(item)))
}

fn people(site: &Site, tongue: Tongue, left: i64) -> El {
    let password = el("p")
        .text(tongue.say("Everybody's password: ", "Das Passwort aller: "))
        .add(el("code").class("password").id("password").text(PASSWORD))
        .text(tongue.say(
            " – “Sign in” opens the Order Desk with the address filled in.",
            " – „Anmelden“ öffnet den Order Desk mit ausgefüllter Adresse.",
        ));
    let rows = PEOPLE.iter().map(|person| row(site, tongue, person, left));
    let title = el("h2").text(tongue.say("Who you can be", "Wer Sie sein können"));
    el("section").add(title).add(password).add(el("ul").class("options").id("people").each(rows))
}

fn row(site: &Site, tongue: Tongue, person: &DemoPerson, left: i64) -> El {
    let name = format!("{} {}", person.first_name, person.last_name);
    let title = el("h3").add(el("bdi").text(&name)).add(el("code").class("badge").text(person.email));
    let mut text = el("div").class("option-text").add(title).add(el("p").text(tongue.of(person.about)));
    if person.email == WITH_APP {
        text = text.add(app_code(site, tongue, left));
    }
    let ports = site.world.ports();
    let target = match person.way {
        Way::Invited => (format!("{}/mail", ports.start()), tongue.say("Mailbox", "Postfach")),
        Way::Microsoft => (format!("{}/login?fresh=1", ports.web()), tongue.say("Sign in", "Anmelden")),
        Way::Password => (login_as(&ports.web(), person.email), tongue.say("Sign in", "Anmelden")),
    };
    el("li").add(text).add(el("a").class("secondary small").attr("href", &target.0).text(target.1))
}

fn login_as(origin: &str, email: &str) -> String {
    let mut url = Url::parse(&format!("{origin}/login")).expect("origins of the demo are URLs");
    url.query_pairs_mut().append_pair("fresh", "1").append_pair("hint", email);
    url.into()
}

/// The authenticator app, played.
fn app_code(site: &Site, tongue: Tongue, left: i64) -> El {
    let code = totp::shown(&site.world.totp_secret, site.now());
    let code = code.map(|code| code.expose().clone()).unwrap_or_default();
    let text = tongue.say("good for {left} s, and for one sign-in", "gilt noch {left} s und für eine Anmeldung");
    let text = text.replace("{left}", &left.to_string());
    el("p").add(el("code").class("totp").id("totp").text(&code)).text(" ").add(el("span").class("hint").text(&text))
}

fn tenants(tongue: Tongue) -> El {
    let row = |tenant: &super::people::DemoTenant| {
        let logo = el("img").class("tile").attr("src", &format!("/assets/logo/{}", tenant.logo)).attr("alt", "");
        let sub = el("span").class("choice-sub").text(&format!("{} · {} · {}", tenant.name, tenant.number, tenant.slug));
        let text = el("span").class("choice-text").add(el("span").class("choice-name").text(tenant.alias)).add(sub);
        el("li").class("person").add(logo).add(text)
    };
    let list = el("ul").class("choices two").each(TENANTS.iter().map(row));
    el("section").add(el("h2").text(tongue.say("Two tenants", "Zwei Mandanten"))).add(list)
}

fn hostile(site: &Site, tongue: Tongue) -> El {
    let lines = [
        tongue.say(
            "“Sign in with Microsoft · Mallory” leads to a hostile directory. Its accounts claim Mika's address, or to be Mika in Alpenglow's directory: Tenantry refuses both.",
            "„Mit Microsoft anmelden · Mallory“ führt in ein feindliches Verzeichnis. Seine Konten behaupten, Mikas Adresse zu haben oder Mika in Alpenglows Verzeichnis zu sein: Tenantry lehnt beides ab.",
        ),
        tongue.say(
            "Somebody in Kestrel's directory whom nobody invited is refused, too.",
            "Auch jemand aus Kestrels Verzeichnis, den niemand eingeladen hat, wird abgelehnt.",
        ),
        tongue.say(
            "Wrong passwords: after ten the account pauses for half an hour, whether it exists or not.",
            "Falsche Passwörter: Nach zehn pausiert das Konto eine halbe Stunde, ob es existiert oder nicht.",
        ),
    ];
    let where_ = format!("{}: {} · {}", tongue.say("Issuer", "Aussteller"), site.world.ports().provider(), microsoft::NAME);
    card(tongue.say("What is refused", "Was abgelehnt wird"))
        .add(el("ul").class("bullets").each(lines.map(|line| el("li").text(line))))
        .add(el("p").class("hint").text(&where_))
}
