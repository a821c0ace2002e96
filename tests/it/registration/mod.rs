//! Dynamic client registration and its management (RFC 7591, RFC 7592, OpenID Connect Dynamic Client Registration 1.0), as
//! applications and strangers see it.
mod addresses;
mod management;
mod registering;

use serde_json::{Value, json};
use tenantry::model::TenantId;
use tenantry::service::registration_tokens;

use crate::harness::net;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::CALLBACK;

/// An instance at which applications may register themselves.
async fn open() -> Tenantry {
    Tenantry::start_with(|config| config.registration.enabled = true).await
}

/// An initial access token for so many applications.
async fn ticket(t: &Tenantry, tenant: Option<&TenantId>, uses: u32) -> String {
    let (_, token) = registration_tokens::add(&t.change(), tenant.cloned(), uses, 7).await.unwrap();
    token.clear().to_owned()
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

impl Answer {
    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_else(|| panic!("{name} is no text in {}", self.body))
    }

    /// Status and error code.
    fn error(&self) -> (u16, &str) {
        (self.status, self.body["error"].as_str().unwrap_or("-"))
    }
}

async fn send(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let body = answer.bytes().await.unwrap();
    Answer { status, headers, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
}

async fn register(t: &Tenantry, token: &str, body: &Value) -> Answer {
    send(net::client().post(t.url("/register")).bearer_auth(token).json(body)).await
}

/// The smallest registration, with some members more.
fn app(more: &Value) -> Value {
    let mut body = json!({ "redirect_uris": [CALLBACK], "client_name": "Board" });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

/// A registered application.
async fn registered(t: &Tenantry, more: &Value) -> Answer {
    let answer = register(t, &ticket(t, None, 1).await, &app(more)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer
}
