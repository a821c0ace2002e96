//! The exact reasons behind answers that say little, asked of the use cases themselves; and that no reason is untested.
use std::net::IpAddr;
use std::path::Path;

use serde_json::json;
use tenantry::protocol::Reason;
use tenantry::protocol::params::Params;
use tenantry::service::Network;
use tenantry::service::bearer::{PresentedToken, Scheme};
use tenantry::service::client_auth::{Caller, Denied, authenticated};
use tenantry::service::possession::Possession;
use tenantry::service::revocation::revoke;
use tenantry::service::userinfo::userinfo;

use super::clients::{assertion, keyed};
use super::{ALL, Arena};
use crate::harness::tenantry::Tenantry;

fn network() -> Network {
    Network::of(IpAddr::from([127, 0, 0, 1]))
}

fn caller(id: &str, secret: &str) -> Caller {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let authorization = (!id.is_empty()).then(|| format!("Basic {}", STANDARD.encode(format!("{id}:{secret}"))));
    Caller { authorization, possession: Possession::default(), network: network() }
}

fn bearer(token: &str) -> PresentedToken {
    let possession = Possession::default();
    PresentedToken { token: token.to_owned(), scheme: Scheme::Bearer, method: "GET", possession, network: network() }
}

pub(super) fn params(pairs: &[(&str, &str)]) -> Params {
    Params::parse(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
}

pub(super) fn reason<T>(result: Result<T, Denied>) -> Option<Reason> {
    match result {
        Ok(_) => None,
        Err(Denied::Refused(error)) => Some(error.reason),
        Err(other) => panic!("neither refused nor done: {other:?}"),
    }
}

#[tokio::test]
async fn each_failed_proof_has_its_reason() {
    let t = Tenantry::start().await;
    let (client, pair) = keyed(&t).await;
    let a = Arena::new().await;
    let proved = async |t: &Tenantry, caller: Caller, pairs: &[(&str, &str)]| {
        reason(authenticated(&t.app, &t.app.registered(), &caller, &params(pairs), t.now(), async |_| Ok(())).await)
    };
    let claims = json!({ "iss": client.id, "sub": client.id, "aud": t.origin, "exp": t.now().seconds() + 60, "jti": "j" });
    let jwt = assertion(&pair, &claims);
    let cut = &jwt[..jwt.len() - 4];
    let pairs = |jwt| [("client_assertion_type", tenantry::protocol::client_auth::ASSERTION_TYPE), ("client_assertion", jwt)];

    assert_eq!(proved(&a.t, caller(a.client.id.as_str(), &a.secret), &[]).await, None);
    assert_eq!(proved(&a.t, caller(a.client.id.as_str(), "x"), &[]).await, Some(Reason::ClientSecretWrong));
    assert_eq!(proved(&a.t, caller("cli_nobody", "x"), &[]).await, Some(Reason::ClientUnknown));
    assert_eq!(proved(&t, caller("", ""), &pairs(cut)).await, Some(Reason::AssertionSignature));
    assert_eq!(proved(&t, caller("", ""), &pairs(&jwt)).await, None);
    assert_eq!(proved(&t, caller("", ""), &pairs(&jwt)).await, Some(Reason::AssertionReplayed));
}

#[tokio::test]
async fn each_refused_token_has_its_reason() {
    let a = Arena::with(|m| m.scopes.push("orders".to_owned())).await;
    let (person, plain) = (a.tokens(ALL).await, a.tokens("orders").await);
    let asked = async |token: &str| reason(userinfo(&a.t.app, &bearer(token), a.now()).await);

    assert_eq!(asked(person.text("access_token")).await, None);
    assert_eq!(asked(plain.text("access_token")).await, Some(Reason::TokenScope));
    assert_eq!(asked(person.text("id_token")).await, Some(Reason::TokenInvalid));
    a.post("/revoke", &[("token", person.text("refresh_token"))]).await;
    assert_eq!(asked(person.text("access_token")).await, Some(Reason::GrantEnded));
    let (other, secret) = a.t.client(tenantry::service::clients::Preset::Web, |_| {}).await;
    let stranger = caller(other.id.as_str(), secret.as_deref().unwrap());
    let foreign = revoke(&a.t.app, &stranger, &params(&[("token", plain.text("access_token"))]), a.now()).await;
    assert_eq!(reason(foreign), Some(Reason::NotOurs));
}

#[tokio::test]
async fn a_tenants_new_demand_is_the_reason() {
    let a = Arena::new().await;
    let tokens = a.tokens(ALL).await;
    let policy = tenantry::model::TenantPolicy {
        mfa_mode: tenantry::model::MfaMode::Required,
        mfa_email_satisfies: tenantry::model::EmailSatisfies::Nothing,
        ..a.tenant.policy.clone()
    };
    a.t.app.store.write(async |w| w.set_tenant_policy(&a.tenant.id, &policy).await).await.unwrap();
    a.t.app.refresh().await.unwrap();

    let refused = userinfo(&a.t.app, &bearer(tokens.text("access_token")), a.now()).await;

    assert_eq!(reason(refused), Some(Reason::FactorMissing));
}

/// Reached only when two requests meet inside one transaction; the journeys meet it without being able to name it.
const UNNAMED: &[&str] = &["FlowSpent"];

#[test]
fn every_reason_stands_in_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let declared = std::fs::read_to_string(root.join("src/protocol/error.rs")).unwrap();
    let variants = declared.split("pub enum Reason {").nth(1).unwrap().split('}').next().unwrap();
    let mut tests = String::new();
    gather(&root.join("src"), &mut tests);
    gather(&root.join("tests/it"), &mut tests);

    let named: Vec<&str> = variants.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let missing: Vec<&str> = named.iter().copied().filter(|name| !stands_in(&tests, name) && !UNNAMED.contains(name)).collect();

    assert!(named.len() > 60);
    assert!(missing.is_empty(), "no test names {missing:?}");
}

fn stands_in(tests: &str, name: &str) -> bool {
    let wanted = format!("Reason::{name}");
    tests.match_indices(&wanted).any(|(at, _)| !tests[at + wanted.len()..].starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// Collects the text of tests: whole files below `tests`, and what follows `mod tests` elsewhere.
fn gather(folder: &Path, into: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let whole = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
            into.push_str(if whole { &text } else { text.split_once("mod tests {").map_or("", |(_, tests)| tests) });
        }
    }
}
