//! A page of the Order Desk that needs a second factor: whoever proved less is sent to the provider first (RFC 9470 4, 5).
use serde_json::{Value, json};

use super::super::html::{El, el};
use super::super::site::Tongue;

/// The rung that the page demands (protocol.md §3).
pub const DEMANDED: &str = "urn:tenantry:acr:mfa";
/// Rungs that will do: the demanded one and the one above it.
const ENOUGH: [&str; 2] = [DEMANDED, "urn:tenantry:acr:phr"];

/// May whoever this verified id_token speaks of see the page?
pub fn is_open(id_token: &Value) -> bool {
    id_token["acr"].as_str().is_some_and(|acr| ENOUGH.contains(&acr))
}

/// The `claims` parameter that makes the demand essential (OpenID Connect Core 5.5.1.1): the provider asks for the factor,
/// or refuses; it never answers with less.
pub fn claims() -> String {
    json!({ "id_token": { "acr": { "essential": true, "values": ENOUGH } } }).to_string()
}

/// What stands on the page, and what was proved to see it.
pub fn content(id_token: &Value, tongue: Tongue) -> El {
    let said = |name: &str| match &id_token[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let row = |term: &str| el("div").add(el("dt").text(term)).add(el("dd").id(&format!("vault-{term}")).text(&said(term)));
    let text = tongue.say(
        "You see this because your id_token says that a strong second factor was proved. With less, this page would have sent you to Tenantry with acr_values and an essential acr claim.",
        "Sie sehen dies, weil Ihr id_token sagt, dass ein starker zweiter Faktor nachgewiesen wurde. Mit weniger hätte Sie diese Seite mit acr_values und einem wesentlichen acr-Claim zu Tenantry geschickt.",
    );
    let facts = el("dl").class("facts facts-strong").add(row("acr")).add(row("amr")).add(row("auth_time"));
    let back = el("a").class("button secondary").attr("href", "/").id("back").text(tongue.say("Back", "Zurück"));
    el("section").class("card").id("vault-open").add(el("p").text(text)).add(facts).add(el("div").class("actions").add(back))
}
