//! Many machines at once: their tokens are written together, and each of them counts.
use std::sync::Arc;

use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};
use tenantry::model::{AuthMethod, Client};
use tenantry::protocol::client_auth::ASSERTION_TYPE;
use tenantry::service::clients::Preset;
use tenantry::store::Store;

use super::clients::{assertion, keyed};
use super::{Answer, answer};
use crate::harness::net;
use crate::harness::par::par;
use crate::harness::tenantry::Tenantry;

/// A server with one machine that may ask for tokens and about them.
struct Machine {
    t: Tenantry,
    client: Client,
    secret: String,
}

impl Machine {
    async fn new() -> Arc<Self> {
        let t = Tenantry::start().await;
        let (client, secret) = t.client(Preset::Machine, |new| new.metadata.scopes = vec!["orders".to_owned()]).await;
        Arc::new(Self { t, client, secret: secret.unwrap() })
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        answer(net::client().post(self.t.url(path)).basic_auth(self.client.id.as_str(), Some(&self.secret)).form(form)).await
    }

    async fn token(&self) -> Answer {
        self.post("/token", &[("grant_type", "client_credentials")]).await
    }

    /// Everything that `count` requests at once are answered with.
    async fn tokens(self: &Arc<Self>, count: usize) -> Vec<Answer> {
        par(count, |_| {
            let machine = Arc::clone(self);
            async move { machine.token().await }
        })
        .await
    }

    async fn is_active(&self, token: &str) -> bool {
        self.post("/introspect", &[("token", token)]).await.good().body["active"] == true
    }
}

/// Does something to the database that no store would.
async fn meddle(url: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    if url.starts_with("postgres") {
        PgConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
    } else {
        SqliteConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d19_each_of_200_tokens_at_once_has_its_row_and_can_be_introspected_and_revoked() {
    let machine = Machine::new().await;

    let answers = machine.tokens(200).await;

    for (n, answer) in answers.into_iter().enumerate() {
        let answer = answer.good();
        let token = answer.text("access_token");
        assert!(machine.is_active(token).await, "{n}");
        if n % 5 == 0 {
            assert_eq!(machine.post("/revoke", &[("token", token)]).await.status, 200);
            assert!(!machine.is_active(token).await, "{n}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b11_without_its_row_no_token_leaves_the_house() {
    let machine = Machine::new().await;
    machine.t.expect_errors();
    machine.token().await.good();
    let url = machine.t.database.url.clone();

    meddle(&url, "alter table access_tokens rename to taken_away").await;
    let refused = machine.tokens(20).await;
    meddle(&url, "alter table taken_away rename to access_tokens").await;
    let again = machine.tokens(20).await;

    for answer in refused {
        assert_eq!((answer.status.as_u16(), answer.body.get("access_token")), (503, None), "{}", answer.body);
        assert!(answer.headers.contains_key("retry-after"));
    }
    for answer in again {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

#[tokio::test]
async fn tokens_that_were_answered_survive_the_stop() {
    let machine = Machine::new().await;
    let tokens = machine.tokens(10).await;
    let machine = Arc::into_inner(machine).unwrap();
    let database = Arc::clone(&machine.t.database);

    machine.t.stop().await;

    let store = Store::open(&database.url).await.unwrap();
    for answer in tokens {
        let claims = super::claims(answer.good().text("access_token"));
        let id = tenantry::model::TokenId::from_text(claims["jti"].as_str().unwrap());
        assert!(store.read(async |r| r.access_token(&id).await).await.unwrap().is_some());
    }
    store.close().await;
}

/// The form of a request that a client proves with a fresh or an old assertion.
fn proved<'a>(jwt: &'a str, further: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&[("client_assertion_type", ASSERTION_TYPE), ("client_assertion", jwt)], further].concat()
}

struct Keyed {
    t: Tenantry,
    client: Client,
    pair: josekit::jwk::alg::ec::EcKeyPair,
}

impl Keyed {
    async fn new() -> Self {
        let t = Tenantry::start().await;
        let (client, pair) = keyed(&t).await;
        assert_eq!(client.metadata.token_endpoint_auth_method, AuthMethod::PrivateKeyJwt);
        Self { t, client, pair }
    }

    fn jwt(&self, jti: &str) -> String {
        let (id, now) = (&self.client.id, self.t.now().seconds());
        assertion(&self.pair, &json!({ "iss": id, "sub": id, "aud": self.t.origin, "exp": now + 60, "iat": now, "jti": jti }))
    }

    async fn post(&self, path: &str, jwt: &str, further: &[(&str, &str)]) -> Answer {
        answer(net::client().post(self.t.url(path)).form(&proved(jwt, further))).await
    }

    fn transactions(&self) -> usize {
        self.t.log.lines_with("a transaction to write began").len()
    }
}

const MACHINE: &[(&str, &str)] = &[("grant_type", "client_credentials")];

#[tokio::test]
async fn b10_an_assertion_is_used_up_in_the_one_transaction_of_its_request() {
    let k = Keyed::new().await;
    let token = k.post("/token", &k.jwt("first"), MACHINE).await.good().text("access_token").to_owned();
    let asked =
        [("/token", MACHINE.to_vec()), ("/introspect", vec![("token", token.as_str())]), ("/revoke", vec![("token", token.as_str())])];

    for (path, form) in asked {
        let before = k.transactions();
        assert_eq!(k.post(path, &k.jwt(path), &form).await.status, 200, "{path}");
        assert_eq!(k.transactions() - before, 1, "{path}");
        assert_eq!(k.post(path, &k.jwt(path), &form).await.error(), (401, "invalid_client"), "{path}");
    }
}

#[tokio::test]
async fn b10_a_replay_neither_revokes_nor_tells_anything() {
    let k = Keyed::new().await;
    let token = k.post("/token", &k.jwt("a"), MACHINE).await.good().text("access_token").to_owned();
    let form = [("token", token.as_str())];

    assert_eq!(k.post("/revoke", &k.jwt("a"), &form).await.error(), (401, "invalid_client"));
    let told = k.post("/introspect", &k.jwt("a"), &form).await;

    assert_eq!((told.error(), told.body.get("active")), ((401, "invalid_client"), None));
    assert_eq!(k.post("/introspect", &k.jwt("b"), &form).await.good().body["active"], json!(true));
}

#[tokio::test]
async fn b10_a_refused_request_uses_its_assertion_up_too() {
    let k = Keyed::new().await;
    let wrong = [("grant_type", "client_credentials"), ("scope", "admin")];

    assert_eq!(k.post("/token", &k.jwt("a"), &wrong).await.error(), (400, "invalid_scope"));

    assert_eq!(k.post("/token", &k.jwt("a"), MACHINE).await.error(), (401, "invalid_client"));
    assert_eq!(k.post("/token", &k.jwt("b"), MACHINE).await.status, 200);
}
