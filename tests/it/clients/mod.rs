//! Client libraries of other languages against the real program: npm `openid-client`, PyPI `authlib`.
//! The scripts in `tests/clients/` are the applications; here is the world that they find, and their exit counts.
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use josekit::jwk::Jwk;
use josekit::jwk::alg::ec::{EcCurve, EcKeyPair};
use serde_json::{Value, json};
use tenantry::config::Config;
use tenantry::model::{
    AuthMethod, ClientMetadata, ConsentMode, FactorKind, GrantType, MembershipKind, MfaMode, ResponseMode, ResponseType, SigningAlg,
};
use tenantry::service::clients::Preset;
use tenantry::world::{Clock, SystemClock};

use crate::harness::database::TempFolder;
use crate::harness::process::Process;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{CALLBACK, PASSWORD};

/// A served world, described in a file that the scripts read.
struct Stage {
    _seeded: Tenantry,
    server: Process,
    folder: TempFolder,
}

impl Stage {
    async fn start() -> Self {
        let t = Tenantry::start().await;
        t.clock.set(SystemClock.now());
        let (listen, receiver) = (free_address(), free_address());
        let issuer = format!("http://{listen}");
        let key = private_key();
        let mut world = people(&t).await;
        world.extend(applications(&t, &key, &receiver).await);
        world.insert("issuer", issuer.clone().into());
        world.insert("private_jwk", Value::Object(key.as_ref().clone()));
        world.insert("backchannel_logout_uri", format!("http://{receiver}/logout").into());
        let folder = TempFolder::new();
        std::fs::write(folder.path().join("world.json"), serde_json::to_vec(&world).unwrap()).unwrap();
        let server = serve(&t, &issuer, &listen, folder.path()).await;
        Self { _seeded: t, server, folder }
    }

    /// Runs a script and gives the features that it reported.
    async fn play(&mut self, mut command: Command) -> Vec<String> {
        command.arg(self.folder.path().join("world.json")).current_dir(scripts());
        let mut party = Process::start(command);
        let ended = party.ended().await;
        let output = party.output();
        assert!(ended.success(), "{output}\n\n{}", self.server.output());
        output.lines().filter_map(|line| line.strip_prefix("worked: ")).map(str::to_owned).collect()
    }
}

fn scripts() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn private_key() -> Jwk {
    let mut key = EcKeyPair::generate(EcCurve::P256).unwrap().to_jwk_key_pair();
    key.set_key_id("party-1");
    key.set_algorithm("ES256");
    key
}

/// One person of one tenant, guest in another, who signs in by password alone.
async fn people(t: &Tenantry) -> BTreeMap<&'static str, Value> {
    let easy = |policy: &mut tenantry::model::TenantPolicy| policy.mfa_mode = MfaMode::Optional;
    let (home, other) = (t.tenant_with("acme", easy).await, t.tenant_with("borealis", easy).await);
    let person = t.person_with("hanna@acme.example", |new| new.second_factor = FactorKind::None).await;
    t.join(&person, &home, MembershipKind::Home).await;
    BTreeMap::from([
        ("email", person.email.clone().into()),
        ("password", PASSWORD.into()),
        ("name", "Hanna Example".into()),
        ("tenant", home.slug.into()),
        ("other_tenant", other.slug.clone().into()),
        ("guest_of", {
            t.join(&person, &other, MembershipKind::Guest).await;
            other.slug.into()
        }),
    ])
}

/// An application with a secret and one that signs; both may do all that the scripts try.
async fn applications(t: &Tenantry, key: &Jwk, receiver: &str) -> BTreeMap<&'static str, Value> {
    let everything = |metadata: &mut ClientMetadata| {
        metadata.consent = ConsentMode::Implicit;
        metadata.grant_types = vec![
            GrantType::AuthorizationCode,
            GrantType::Implicit,
            GrantType::RefreshToken,
            GrantType::DeviceCode,
            GrantType::TokenExchange,
        ];
        metadata.response_types = vec![ResponseType::Code, ResponseType::CodeIdToken];
        metadata.response_modes =
            vec![ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost, ResponseMode::Jwt, ResponseMode::QueryJwt];
        metadata.backchannel_logout_uri = Some(format!("http://{receiver}/logout"));
        metadata.backchannel_logout_session_required = true;
    };
    let (web, secret) = t.client(Preset::Web, |new| everything(&mut new.metadata)).await;
    let mut public = key.as_ref().clone();
    public.remove("d");
    let jwks = json!({ "keys": [public] });
    let signs = |metadata: &mut ClientMetadata| {
        everything(metadata);
        metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
        metadata.jwks = Some(jwks);
        metadata.id_token_signed_response_alg = SigningAlg::Es256;
        metadata.authorization_signed_response_alg = SigningAlg::Es256;
        metadata.backchannel_logout_uri = None;
        metadata.backchannel_logout_session_required = false;
    };
    let (signed, _) = t.client(Preset::Web, |new| signs(&mut new.metadata)).await;
    BTreeMap::from([
        ("web", json!({ "id": web.id.as_str(), "secret": secret })),
        ("signed", json!({ "id": signed.id.as_str() })),
        ("callback", CALLBACK.into()),
        ("bye", "https://app.example/bye".into()),
    ])
}

async fn serve(t: &Tenantry, issuer: &str, listen: &str, folder: &Path) -> Process {
    let key = Config::for_tests(issuer, &t.database.url).keys.master_key.unwrap();
    let env = [
        ("TENANTRY__SERVER__ISSUER", issuer),
        ("TENANTRY__SERVER__LISTEN", listen),
        ("TENANTRY__DATABASE__URL", &t.database.url),
        ("TENANTRY__KEYS__MASTER_KEY", key.expose()),
        ("TENANTRY__MAIL__MODE", "folder"),
        ("TENANTRY__MAIL__FOLDER", folder.to_str().unwrap()),
        ("TENANTRY__PASSWORD__MEMORY_KIB", "64"),
        ("TENANTRY__PASSWORD__ITERATIONS", "1"),
        ("TENANTRY__UPSTREAM__ALLOW_PLAIN_HTTP_LOOPBACK", "true"),
        ("TENANTRY__LOG__LEVEL", "info"),
    ];
    let mut process = Process::tenantry(&["serve"], &env);
    process.line("serving").await;
    process
}

#[tokio::test]
async fn npm_openid_client_completes_every_feature() {
    let mut node = Command::new("node");
    node.arg("openid-client.mjs");

    let worked = Stage::start().await.play(node).await;

    let expected = [
        "code",
        "private_key_jwt_and_par",
        "jar",
        "jar_inside_par",
        "jarm",
        "dpop",
        "hybrid",
        "device",
        "token_exchange",
        "back_channel_logout",
    ];
    assert_eq!(worked, expected);
}

#[tokio::test]
async fn pypi_authlib_completes_every_feature() {
    let interpreter =
        std::env::var("TENANTRY_TEST_PYTHON").expect("TENANTRY_TEST_PYTHON names a Python with tests/clients/requirements.txt");
    let mut python = Command::new(interpreter);
    python.arg("authlib_party.py");

    let worked = Stage::start().await.play(python).await;

    let expected = ["code", "private_key_jwt_and_par", "jar", "jarm", "dpop", "device", "token_exchange", "back_channel_logout"];
    assert_eq!(worked, expected);
}
