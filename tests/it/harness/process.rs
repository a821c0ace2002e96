//! Other processes: the real program, and the foreign parties that run under Node. Their end is the end of the test.
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

use super::net::PATIENCE;

pub struct Process {
    child: Child,
    lines: UnboundedReceiver<String>,
    seen: Vec<String>,
}

impl Process {
    /// Starts the real program with an environment that holds nothing but `env`.
    pub fn tenantry(args: &[&str], env: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(args).env_clear().envs(env.iter().copied());
        Self::start(command)
    }

    /// Starts `tests/foreign/<script>` under Node.
    pub fn foreign(script: &str, args: &[&str]) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/foreign");
        assert!(folder.join("node_modules").is_dir(), "the foreign parties are not installed: npm ci --prefix tests/foreign");
        let mut command = Command::new("node");
        command.arg(script).args(args).current_dir(folder);
        Self::start(command)
    }

    pub fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, receiver) = unbounded_channel();
        forward(child.stdout.take().unwrap(), sender.clone());
        forward(child.stderr.take().unwrap(), sender);
        Self { child, lines: receiver, seen: Vec::new() }
    }

    /// Waits for a line of either output that contains `part` and gives it. Panics when the process ends before.
    pub async fn line(&mut self, part: &str) -> String {
        while let Some(line) = self.next_line(part).await {
            if line.contains(part) {
                return line;
            }
        }
        panic!("ended without {part:?}:\n{}", self.output());
    }

    /// The next line of either output; nothing once both are closed.
    async fn next_line(&mut self, hope: &str) -> Option<String> {
        let Ok(next) = timeout(PATIENCE, self.lines.recv()).await else { panic!("no {hope:?} in time:\n{}", self.output()) };
        self.seen.extend(next.clone());
        next
    }

    /// The first address (`http://…`) in the line that contains `part`.
    pub async fn address(&mut self, part: &str) -> String {
        let line = self.line(part).await;
        let start = line.find("http").unwrap_or_else(|| panic!("no address in {line:?}"));
        line[start..]
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | ',' | '\u{1b}'))
            .next()
            .unwrap()
            .trim_end_matches('/')
            .to_owned()
    }

    /// What was read of its outputs so far.
    pub fn output(&mut self) -> String {
        while let Ok(line) = self.lines.try_recv() {
            self.seen.push(line);
        }
        self.seen.join("\n")
    }

    /// Ends it without warning (SIGKILL).
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The same through a shared reference; its end is noticed by whoever waits.
    pub fn kill_at_once(&self) {
        let sent = Command::new("sh").args(["-c", &format!("kill -KILL {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop (SIGTERM).
    pub fn ask_to_stop(&self) {
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.child.id())]).status().unwrap();
        assert!(asked.success());
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        while self.next_line("end").await.is_some() {}
        self.child.wait().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn forward(output: impl Read + Send + 'static, sender: UnboundedSender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
}
