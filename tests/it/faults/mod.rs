//! The real program under fire: several processes on one database, requests that collide, processes that die.
//! `TENANTRY_ROUNDS` sets how often; the test command plays a short form.
mod kill;
mod races;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tenantry::config::Config;
use tenantry::model::{Amr, Client, CodeRow, Grant, GrantId, GrantTerms, Proof, Tenant};
use tenantry::service::clients::Preset;
use tenantry::world::{Clock, Code, Os, SystemClock, Timestamp, Token};

use crate::harness::database::{Engine, TempFolder};
use crate::harness::net::{self, PATIENCE};
use crate::harness::process::Process;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{CALLBACK, Someone};

/// RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// How many rounds to play; `short` unless `TENANTRY_ROUNDS` says otherwise.
fn rounds(short: usize) -> usize {
    std::env::var("TENANTRY_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(short)
}

/// A world in a database, and the processes that serve it.
struct Cluster {
    t: Tenantry,
    nodes: Vec<Process>,
    origins: Vec<String>,
    client: Client,
    secret: String,
    tenant: Tenant,
    letters: TempFolder,
    http: reqwest::Client,
}

impl Cluster {
    /// One process on SQLite, two on PostgreSQL.
    async fn start() -> Self {
        let t = Tenantry::start().await;
        t.clock.set(SystemClock.now());
        let tenant = t.tenant("acme").await;
        let implicit = |new: &mut tenantry::service::clients::NewClient| new.metadata.consent = tenantry::model::ConsentMode::Implicit;
        let (client, secret) = t.client(Preset::Web, implicit).await;
        let count = if Engine::of_this_run() == Engine::Postgres { 2 } else { 1 };
        let origins = free_origins(count);
        let http = net::client();
        let mut cluster = Self { t, nodes: Vec::new(), origins, client, secret: secret.unwrap(), tenant, letters: TempFolder::new(), http };
        for index in 0..count {
            let node = cluster.node(index).await;
            cluster.nodes.push(node);
        }
        cluster
    }

    /// Starts the process that serves `origins[index]`. All of them have the first one's address as their issuer.
    async fn node(&self, index: usize) -> Process {
        let listen = self.origins[index].trim_start_matches("http://").to_owned();
        let key = Config::for_tests(&self.origins[0], &self.t.database.url).keys.master_key.unwrap();
        let folder = self.letters.path().to_str().unwrap();
        let env = [
            ("TENANTRY__SERVER__ISSUER", self.origins[0].as_str()),
            ("TENANTRY__SERVER__LISTEN", &listen),
            ("TENANTRY__DATABASE__URL", &self.t.database.url),
            ("TENANTRY__KEYS__MASTER_KEY", key.expose()),
            ("TENANTRY__MAIL__MODE", "folder"),
            ("TENANTRY__MAIL__FOLDER", folder),
            ("TENANTRY__PASSWORD__MEMORY_KIB", "64"),
            ("TENANTRY__PASSWORD__ITERATIONS", "1"),
            ("TENANTRY__LOG__LEVEL", "info"),
        ];
        let mut process = Process::tenantry(&["serve"], &env);
        process.line("serving").await;
        process
    }

    /// The node that the n-th of many parallel requests goes to.
    fn origin(&self, n: usize) -> &str {
        &self.origins[n % self.origins.len()]
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// An authorization code of a member, as `/authorize` would have written it.
    async fn code(&self, person: &Someone) -> String {
        let now = self.now();
        let code = Token::<Code>::generate(&Os);
        let grant = Grant {
            id: GrantId::generate(now, &Os),
            client: self.client.id.clone(),
            person: person.id.clone(),
            tenant: self.tenant.id.clone(),
            session: None,
            scope: "offline_access openid tenant".into(),
            nonce: None,
            proof: Proof { amr: [Amr::Pwd, Amr::Email].into(), signed_in_at: Some(now), factor_at: Some(now), upstream_tid: None },
            auth_time_requested: false,
            terms: GrantTerms::default(),
            created_at: now,
            expires_at: now.plus(Duration::from_secs(86_400)),
            ended_at: None,
        };
        let row = CodeRow {
            grant: grant.id.clone(),
            client: grant.client.clone(),
            redirect_uri: CALLBACK.into(),
            redirect_uri_sent: true,
            challenge: Some(CHALLENGE.into()),
            dpop_jkt: None,
            expires_at: now.plus(Duration::from_secs(60)),
            used_at: None,
        };
        let digest = code.digest();
        let store = &self.t.app.store;
        store
            .write(async |w| {
                w.insert_grant(&grant).await?;
                w.insert_code(&digest, &row).await
            })
            .await
            .unwrap();
        code.clear().to_owned()
    }

    fn token_request(&self, n: usize, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.http
            .post(format!("{}/token", self.origin(n)))
            .basic_auth(self.client.id.as_str(), Some(&self.secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    fn redeem(&self, n: usize, code: &str) -> reqwest::RequestBuilder {
        let form = [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)];
        self.token_request(n, &form)
    }

    fn refresh(&self, n: usize, token: &str) -> reqwest::RequestBuilder {
        self.token_request(n, &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// The refresh token of a fresh grant.
    async fn family(&self, person: &Someone) -> String {
        let code = self.code(person).await;
        let (status, body) = answer(self.redeem(0, &code)).await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
        body["refresh_token"].as_str().unwrap().to_owned()
    }

    /// The code in the newest letter to an address; waits until the letter is there.
    async fn mailed_code(&self, email: &str) -> String {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        while tokio::time::Instant::now() < deadline {
            if let Some(code) = self.letters_to(email).pop_last() {
                return code.1;
            }
            tokio::task::yield_now().await;
        }
        panic!("no letter to {email}");
    }

    fn letters_to(&self, email: &str) -> BTreeMap<String, String> {
        let files = std::fs::read_dir(self.letters.path()).unwrap().filter_map(Result::ok);
        let read = |path: std::path::PathBuf| serde_json::from_slice::<Value>(&std::fs::read(path).ok()?).ok();
        files
            .filter(|file| file.path().extension().is_some_and(|e| e == "json"))
            .filter_map(|file| read(file.path()))
            .filter(|letter| letter["to"] == email)
            .filter_map(|letter| Some((letter["id"].as_str()?.to_owned(), code_in(letter["text"].as_str()?)?)))
            .collect()
    }
}

/// The six digits that stand alone in a letter.
fn code_in(text: &str) -> Option<String> {
    let six = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    text.split(|c: char| !c.is_ascii_digit()).find(six).map(str::to_owned)
}

/// Status and JSON of an answer; an error when there was none (the process died).
async fn answer(request: reqwest::RequestBuilder) -> reqwest::Result<(StatusCode, Value)> {
    let response = request.send().await?;
    let status = response.status();
    let text = response.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// Origins on ports that were free a moment ago.
fn free_origins(count: usize) -> Vec<String> {
    let held: Vec<TcpListener> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    held.iter().map(|listener| format!("http://{}", listener.local_addr().unwrap())).collect()
}
