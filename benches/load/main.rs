//! The load program: closed loop, keep-alive, many connections, against the real server process.
//!
//! `bash benches/run` plays all of it on SQLite and on a private PostgreSQL and prints the tables of docs/performance.md.
//! By hand: `cargo bench --bench load -- [--database URL] [--connections N] [--seconds N] [--only NAME]`, or
//! `… -- --lists [--people N] [--tenants N]` for the lists of the consoles.
//! Prints requests per second, p50, p99, and the CPU time that the server process spent per request.
#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a load program measures time and prints what it measured")]
mod bare;
mod crowd;
mod http;
mod lists;
mod scenarios;
mod server;
mod world;

use std::time::Duration;

/// What the command line asks for.
struct Options {
    database: Option<String>,
    connections: usize,
    seconds: u64,
    only: Option<String>,
    /// Instead: the lists of consoles, with so many people and tenants.
    lists: bool,
    people: usize,
    tenants: usize,
}

impl Options {
    fn read() -> Self {
        let mut options = Self { database: None, connections: 64, seconds: 5, only: None, lists: false, people: 100_000, tenants: 10_000 };
        // `cargo bench` adds `--bench` of its own.
        let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
        while let Some(word) = words.next() {
            if word == "--lists" {
                options.lists = true;
                continue;
            }
            let value = words.next().unwrap_or_else(|| panic!("{word} needs a value"));
            match word.as_str() {
                "--database" => options.database = Some(value),
                "--connections" => options.connections = value.parse().expect("--connections is a number"),
                "--seconds" => options.seconds = value.parse().expect("--seconds is a number"),
                "--people" => options.people = value.parse().expect("--people is a number"),
                "--tenants" => options.tenants = value.parse().expect("--tenants is a number"),
                "--only" => options.only = Some(value),
                other => panic!("{other} is unknown: --database, --connections, --seconds, --only, --lists, --people, --tenants"),
            }
        }
        options
    }
}

fn main() {
    let options = Options::read();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run(&options));
}

async fn run(options: &Options) {
    let folder = world::Folder::new();
    let database = options.database.clone().unwrap_or_else(|| format!("sqlite:{}/load.db", folder.path().display()));
    let origin = server::free_origin();
    if options.lists {
        return lists::run(&origin, &database, folder.path(), options.people, options.tenants).await;
    }
    let world = world::World::make(&origin, &database, options.connections).await;
    let server = server::Server::start(&origin, &database, folder.path()).await;
    let engine = database.split(':').next().unwrap_or_default().to_owned();
    println!("engine {engine}, {} connections, {} s each, one thread of load\n", options.connections, options.seconds);
    if options.only.is_none() {
        bare::print();
    }
    println!("{:<28} {:>9} {:>9} {:>9} {:>14}", "scenario", "per s", "p50 ms", "p99 ms", "server CPU µs");
    let span = Duration::from_secs(options.seconds);
    for scenario in scenarios::ALL {
        if options.only.as_ref().is_some_and(|only| only != scenario.name()) {
            continue;
        }
        let connections = scenario.connections(options.connections);
        let figures = http::closed_loop(&world, *scenario, connections, span, &server).await;
        println!("{:<28} {figures}", scenario.name());
    }
}
