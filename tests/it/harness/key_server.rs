//! The server behind a `jwks_uri`.
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::Value;
use tokio::net::TcpListener;

/// Serves a key set that the test changes, and counts who asks. No set: 503.
pub struct KeyServer {
    pub uri: String,
    set: Arc<Mutex<Option<Value>>>,
    asked: Arc<Mutex<u32>>,
}

impl KeyServer {
    pub async fn start() -> Self {
        let (set, asked) = (Arc::new(Mutex::new(None::<Value>)), Arc::new(Mutex::new(0)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://{}/keys", listener.local_addr().unwrap());
        let (shown, count) = (Arc::clone(&set), Arc::clone(&asked));
        let answer = move || {
            *count.lock().unwrap() += 1;
            let shown = shown.lock().unwrap().clone();
            async move { shown.map(|set| set.to_string()).ok_or(StatusCode::SERVICE_UNAVAILABLE) }
        };
        let router = Router::new().route("/keys", get(answer));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { uri, set, asked }
    }

    pub fn show(&self, set: Option<Value>) {
        *self.set.lock().unwrap() = set;
    }

    pub fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }
}
