//! The sections of `config/tenantry.toml` about keys, mail, passwords and sign-in, and what each demands of its values.
use std::path::PathBuf;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::faults::Faults;
use super::values;
use crate::world::Secret;

const DAY: u64 = 24 * 60 * 60;

/// The master key and the life of signing keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    #[serde(deserialize_with = "values::optional_path")]
    pub master_key_file: Option<PathBuf>,
    #[serde(deserialize_with = "values::optional_secret")]
    pub master_key: Option<Secret<String>>,
    pub rotate_days: u32,
    pub publish_ahead_days: u32,
    pub keep_retired_days: u32,
}

impl Keys {
    pub fn rotate_after(&self) -> Duration {
        Duration::from_secs(u64::from(self.rotate_days) * DAY)
    }

    pub fn publish_ahead(&self) -> Duration {
        Duration::from_secs(u64::from(self.publish_ahead_days) * DAY)
    }

    pub fn keep_retired(&self) -> Duration {
        Duration::from_secs(u64::from(self.keep_retired_days) * DAY)
    }

    pub(super) fn validate(&self, faults: &mut Faults) {
        let both = self.master_key.is_some() && self.master_key_file.is_some();
        faults.require(!both, "keys.master_key_file", "is set together with keys.master_key", "set one of the two");
        if let Some(key) = &self.master_key {
            // security.md O02: a short or malformed key is refused, never stretched.
            let whole = URL_SAFE_NO_PAD.decode(plain_base64(key.expose())).is_ok_and(|bytes| bytes.len() == 32);
            let remedy = "give 32 random bytes as base64: openssl rand -base64 32";
            faults.require(whole, "keys.master_key", "is not 32 bytes of base64", remedy);
        }
        faults.range("keys.rotate_days", self.rotate_days, 2..=3650);
        faults.range("keys.publish_ahead_days", self.publish_ahead_days, 1..=365);
        faults.range("keys.keep_retired_days", self.keep_retired_days, 1..=365);
        let shorter = self.publish_ahead_days < self.rotate_days;
        let remedy = "publish a key for fewer days than it signs";
        faults.require(shorter, "keys.publish_ahead_days", "is not less than keys.rotate_days", remedy);
    }
}

/// Either alphabet of base64, padded or not, as base64url without padding: what `openssl rand -base64 32` prints is
/// accepted, and so is what Tenantry writes itself.
pub fn plain_base64(text: &str) -> String {
    let plain = |c: char| match c {
        '+' => '-',
        '/' => '_',
        other => other,
    };
    text.trim().trim_end_matches('=').chars().map(plain).collect()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailMode {
    Smtp,
    Folder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    Starttls,
    Tls,
    None,
}

/// How letters leave.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mail {
    pub mode: MailMode,
    pub folder: PathBuf,
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    #[serde(deserialize_with = "values::optional_text")]
    pub username: Option<String>,
    /// Also filled from `password_file`.
    #[serde(deserialize_with = "values::optional_secret")]
    pub password: Option<Secret<String>>,
    #[serde(deserialize_with = "values::optional_path")]
    pub password_file: Option<PathBuf>,
    pub from: String,
    #[serde(deserialize_with = "values::optional_text")]
    pub from_name: Option<String>,
}

impl Mail {
    pub(super) fn validate(&self, faults: &mut Faults) {
        let plain = |text: &str| !text.chars().any(|c| c.is_control());
        let address = self.from.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
        let good = address && plain(&self.from) && !self.from.contains([' ', '<', '>', ',']);
        faults.require(good, "mail.from", "is not an e-mail address", "give one plain address");
        let name = self.from_name.as_deref().unwrap_or_default();
        faults.require(plain(name), "mail.from_name", "holds control characters", "give one line of text");
        if self.mode == MailMode::Folder {
            return faults.require(
                !self.folder.as_os_str().is_empty(),
                "mail.folder",
                "is not set while mail.mode is \"folder\"",
                "name a folder",
            );
        }
        faults.require(!self.host.is_empty(), "mail.host", "is not set while mail.mode is \"smtp\"", "name the SMTP server");
        faults.require(self.port != 0, "mail.port", "is 0", "give the server's port: 587 with starttls, 465 with tls");
        let reserved = self.from.ends_with(".invalid");
        faults.require(!reserved, "mail.from", "is still the placeholder", "give the address that letters come from");
        let here = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let remedy = "use starttls or tls; letters hold sign-in codes";
        faults.require(self.tls != MailTls::None || here, "mail.tls", "is \"none\" for a server on another machine", remedy);
        let pair = self.username.is_some() == self.password.is_some();
        faults.require(pair, "mail.username", "and mail.password do not come together", "set both or neither");
    }
}

/// The cost of password hashes and the pool that computes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Password {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
    pub threads: u32,
    pub queue: u32,
}

impl Password {
    /// Threads of the pool; `0` was resolved to the number of processors.
    pub fn pool_threads(&self) -> usize {
        match self.threads {
            0 => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            threads => threads as usize,
        }
    }

