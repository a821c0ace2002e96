//! One letter over SMTP (RFC 5321): connect, encrypt, log in, send, within one deadline.
//!
//! Each letter has its own connection. lettre's pool would take a connection back that a deadline cut off in the
//! middle of DATA, and the next letter's commands would become the body of this one.
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::{ClientId, Extension};

use super::{MailFault, Trouble};
use crate::world::Secret;

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// STARTTLS, demanded (RFC 3207); a server without it gets no letter.
    StartTls,
    /// TLS from the first byte (RFC 8314 3.3), port 465.
    Wrapped,
    /// Nothing. Only to this machine itself.
    None,
}

/// Where and how to hand letters in.
#[derive(Clone, Debug)]
pub struct SmtpOptions {
    pub host: String,
    pub port: u16,
    pub tls: SmtpTls,
    /// User name and password; without them no login is tried.
    pub login: Option<(String, Secret<String>)>,
    /// PEM of a further authority to trust, for a mail server with a certificate of its own house.
    pub extra_authority: Option<String>,
    /// For one letter as a whole, from the connection to the last answer.
    pub timeout: Duration,
}

/// Why the options cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpSetupFault {
    #[error("mail without encryption is possible to this machine only, not to {0}")]
    PlainToElsewhere(String),
    #[error("the extra authority for mail is no PEM certificate")]
    Authority,
    #[error("TLS for mail cannot start")]
    Tls,
}

/// A mail server to hand letters to.
pub struct Smtp {
    options: SmtpOptions,
    tls: Option<TlsParameters>,
}

impl Smtp {
    /// Checks the options; connects to nothing.
    pub fn new(options: SmtpOptions) -> Result<Self, SmtpSetupFault> {
        let tls = match options.tls {
            SmtpTls::None if is_this_machine(&options.host) => None,
            SmtpTls::None => return Err(SmtpSetupFault::PlainToElsewhere(options.host)),
            SmtpTls::StartTls | SmtpTls::Wrapped => Some(tls_parameters(&options)?),
        };
        Ok(Self { options, tls })
    }

    /// Hands one message in. lettre's own timeout covers connecting only, so the deadline stands around all of it.
    pub(super) async fn send(&self, message: &Message) -> Result<(), MailFault> {
        let outcome = tokio::time::timeout(self.options.timeout, self.converse(message)).await;
        outcome.unwrap_or(Err(MailFault::Temporary(Trouble::Timeout)))
    }

    async fn converse(&self, message: &Message) -> Result<(), MailFault> {
        let mut connection = self.connect().await?;
        let international =
            message.envelope().to().iter().chain(message.envelope().from()).any(|address| !AsRef::<str>::as_ref(address).is_ascii());
        if international && !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(MailFault::Permanent(Trouble::Address)); // RFC 6531 3.2
        }
        connection.send(message.envelope(), &message.formatted()).await.map_err(|fault| refused(&fault))?;
        // The letter is taken; what the server says to the farewell changes nothing.
        let _ = connection.quit().await;
        Ok(())
    }

    /// Up to the point where a letter may be handed in. Whatever fails here is no fault of the letter.
    async fn connect(&self) -> Result<AsyncSmtpConnection, MailFault> {
        let SmtpOptions { host, port, timeout, .. } = &self.options;
        let hello = ClientId::default();
        let wrapped = self.tls.clone().filter(|_| self.options.tls == SmtpTls::Wrapped);
        let connected = AsyncSmtpConnection::connect_tokio1((host.as_str(), *port), Some(*timeout), &hello, wrapped, None).await;
        let mut connection = connected.map_err(|fault| MailFault::Temporary(trouble_of(&fault)))?;
        if let (SmtpTls::StartTls, Some(tls)) = (self.options.tls, &self.tls) {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(MailFault::Temporary(Trouble::NoStartTls)); // security.md H14
            }
            connection.starttls(tls.clone(), &hello).await.map_err(|fault| MailFault::Temporary(trouble_of(&fault)))?;
        }
        if let Some((name, password)) = &self.options.login {
            let credentials = Credentials::new(name.clone(), password.expose().clone());
            let accepted = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await;
            accepted.map_err(|fault| MailFault::Temporary(login_trouble(&fault)))?;
        }
        Ok(connection)
    }
}

/// RFC 5321 4.2.1: 5yz is final, everything else may be tried again; being asked to log in is our own fault.
fn refused(fault: &Error) -> MailFault {
    match fault.status().map(u16::from) {
        Some(530 | 534 | 535 | 538) => MailFault::Temporary(Trouble::Login), // RFC 4954 6
        Some(code) if fault.is_permanent() => MailFault::Permanent(Trouble::Answer(code)),
        _ => MailFault::Temporary(trouble_of(fault)),
    }
}

fn login_trouble(fault: &Error) -> Trouble {
    if fault.is_permanent() || fault.is_client() { Trouble::Login } else { trouble_of(fault) }
}

fn trouble_of(fault: &Error) -> Trouble {
    match fault.status().map(u16::from) {
        Some(code) => Trouble::Answer(code),
        None if fault.is_timeout() => Trouble::Timeout,
        None if fault.is_tls() || is_certificate_fault(fault) => Trouble::Tls,
        None => Trouble::Connection,
    }
}

/// A failed handshake comes wrapped in an IO error.
fn is_certificate_fault(fault: &Error) -> bool {
    let sources = std::iter::successors(std::error::Error::source(fault), |cause| cause.source());
    sources.filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(|io| io.kind() == std::io::ErrorKind::InvalidData)
}

fn tls_parameters(options: &SmtpOptions) -> Result<TlsParameters, SmtpSetupFault> {
    let mut builder = TlsParameters::builder(options.host.clone());
    if let Some(pem) = &options.extra_authority {
        builder = builder.add_root_certificate(Certificate::from_pem(pem.as_bytes()).map_err(|_| SmtpSetupFault::Authority)?);
    }
    builder.build_rustls().map_err(|_| SmtpSetupFault::Tls)
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
