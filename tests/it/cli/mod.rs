//! The real program: its commands, its first start, its keys, its TLS, its stop.
mod commands;
mod deliveries;
mod first_start;
mod policies;
mod tls;
mod told;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::harness::database::TempFolder;
use crate::harness::process::Process;

/// A folder with everything that one instance has.
struct Instance {
    folder: TempFolder,
    database: String,
    mail: String,
}

impl Instance {
    fn new() -> Self {
        let folder = TempFolder::new();
        let database = format!("sqlite:{}", folder.path().join("data/tenantry.db").display());
        let mail = folder.path().join("mail").display().to_string();
        Self { folder, database, mail }
    }

    fn env(&self) -> Vec<(&str, &str)> {
        vec![
            ("TENANTRY__DATABASE__URL", &self.database),
            ("TENANTRY__MAIL__FOLDER", &self.mail),
            ("TENANTRY__PASSWORD__MEMORY_KIB", "64"),
            ("TENANTRY__SERVER__LISTEN", "127.0.0.1:0"),
        ]
    }

    fn key_file(&self) -> std::path::PathBuf {
        self.folder.path().join("data/keys/master.key")
    }

    /// Runs a command to its end.
    fn run(&self, args: &[&str]) -> Done {
        self.run_with(args, &[])
    }

    fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Done {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
        command.args(args).env_clear().envs(self.env()).envs(env.iter().copied()).stdin(Stdio::null());
        Done::of(command.output().unwrap())
    }

    /// Starts `serve` and waits until it listens; gives its address.
    async fn serve(&self, args: &[&str]) -> (Process, String) {
        let args: Vec<&str> = std::iter::once("serve").chain(args.iter().copied()).collect();
        let mut process = Process::tenantry(&args, &self.env());
        let line = process.line(" on 127.0.0.1:").await;
        let address = line.split(" on ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        (process, address)
    }
}

/// What a command that has ended said.
struct Done {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Done {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    fn refused(&self, with: &str) {
        assert_eq!(self.code, 1, "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(with), "{with:?} is not in {}", self.stderr);
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
