//! Logout as applications see it: back-channel, front-channel, RP-initiated, session management.
mod backchannel;
mod browser;
mod keys;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::Value;
use tenantry::model::{ConsentMode, Tenant};
use tenantry::service::backchannel::deliver_due;
use tenantry::service::clients::{NewClient, Preset};
use tokio::net::TcpListener;

use crate::harness::browser::Browser;
use crate::harness::relying_party::{RelyingParty, Tokens};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

/// The end of an application that takes logout tokens: remembers what it was sent, answers what the test says.
pub struct Receiver {
    pub uri: String,
    heard: Arc<Mutex<Vec<String>>>,
    /// 0: never.
    status: Arc<Mutex<u16>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let (heard, status) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(200)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/backchannel", listener.local_addr().unwrap());
        let (ears, says) = (Arc::clone(&heard), Arc::clone(&status));
        let answer = move |body: Bytes| {
            ears.lock().unwrap().push(String::from_utf8(body.to_vec()).unwrap());
            let status = *says.lock().unwrap();
            async move {
                if status == 0 {
                    std::future::pending::<()>().await;
                }
                StatusCode::from_u16(status.max(200)).unwrap()
            }
        };
        let router = Router::new().route("/backchannel", post(answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { uri, heard, status }
    }

    fn says(&self, status: u16) {
        *self.status.lock().unwrap() = status;
    }

    /// The logout tokens that came, in order. Each body holds nothing else.
    pub fn tokens(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        heard.iter().map(|body| body.strip_prefix("logout_token=").filter(|token| !token.contains('&')).unwrap().to_owned()).collect()
    }
}

/// One tenant, one member, and applications that need no consent.
struct Scene {
    t: Tenantry,
    acme: Tenant,
    anna: Someone,
}

impl Scene {
    async fn set() -> Self {
        let t = Tenantry::start().await;
        let acme = t.tenant("acme").await;
        let anna = t.member(&acme, "anna@acme.example").await;
        Self { t, acme, anna }
    }

    async fn party(&self, details: impl FnOnce(&mut NewClient)) -> RelyingParty {
        self.t
            .party_of(Preset::Web, |new| {
                new.metadata.consent = ConsentMode::Implicit;
                details(new);
            })
            .await
    }

    /// An application that hears of logouts there.
    async fn listener(&self, receiver: &Receiver) -> RelyingParty {
        self.party(|new| new.metadata.backchannel_logout_uri = Some(receiver.uri.clone())).await
    }

    async fn signed_in(&self, party: &RelyingParty) -> (Browser, Tokens) {
        let mut browser = self.t.browser();
        let (_, tokens) = self.t.log_in(&mut browser, party, &self.anna, &["openid"]).await;
        (browser, tokens)
    }

    /// Delivers what is due now, to the end.
    async fn deliver(&self) {
        for task in deliver_due(&self.t.app, self.t.now()).await.unwrap() {
            task.await.unwrap();
        }
    }

    /// State, attempts and last error of what a client was told, the newest first.
    async fn record(&self, party: &RelyingParty) -> Vec<(String, i64, Option<String>)> {
        let client = tenantry::model::ClientId::from_text(&party.client_id);
        let rows = self.t.app.store.read(async |r| r.logout_deliveries_of(&client, 9).await).await.unwrap();
        rows.into_iter().map(|row| (row.state.to_string(), row.attempts, row.last_error)).collect()
    }
}

/// A part of a token, unverified.
fn part(token: &str, index: usize) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}
