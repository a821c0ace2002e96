//! The cheapest client that measures honestly: HTTP/1.1 over one kept-alive connection each, one request under way at a time.
use std::fmt;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::scenarios::Scenario;
use super::server::Server;
use super::world::World;

/// One connection.
pub struct Connection {
    stream: TcpStream,
    host: String,
    buffer: Vec<u8>,
}

/// One answer.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The values of a header.
    pub fn headers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    pub fn location(&self) -> &str {
        self.headers("location").next().unwrap_or_else(|| panic!("no redirect: {} {}", self.status, self.body))
    }

    /// A string member of a flat JSON body.
    pub fn member(&self, name: &str) -> String {
        let value: serde_json::Value = serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.body));
        value[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.body)).to_owned()
    }
}

impl Connection {
    pub async fn open(address: &str) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        stream.set_nodelay(true).expect("a socket option");
        Self { stream, host: address.to_owned(), buffer: Vec::with_capacity(16 * 1024) }
    }

    pub async fn get(&mut self, path: &str, headers: &str) -> Answer {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.host);
        self.send(&request).await
    }

    pub async fn post(&mut self, path: &str, headers: &str, form: &str) -> Answer {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n{headers}\r\n{form}",
            self.host,
            form.len()
        );
        self.send(&request).await
    }

    async fn send(&mut self, request: &str) -> Answer {
        self.stream.write_all(request.as_bytes()).await.expect("the server reads");
        self.buffer.clear();
        let head_end = loop {
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            self.more().await;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse::<usize>().expect("a length"));
        while self.buffer.len() < head_end + length {
            self.more().await;
        }
        let status = head.get(9..12).and_then(|code| code.parse().ok()).expect("a status line");
        Answer { status, head, body: String::from_utf8_lossy(&self.buffer[head_end..head_end + length]).into_owned() }
    }

    async fn more(&mut self) {
        assert!(self.stream.read_buf(&mut self.buffer).await.expect("the server answers") > 0, "the server closed a kept-alive connection");
    }
}

/// What a scenario showed.
pub struct Figures {
    per_second: f64,
    median: Duration,
    worst_of_hundred: Duration,
    cpu: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = |span: Duration| span.as_secs_f64() * 1e3;
        let cpu = self.cpu.as_secs_f64() * 1e6;
        write!(f, "{:>9.0} {:>9.2} {:>9.2} {:>14.0}", self.per_second, ms(self.median), ms(self.worst_of_hundred), cpu)
    }
}

/// Runs a scenario over many connections for a span. One operation that fails ends the program: figures of failures are none.
pub async fn closed_loop(world: &World, scenario: Scenario, connections: usize, span: Duration, server: &Server) -> Figures {
    let local = tokio::task::LocalSet::new();
    let address = world.origin.trim_start_matches("http://").to_owned();
    let mut open = Vec::with_capacity(connections);
    for number in 0..connections {
        let mut connection = Connection::open(&address).await;
        let state = scenario.prepare(world, number, &mut connection).await;
        open.push((connection, state));
    }
    let (begun, cpu_before) = (Instant::now(), server.cpu());
    let end = begun + span;
    let tasks: Vec<_> = open
        .into_iter()
        .map(|(mut connection, mut state)| {
            let world = world.clone();
            local.spawn_local(async move {
                let mut spans = Vec::new();
                while Instant::now() < end {
                    let start = Instant::now();
                    scenario.once(&world, &mut connection, &mut state).await;
                    spans.push(start.elapsed());
                }
                spans
            })
        })
        .collect();
    let mut spans = Vec::new();
    local
        .run_until(async {
            for task in tasks {
                spans.extend(task.await.expect("no operation fails"));
            }
        })
        .await;
    let (wall, cpu) = (begun.elapsed(), server.cpu() - cpu_before);
    spans.sort_unstable();
    let count = u32::try_from(spans.len()).expect("fewer operations than 4 billion");
    Figures {
        per_second: f64::from(count) / wall.as_secs_f64(),
        median: spans[spans.len() / 2],
        worst_of_hundred: spans[spans.len() * 99 / 100],
        cpu: cpu / count,
    }
}
