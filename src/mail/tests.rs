//! Letters against a small SMTP server on loopback that behaves as each test says.
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{MailFault, Mailer, Sender, Smtp, SmtpOptions, SmtpSetupFault, SmtpTls, Trouble};
use crate::model::{Email, Letter, LetterId};
use crate::world::{Entropy as _, Os, Secret, Timestamp};

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// What the server answers to the first command that begins so; an empty answer is silence.
type Deviation = (&'static str, &'static str);

/// A server for one connection. Its task ends with everything that it was told.
async fn server(deviation: Option<Deviation>) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (port, tokio::spawn(async move { conversation(listener, deviation).await.unwrap_or_default() }))
}

async fn conversation(listener: TcpListener, deviation: Option<Deviation>) -> std::io::Result<String> {
    let (stream, _) = listener.accept().await?;
    let mut stream = BufReader::new(stream);
    let (mut heard, mut in_data) = (String::new(), false);
    stream.write_all(b"220 test ready\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(heard);
        }
        heard.push_str(&line);
        let command = line.trim_end();
        let answer = match deviation {
            _ if in_data && command != "." => continue,
            Some((start, answer)) if command.starts_with(start) => answer,
            _ if command == "." => "250 taken",
            _ if command == "DATA" => "354 go on",
            _ if command.starts_with("EHLO") => "250-test\r\n250 AUTH PLAIN",
            _ if command == "QUIT" => "221 bye",
            _ => "250 fine",
        };
        in_data = command == "DATA" && answer.starts_with("354");
        if !answer.is_empty() {
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }
}

fn options(port: u16) -> SmtpOptions {
    SmtpOptions { host: "127.0.0.1".into(), port, tls: SmtpTls::None, login: None, extra_authority: None, timeout: Duration::from_secs(20) }
}

fn smtp(options: SmtpOptions) -> Mailer {
    Mailer::Smtp(Arc::new(Smtp::new(options).unwrap()))
}

fn letter(to: &str, to_name: &str) -> Letter {
    Letter {
        to: Email::parse(to).unwrap(),
        to_name: to_name.into(),
        from_name: None,
        subject: "Your code".into(),
        text: "The code is 123456.".into(),
        html: "<p>The code is <b>123456</b>.</p>".into(),
        logo: None,
    }
}

async fn deliver(mailer: &Mailer, letter: &Letter) -> Result<(), MailFault> {
    let sender = Sender::new("Tenantry", "no-reply@id.example").unwrap();
    mailer.deliver(&LetterId::from_text("let_1"), letter, &sender, NOW).await
}

/// Delivers one letter to a server that deviates so; the outcome and what the server heard.
async fn against(deviation: Option<Deviation>) -> (Result<(), MailFault>, String) {
    let (port, heard) = server(deviation).await;
    let outcome = deliver(&smtp(options(port)), &letter("anna@example.com", "Anna")).await;
    (outcome, heard.await.unwrap())
}

#[tokio::test]
async fn a_letter_arrives_with_both_alternatives_and_its_own_message_id() {
    let (outcome, heard) = against(None).await;

    assert_eq!(outcome, Ok(()));
    let expected = [
        "MAIL FROM:<no-reply@id.example>",
        "RCPT TO:<anna@example.com>",
        "From: Tenantry <no-reply@id.example>",
        "Message-ID: <let_1@id.example>",
        "Date: Fri, 15 Jan 2027 08:00:00 +0000",
        "Auto-Submitted: auto-generated",
        "Content-Type: multipart/alternative;",
        "The code is 123456.",
        "<p>The code is <b>123456</b>.</p>",
    ];
    for line in expected {
        assert!(heard.contains(line), "{line} is missing in:\n{heard}");
    }
}

#[tokio::test]
async fn r14_an_answer_of_4xx_is_temporary() {
    assert_eq!(against(Some(("RCPT", "451 later"))).await.0, Err(MailFault::Temporary(Trouble::Answer(451))));
    assert_eq!(against(Some((".", "452 full"))).await.0, Err(MailFault::Temporary(Trouble::Answer(452))));
    assert_eq!(against(Some(("EHLO", "421 busy"))).await.0, Err(MailFault::Temporary(Trouble::Answer(421))));
}

#[tokio::test]
async fn r14_an_answer_of_5xx_to_the_letter_is_permanent() {
    assert_eq!(against(Some(("RCPT", "550 nobody here"))).await.0, Err(MailFault::Permanent(Trouble::Answer(550))));
    assert_eq!(against(Some((".", "554 no"))).await.0, Err(MailFault::Permanent(Trouble::Answer(554))));
}

#[tokio::test]
async fn a_server_that_refuses_us_and_not_the_letter_is_temporary() {
    assert_eq!(against(Some(("EHLO", "554 go away"))).await.0, Err(MailFault::Temporary(Trouble::Answer(554))));
    assert_eq!(against(Some(("MAIL", "530 log in first"))).await.0, Err(MailFault::Temporary(Trouble::Login)));
}

