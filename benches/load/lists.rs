//! How long the lists of the consoles take, one after the other, as a browser asks for them.
use std::path::Path;
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::http::Connection;
use super::server::Server;

/// Each page is asked for so often; the first answer is not counted: it fills caches.
const TIMES: usize = 40;

/// Fills an empty database and prints a line for each page: the median, the slowest, and the bytes of the page.
pub async fn run(origin: &str, database: &str, folder: &Path, people: usize, tenants: usize) {
    let begun = Instant::now();
    let crowd = Crowd::make(database, people, tenants).await;
    println!("engine {}, {people} people, {tenants} tenants, filled in {} s\n", engine(database), begun.elapsed().as_secs());
    let server = Server::start(origin, database, folder).await;
    let mut connection = Connection::open(origin.trim_start_matches("http://")).await;
    println!("{:<34} {:>8} {:>10} {:>9}", "page", "p50 ms", "slowest ms", "bytes");
    for (name, path) in crowd.pages() {
        time(&mut connection, &crowd, name, &path).await;
    }
    let last = walk(&mut connection, &crowd).await;
    time(&mut connection, &crowd, "people, after twenty pages", &last).await;
    drop(server);
}

fn engine(database: &str) -> &str {
    database.split(':').next().unwrap_or_default()
}

async fn time(connection: &mut Connection, crowd: &Crowd, name: &str, path: &str) {
    let mut spans: Vec<Duration> = Vec::with_capacity(TIMES);
    let mut bytes = 0;
    for _ in 0..=TIMES {
        let begun = Instant::now();
        let answer = connection.get(path, &crowd.cookie).await;
        spans.push(begun.elapsed());
        assert_eq!(answer.status, 200, "{path}: {}{}", answer.head, answer.body);
        bytes = answer.body.len();
    }
    spans.remove(0);
    spans.sort_unstable();
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    println!("{name:<34} {:>8.1} {:>10.1} {bytes:>9}", ms(spans[TIMES / 2]), ms(spans[TIMES - 1]));
}

/// Turns twenty pages of the list; the address of the last.
async fn walk(connection: &mut Connection, crowd: &Crowd) -> String {
    let mut path = "/admin/t0/people".to_owned();
    for _ in 0..20 {
        let answer = connection.get(&path, &crowd.cookie).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.head);
        let at = answer.body.find("after=").unwrap_or_else(|| panic!("no next page on {path}"));
        let start = answer.body[..at].rfind('"').expect("an attribute") + 1;
        path = answer.body[start..].split('"').next().unwrap_or_default().replace("&amp;", "&").replace("&#x2f;", "/");
    }
    path
}
