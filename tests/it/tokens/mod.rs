//! The endpoints for programs, asked over HTTP: token, userinfo, introspection, revocation, metadata. Codes are written
//! into the database, so that no test has to walk through the pages.
mod clients;
mod code;
mod dpop;
mod entry;
mod machines;
pub mod mtls;
mod presets;
pub mod proofs;
mod reasons;
mod refresh;
mod resources;
mod secrets;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tenantry::model::{Amr, Client, ClientMetadata, CodeRow, Grant, GrantId, GrantTerms, Membership, Proof, Tenant};
use tenantry::service::clients::Preset;
use tenantry::world::{Code, Seeded, Timestamp, Token};

use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::{CALLBACK, Someone};

/// RFC 7636 Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const ALL: &str = "openid profile email offline_access tenant groups permissions locations";

/// A server with one application, one tenant and one member.
struct Arena {
    t: Tenantry,
    client: Client,
    secret: String,
    tenant: Tenant,
    person: Someone,
}

/// Status and JSON body of an answer.
struct Answer {
    status: StatusCode,
    headers: reqwest::header::HeaderMap,
    body: Value,
}

impl Answer {
    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    fn error(&self) -> (u16, &str) {
        (self.status.as_u16(), self.body["error"].as_str().unwrap_or(""))
    }

    fn good(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.body);
        self
    }
}

impl Arena {
    async fn new() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(details: impl FnOnce(&mut ClientMetadata)) -> Self {
        let t = Tenantry::start().await;
        let tenant = t.tenant("acme").await;
        let person = t.member(&tenant, "anna@acme.example").await;
        let (client, secret) = t.client(Preset::Web, |new| details(&mut new.metadata)).await;
        Self { t, client, secret: secret.unwrap_or_default(), tenant, person }
    }

    async fn membership(&self) -> Membership {
        self.t.app.store.read(async |r| r.membership(&self.person.id, &self.tenant.id).await).await.unwrap().unwrap()
    }

    fn proof(&self) -> Proof {
        Proof { amr: BTreeSet::from([Amr::Pwd, Amr::Email]), signed_in_at: Some(self.t.now()), ..Proof::default() }
    }

    /// A code of this application's client, good for a minute.
    async fn db_code(&self, scope: &str) -> String {
        self.db_code_for(&self.client, scope, self.proof()).await
    }

    async fn db_code_for(&self, client: &Client, scope: &str, proof: Proof) -> String {
        self.db_code_bound(client, scope, proof, None).await
    }

    /// A code that only the holder of a DPoP key may redeem (RFC 9449 10).
    async fn db_code_bound(&self, client: &Client, scope: &str, proof: Proof, jkt: Option<&str>) -> String {
        static SEED: AtomicU32 = AtomicU32::new(1000);
        let now = self.t.now();
        let grant = Grant {
            id: GrantId::generate(now, &*self.t.app.entropy),
            client: client.id.clone(),
            person: self.person.id.clone(),
            tenant: self.tenant.id.clone(),
            session: None,
            scope: scope.to_owned(),
            nonce: Some("n-1".to_owned()),
            proof,
            auth_time_requested: false,
            terms: GrantTerms::default(),
            created_at: now,
            expires_at: now.plus(days(90)),
            ended_at: None,
        };
        let code = Token::<Code>::generate(&Seeded::new(SEED.fetch_add(1, Ordering::SeqCst).into()));
        let row = CodeRow {
            grant: grant.id.clone(),
            client: client.id.clone(),
            redirect_uri: CALLBACK.to_owned(),
            redirect_uri_sent: true,
            challenge: Some(CHALLENGE.to_owned()),
            dpop_jkt: jkt.map(str::to_owned),
            expires_at: now.plus(Duration::from_secs(60)),
            used_at: None,
        };
        let write = self.t.app.store.write(async |w| {
            w.insert_grant(&grant).await?;
            w.insert_code(&code.digest(), &row).await
        });
        write.await.unwrap();
        code.clear().to_owned()
    }

    /// Posts a form with the client's Basic credentials.
    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        self.post_as(&self.client, &self.secret, path, form).await
    }

    async fn post_as(&self, client: &Client, secret: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = net::client().post(self.t.url(path)).basic_auth(client.id.as_str(), Some(secret)).form(form);
        answer(request).await
    }

    async fn redeem(&self, code: &str) -> Answer {
        self.post("/token", &redemption(code)).await
    }

    async fn tokens(&self, scope: &str) -> Answer {
        let code = self.db_code(scope).await;
        self.redeem(&code).await.good()
    }

    async fn refresh(&self, token: &str) -> Answer {
        self.post("/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    async fn userinfo(&self, token: &str) -> Answer {
        answer(net::client().get(self.t.url("/userinfo")).bearer_auth(token)).await
    }

    async fn is_active(&self, token: &str) -> bool {
        self.post("/introspect", &[("token", token)]).await.good().body["active"] == true
    }

    fn now(&self) -> Timestamp {
        self.t.now()
    }
}

fn redemption(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * 86_400)
}

/// The payload of a token. The harness's relying party verifies signatures; here only the claims matter.
fn claims(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