    pub(super) fn validate(&self, faults: &mut Faults) {
        faults.range("password.memory_kib", self.memory_kib, 64..=4 * 1024 * 1024);
        faults.range("password.iterations", self.iterations, 1..=100);
        faults.range("password.parallelism", self.parallelism, 1..=16);
        // RFC 9106 3.1: at least 8 KiB for each lane.
        let enough = self.memory_kib >= 8 * self.parallelism;
        faults.require(enough, "password.memory_kib", "is less than 8 KiB per lane", "raise it or lower password.parallelism");
        faults.range("password.threads", self.threads, 0..=256);
        faults.range("password.queue", self.queue, 1..=10_000);
    }
}

/// Limits of signing in. A tenant's policy may be stricter, never laxer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub flow_minutes: u32,
    pub email_code_minutes: u32,
    pub email_code_attempts: u32,
    pub email_codes_per_quarter_hour: u32,
    pub lock_threshold: u32,
    pub network_lock_threshold: u32,
    pub password_lock_threshold: u32,
    pub lock_minutes: u32,
    pub session_idle_minutes: u32,
    pub session_absolute_hours: u32,
    pub sessions_per_person: u32,
    pub invitation_days: u32,
    pub recovery_minutes: u32,
    pub handed_link_hours: u32,
}

impl SignIn {
    pub fn flow_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.flow_minutes) * 60)
    }

    pub fn email_code_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.email_code_minutes) * 60)
    }

    pub fn lock_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.lock_minutes) * 60)
    }

    pub fn session_idle(&self) -> Duration {
        Duration::from_secs(u64::from(self.session_idle_minutes) * 60)
    }

    pub fn session_absolute(&self) -> Duration {
        Duration::from_secs(u64::from(self.session_absolute_hours) * 60 * 60)
    }

    pub fn recovery_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.recovery_minutes) * 60)
    }

    pub fn handed_link_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.handed_link_hours) * 60 * 60)
    }

    pub fn invitation_time(&self) -> Duration {
        Duration::from_secs(u64::from(self.invitation_days) * DAY)
    }

    pub(super) fn validate(&self, faults: &mut Faults) {
        faults.range("sign_in.flow_minutes", self.flow_minutes, 5..=24 * 60);
        faults.range("sign_in.email_code_minutes", self.email_code_minutes, 1..=10);
        faults.range("sign_in.email_code_attempts", self.email_code_attempts, 1..=10);
        faults.range("sign_in.email_codes_per_quarter_hour", self.email_codes_per_quarter_hour, 1..=60);
        faults.range("sign_in.lock_threshold", self.lock_threshold, 2..=100);
        faults.range("sign_in.network_lock_threshold", self.network_lock_threshold, 5..=1_000_000);
        faults.range("sign_in.password_lock_threshold", self.password_lock_threshold, 5..=1_000_000);
        faults.range("sign_in.lock_minutes", self.lock_minutes, 1..=24 * 60);
        faults.range("sign_in.session_idle_minutes", self.session_idle_minutes, 1..=30 * 24 * 60);
        faults.range("sign_in.session_absolute_hours", self.session_absolute_hours, 1..=365 * 24);
        faults.range("sign_in.sessions_per_person", self.sessions_per_person, 1..=1000);
        faults.range("sign_in.invitation_days", self.invitation_days, 1..=90);
        faults.range("sign_in.recovery_minutes", self.recovery_minutes, 5..=24 * 60);
        faults.range("sign_in.handed_link_hours", self.handed_link_hours, 1..=7 * 24);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl LogLevel {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// What is written to standard error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    pub format: LogFormat,
    pub level: LogLevel,
}

/// What people read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub name: String,
    #[serde(deserialize_with = "values::optional_text")]
    pub help_contact: Option<String>,
}

impl Product {
    pub(super) fn validate(&self, faults: &mut Faults) {
        let plain = (1..=60).contains(&self.name.chars().count()) && !self.name.chars().any(char::is_control);
        faults.require(plain, "product.name", "is empty, too long or holds control characters", "give 1 to 60 characters");
        let contact = self.help_contact.as_deref().unwrap_or("https://");
        let known = contact.starts_with("https://") || contact.contains('@');
        let good = known && contact.len() <= 254 && !contact.chars().any(|c| c.is_control() || c.is_whitespace());
        faults.require(good, "product.help_contact", "is no address", "give an e-mail address or an https address");
    }
}

/// How identity providers above us are reached.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upstream {
    pub allow_plain_http_loopback: bool,
}

/// Where requests to addresses of relying applications may go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    #[serde(deserialize_with = "values::networks")]
    pub allowed_networks: Vec<IpNet>,
}

impl Outbound {
    pub(super) fn validate(&self, faults: &mut Faults) {
        let everything = self.allowed_networks.iter().any(|net| net.prefix_len() == 0);
        let remedy = "name only the networks in which your relying applications live";
        faults.require(!everything, "outbound.allowed_networks", "allows every address", remedy);
    }
}

/// May applications register themselves (RFC 7591)?
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    pub enabled: bool,
}
