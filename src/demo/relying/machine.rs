//! Nightly Report, a job that acts for itself: client_credentials (RFC 6749 4.4), introspection (RFC 7662).
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use super::super::html::{El, el};
use super::super::site::{Page, Site, Tongue, button, finished, json_card};
use super::provider::{self, Metadata, Trouble, tokens};
use super::token::{Expected, Seen, examine, token_card};

const NAME: &str = "Nightly Report";

pub fn router(site: &Site) -> Router {
    finished(Router::new().route("/", get(show)).route("/run", post(run)).with_state(site.clone()), None)
}

fn head(tongue: Tongue) -> El {
    let lead = tongue.say(
        "A job without people: it shows its own secret and gets a token for itself.",
        "Ein Auftrag ohne Menschen: Er weist sein eigenes Geheimnis vor und bekommt ein Token für sich selbst.",
    );
    let run = button("/run", "run", "primary", tongue.say("Fetch a token", "Token holen"));
    el("div").class("head").add(el("h1").text(NAME)).add(el("p").class("lead").text(lead)).add(run)
}

fn page(tongue: Tongue) -> Page {
    Page::new(tongue, NAME, tongue.say("Machine client", "Maschinen-Client"))
}

async fn show(State(site): State<Site>, tongue: Tongue) -> Response {
    page(tongue).show(&site, [head(tongue)])
}

async fn run(State(site): State<Site>, tongue: Tongue) -> Response {
    match fetch(&site).await {
        Ok((seen, introspected)) => {
            page(tongue).show(&site, [head(tongue), token_card(&seen, tongue), json_card("introspection", &introspected)])
        }
        Err(trouble) => {
            let note = el("div").class("note").id("news").attr("role", "alert").add(el("p").text(&trouble));
            page(tongue).show(&site, [head(tongue), note])
        }
    }
}

async fn fetch(site: &Site) -> Result<(Seen, serde_json::Value), Trouble> {
    let metadata = Metadata::fetch(site).await?;
    let own = &site.world.machine;
    let form = [("grant_type", "client_credentials"), ("scope", "reports:read")];
    let got = tokens(site, &metadata.token_endpoint, own, &form).await?;
    let audience = site.world.ports().machine();
    let expected = Expected { issuer: &metadata.issuer, audience: &audience, typ: Some("at+jwt"), nonce: None, access_token: None };
    let seen = examine("access_token", &got.access_token, &metadata.keys(site).await?, &expected, site.now());
    let asked = [("token", got.access_token.as_str()), ("token_type_hint", "access_token")];
    let introspected = provider::post(site, &metadata.introspection_endpoint, own, &asked).await?;
    Ok((seen, introspected))
}
