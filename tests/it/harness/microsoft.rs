//! Microsoft Entra ID as others made it: `tests/foreign/microsoft.mjs` under Node, told what to do by its admin routes.
use serde_json::{Value, json};
use tenantry::model::{Connection, ConnectionId, ConnectionState, Credential};
use tenantry::world::Timestamp;
use url::Url;

use super::net;
use super::process::Process;

/// The directory of the people in the tests; any other GUID is a directory there as well.
pub const DIRECTORY: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
pub const HOSTILE_DIRECTORY: &str = "66666666-dead-4bad-8bad-666666666666";
pub const APPLICATION: &str = "6731de76-14a6-49ae-97bc-6eba6914391e";

pub struct Microsoft {
    /// `http://127.0.0.1:PORT`; the connection's `cloud_host`.
    pub host: String,
    http: reqwest::Client,
    _process: Process,
}

impl Microsoft {
    pub async fn start() -> Self {
        let mut process = Process::foreign("microsoft.mjs", &[]);
        let host = process.address("listening on").await;
        Self { host, http: net::client(), _process: process }
    }

    /// Orders for the following sign-ins (tests/foreign/README.md); they replace the ones before.
    pub async fn order(&self, orders: Value) {
        self.admin("next", orders).await;
    }

    /// A new signing key takes the place of the old one. Gives its `kid`.
    pub async fn rotate(&self) -> String {
        self.admin("rotate", json!({})).await["kid"].as_str().unwrap().to_owned()
    }

    /// The requests so far, without those to the admin routes.
    pub async fn heard(&self) -> Vec<Value> {
        self.admin("heard", json!({})).await.as_array().unwrap().clone()
    }

    /// How many of them asked for the signing keys.
    pub async fn key_requests(&self) -> usize {
        self.heard().await.iter().filter(|request| request["path"].as_str().unwrap().ends_with("/keys")).count()
    }

    /// Opens the authorize URL as a browser would and gives the callback URL to which it is sent.
    pub async fn sign_in(&self, authorize: &Url) -> Url {
        let answer = self.http.get(authorize.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 302, "{authorize}");
        answer.headers()["location"].to_str().unwrap().parse().unwrap()
    }

    /// A connection to the directory `tid` here.
    pub fn connection(&self, tid: &str) -> Connection {
        Self::connection_at(&self.host, tid)
    }

    /// A connection to the directory `tid` at another host.
    pub fn connection_at(host: &str, tid: &str) -> Connection {
        Connection {
            id: ConnectionId::from_text("con_1"),
            name: "Contoso".to_owned(),
            cloud_host: host.to_owned(),
            tid: tid.to_owned(),
            client_id: APPLICATION.to_owned(),
            credential: Credential::Secret { sealed: String::new() },
            state: ConnectionState::Active,
            mfa_asserted: false,
            created_at: Timestamp::from_seconds(0),
        }
    }

    async fn admin(&self, route: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}/admin/{route}", self.host)).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }
}
