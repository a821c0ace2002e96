//! The server process, and the processor time that it has used.
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tenantry::config::Config;

pub struct Server {
    child: Child,
}

impl Server {
    /// Starts the release build on a database that [`super::world::World::make`] filled, with nothing but the real defaults
    /// for durability and password hashes. Waits until it serves.
    pub async fn start(origin: &str, database: &str, folder: &Path) -> Self {
        let key = Config::for_tests(origin, database).keys.master_key.expect("the test configuration has a key");
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.arg("serve").env_clear().envs([
            ("TENANTRY__SERVER__ISSUER", origin),
            ("TENANTRY__SERVER__LISTEN", origin.trim_start_matches("http://")),
            ("TENANTRY__DATABASE__URL", database),
            ("TENANTRY__KEYS__MASTER_KEY", key.expose()),
            ("TENANTRY__MAIL__MODE", "folder"),
            ("TENANTRY__MAIL__FOLDER", folder.to_str().expect("a folder in UTF-8")),
            ("TENANTRY__LOG__LEVEL", "warn"),
        ]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut server = Self { child };
        let lines = server.child.stderr.take().expect("piped");
        std::thread::spawn(move || BufReader::new(lines).lines().map_while(Result::ok).for_each(|line| eprintln!("server: {line}")));
        server.await_ready(origin).await;
        server
    }

    async fn await_ready(&mut self, origin: &str) {
        let address = origin.trim_start_matches("http://");
        for _ in 0..600 {
            if tokio::net::TcpStream::connect(address).await.is_ok() {
                return;
            }
            assert!(self.child.try_wait().expect("a process").is_none(), "the server ended");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the server did not listen within 30 seconds");
    }

    /// Processor time so far, user and system, of all threads (proc(5): fields 14 and 15, in hundredths of a second).
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("a Linux process");
        let after_name = stat.rsplit_once(')').expect("a name in parentheses").1;
        let ticks: u64 = after_name.split_whitespace().skip(11).take(2).map(|n| n.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An origin on a port that was free a moment ago.
pub fn free_origin() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    format!("http://{}", listener.local_addr().expect("an address"))
}
