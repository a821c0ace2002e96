//! Letters over an encrypted connection: STARTTLS and wrapped TLS with a good, an unknown and a misnamed certificate.
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tenantry::mail::{MailFault, Mailer, Sender, Smtp, SmtpOptions, SmtpTls, Trouble};
use tenantry::model::{Email, Letter, LetterId};
use tenantry::world::{Secret, Timestamp};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

const AUTHORITY: &str = include_str!("../keys/mail_authority.pem");
const GOOD: &str = include_str!("../keys/mail_server.pem");
const WRONG_NAME: &str = include_str!("../keys/mail_wrong_name.pem");
const KEY: &str = include_str!("../keys/mail_server.key.pem");

/// What the server heard: before and after the encryption began.
type Heard = (String, String);

fn acceptor(certificate: &str) -> TlsAcceptor {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    TlsAcceptor::from(Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap()))
}

/// A server for one connection.
async fn server(certificate: &'static str, tls: SmtpTls) -> (u16, JoinHandle<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut stream = listener.accept().await.unwrap().0;
        let mut clear = String::new();
        if tls == SmtpTls::StartTls {
            clear = converse(&mut stream, "250 STARTTLS", true).await;
        }
        let Ok(mut encrypted) = acceptor(certificate).accept(stream).await else { return (clear, String::new()) };
        let sealed = converse(&mut encrypted, "250 AUTH PLAIN", tls == SmtpTls::Wrapped).await;
        (clear, sealed)
    });
    (port, task)
}

/// Answers until the visitor leaves or has asked for STARTTLS.
async fn converse(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), offer: &str, greets: bool) -> String {
    let mut stream = BufReader::new(stream);
    let (mut heard, mut in_data) = (String::new(), false);
    if greets {
        stream.write_all(b"220 test\r\n").await.unwrap();
    }
    let mut line = String::new();
    while stream.read_line(&mut line).await.is_ok_and(|length| length > 0) {
        let command = std::mem::take(&mut line);
        heard.push_str(&command);
        let answer = match command.trim_end() {
            "." => "250 taken",
            _ if in_data => continue,
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            "STARTTLS" => "220 go ahead",
            command if command.starts_with("EHLO") => offer,
            command if command.starts_with("AUTH") => "235 welcome",
            _ => "250 fine",
        };
        in_data = answer.starts_with("354");
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        if answer.starts_with("220") {
            break;
        }
    }
    heard
}

async fn deliver(certificate: &'static str, tls: SmtpTls, trusted: Option<&str>) -> (Result<(), MailFault>, Heard) {
    let (port, heard) = server(certificate, tls).await;
    let options = SmtpOptions {
        host: "localhost".to_owned(),
        port,
        tls,
        login: Some(("mailer".to_owned(), Secret::from("s3cret"))),
        extra_authority: trusted.map(str::to_owned),
        timeout: Duration::from_secs(20),
    };
    let mailer = Mailer::Smtp(Arc::new(Smtp::new(options).unwrap()));
    let letter = Letter {
        to: Email::parse("anna@example.com").unwrap(),
        to_name: "Anna".to_owned(),
        from_name: None,
        subject: "Your code".to_owned(),
        text: "123456".to_owned(),
        html: "<p>123456</p>".to_owned(),
        logo: None,
    };
    let sender = Sender::new("Tenantry", "no-reply@id.example").unwrap();
    let outcome = mailer.deliver(&LetterId::from_text("let_1"), &letter, &sender, Timestamp::from_seconds(1_800_000_000)).await;
    (outcome, heard.await.unwrap())
}

#[tokio::test]
async fn h14_a_letter_goes_over_starttls_and_nothing_of_it_before() {
    let (outcome, (clear, sealed)) = deliver(GOOD, SmtpTls::StartTls, Some(AUTHORITY)).await;

    assert_eq!(outcome, Ok(()));
    assert!(sealed.contains("AUTH PLAIN") && sealed.contains("RCPT TO:<anna@example.com>") && sealed.contains("123456"));
    let commands: Vec<&str> = clear.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(commands, ["EHLO", "STARTTLS"]);
}

#[tokio::test]
async fn h14_a_letter_goes_over_wrapped_tls() {
    let (outcome, (clear, sealed)) = deliver(GOOD, SmtpTls::Wrapped, Some(AUTHORITY)).await;

    assert_eq!(outcome, Ok(()));
    assert_eq!(clear, "");
    assert!(sealed.contains("RCPT TO:<anna@example.com>"));
}

#[tokio::test]
async fn h14_a_wrong_name_or_an_unknown_authority_gets_no_letter() {
    for tls in [SmtpTls::StartTls, SmtpTls::Wrapped] {
        for (certificate, trusted) in [(WRONG_NAME, Some(AUTHORITY)), (GOOD, None)] {
            let (outcome, (clear, sealed)) = deliver(certificate, tls, trusted).await;

            assert_eq!(outcome, Err(MailFault::Temporary(Trouble::Tls)));
            assert!(!clear.contains("AUTH") && !clear.contains("MAIL"), "{clear}");
            assert_eq!(sealed, "");
        }
    }
}