#[tokio::test]
async fn r14_a_server_silent_at_data_is_left_in_time() {
    for at in ["DATA", "."] {
        let (port, heard) = server(Some((at, ""))).await;
        let mailer = smtp(SmtpOptions { timeout: Duration::from_millis(700), ..options(port) });

        let outcome = deliver(&mailer, &letter("anna@example.com", "Anna")).await;

        assert_eq!(outcome, Err(MailFault::Temporary(Trouble::Timeout)), "{at}");
        assert!(heard.await.unwrap().contains("\nDATA\r\n"));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_temporary() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);

    let outcome = deliver(&smtp(options(port)), &letter("anna@example.com", "Anna")).await;

    assert_eq!(outcome, Err(MailFault::Temporary(Trouble::Connection)));
}

#[tokio::test]
async fn h14_without_starttls_nothing_is_sent() {
    let (port, heard) = server(None).await;
    let login = Some(("mailer".to_owned(), Secret::from("s3cret")));
    let mailer = smtp(SmtpOptions { tls: SmtpTls::StartTls, login, ..options(port) });

    let outcome = deliver(&mailer, &letter("anna@example.com", "Anna")).await;

    assert_eq!(outcome, Err(MailFault::Temporary(Trouble::NoStartTls)));
    let heard = heard.await.unwrap();
    assert!(!heard.contains("MAIL") && !heard.contains("AUTH") && !heard.contains("DATA"), "{heard}");
}

#[tokio::test]
async fn a_wrong_password_at_the_mail_server_is_no_fault_of_the_letter() {
    let (port, heard) = server(Some(("AUTH", "535 wrong"))).await;
    let mailer = smtp(SmtpOptions { login: Some(("mailer".to_owned(), Secret::from("s3cret"))), ..options(port) });

    let outcome = deliver(&mailer, &letter("anna@example.com", "Anna")).await;

    assert_eq!(outcome, Err(MailFault::Temporary(Trouble::Login)));
    assert!(!heard.await.unwrap().contains("MAIL"));
}

#[test]
fn h14_mail_without_encryption_goes_to_this_machine_only() {
    let elsewhere = SmtpOptions { host: "mail.example".into(), ..options(25) };

    assert_eq!(Smtp::new(elsewhere).err(), Some(SmtpSetupFault::PlainToElsewhere("mail.example".into())));
}

#[tokio::test]
async fn a_name_with_line_breaks_adds_no_header() {
    let (port, heard) = server(None).await;

    let outcome = deliver(&smtp(options(port)), &letter("anna@example.com", "Anna\r\nBcc: eve@evil.example\u{202E}")).await;

    assert_eq!(outcome, Ok(()));
    let heard = heard.await.unwrap();
    assert!(heard.lines().all(|line| !line.starts_with("Bcc:")), "{heard}");
    assert!(!heard.contains("RCPT TO:<eve@evil.example>"));
}

#[tokio::test]
async fn an_international_domain_is_sent_in_its_ascii_form() {
    let (port, heard) = server(None).await;

    let outcome = deliver(&smtp(options(port)), &letter("anna@müller.example", "Änna Müller")).await;

    assert_eq!(outcome, Ok(()));
    assert!(heard.await.unwrap().contains("RCPT TO:<anna@xn--mller-kva.example>"));
}

#[tokio::test]
async fn an_address_that_the_server_cannot_take_is_permanent() {
    let (port, heard) = server(None).await;

    let outcome = deliver(&smtp(options(port)), &letter("änna@example.com", "Anna")).await;

    assert_eq!(outcome, Err(MailFault::Permanent(Trouble::Address)));
    assert!(!heard.await.unwrap().contains("DATA"));
}

#[tokio::test]
async fn an_address_that_is_none_is_permanent_everywhere() {
    let outcome = deliver(&Mailer::memory(), &letter("anna@1.2.3.4", "Anna")).await;

    assert_eq!(outcome, Err(MailFault::Permanent(Trouble::Address)));
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn the_folder_gets_two_whole_files_per_letter() {
    let mut random = [0; 8];
    Os.fill(&mut random);
    let folder = Folder(PathBuf::from(format!("{}/target/test-mail-{}", env!("CARGO_MANIFEST_DIR"), u64::from_be_bytes(random))));
    let mailer = Mailer::Folder(folder.0.clone());

    deliver(&mailer, &letter("anna@example.com", "Anna")).await.unwrap();
    deliver(&mailer, &letter("anna@example.com", "Anna")).await.unwrap();

    let mut names: Vec<_> = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["let_1.eml", "let_1.json"]);
    let described: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.0.join("let_1.json")).unwrap()).unwrap();
    assert_eq!(described["to"], "anna@example.com");
    assert_eq!(described["text"], "The code is 123456.");
    let eml = std::fs::read_to_string(folder.0.join("let_1.eml")).unwrap();
    assert!(eml.contains("Message-ID: <let_1@id.example>"));
}

#[tokio::test]
async fn the_memory_keeps_letters_in_order() {
    let mailer = Mailer::memory();

    deliver(&mailer, &letter("a@example.com", "A")).await.unwrap();
    deliver(&mailer, &letter("b@example.com", "B")).await.unwrap();

    let Mailer::Memory(letters) = &mailer else { panic!("it is a memory") };
    let to: Vec<String> = letters.lock().unwrap().iter().map(|letter| letter.to.as_str().to_owned()).collect();
    assert_eq!(to, ["a@example.com", "b@example.com"]);
}
