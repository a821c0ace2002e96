//! A relying application's callback on loopback, for browsers with a screen: notes what arrives and says so.
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Html;
use http::{Method, Uri};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use super::net::PATIENCE;

/// What the browser brought.
#[derive(Debug)]
pub struct Arrival {
    pub method: Method,
    pub path: String,
    pub query: String,
    pub body: String,
}

pub struct Landing {
    pub origin: String,
    arrivals: Mutex<UnboundedReceiver<Arrival>>,
    server: JoinHandle<()>,
}

impl Landing {
    pub async fn start() -> Self {
        let (sender, receiver) = unbounded_channel();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(arrive).with_state(Arc::new(sender));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { origin, arrivals: Mutex::new(receiver), server }
    }

    pub fn callback(&self) -> String {
        format!("{}/callback", self.origin)
    }

    /// The next request that arrives at the callback; favicons and the like are passed over.
    pub async fn arrival(&self) -> Arrival {
        let mut arrivals = self.arrivals.lock().await;
        loop {
            let next = tokio::time::timeout(PATIENCE, arrivals.recv()).await.expect("a browser comes to the callback in time");
            let arrival = next.expect("the landing place serves");
            if arrival.path == "/callback" {
                return arrival;
            }
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn arrive(State(sender): State<Arc<UnboundedSender<Arrival>>>, method: Method, uri: Uri, body: Bytes) -> Html<&'static str> {
    let query = uri.query().unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(&body).into_owned();
    let _ = sender.send(Arrival { method, path: uri.path().to_owned(), query, body });
    Html("<!doctype html><html lang=en><title>Arrived</title><link rel=icon href=data:,><main><h1 id=arrived>Arrived</h1></main>")
}
