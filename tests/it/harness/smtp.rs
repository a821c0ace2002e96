//! A real mail server on loopback (RFC 5321): takes every letter and keeps it, or behaves badly on demand.
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::net::PATIENCE;

/// How the server treats its next visitors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Temper {
    Willing = 0,
    /// Accepts the connection and says nothing.
    Silent = 1,
    /// Answers every recipient with "try later" (451).
    Busy = 2,
    /// Answers every recipient with "never" (550).
    Refusing = 3,
    /// Hangs up in the middle of a letter.
    Fickle = 4,
}

/// A letter as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Head and body, dots unstuffed.
    pub data: String,
}

pub struct SmtpServer {
    pub port: u16,
    temper: Arc<AtomicU8>,
    letters: Mutex<UnboundedReceiver<Received>>,
    server: JoinHandle<()>,
}

impl SmtpServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let temper = Arc::new(AtomicU8::new(0));
        let (sender, receiver) = unbounded_channel();
        let mood = Arc::clone(&temper);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&mood), sender.clone()));
            }
        });
        Self { port, temper, letters: Mutex::new(receiver), server }
    }

    pub fn become_(&self, temper: Temper) {
        self.temper.store(temper as u8, Ordering::SeqCst);
    }

    /// The next letter that arrives.
    pub async fn letter(&self) -> Received {
        let mut letters = self.letters.lock().await;
        timeout(PATIENCE, letters.recv()).await.expect("a letter arrives in time").expect("the mail server runs")
    }

    /// The letters that have arrived and were not asked for yet.
    pub async fn arrived(&self) -> Vec<Received> {
        let mut letters = self.letters.lock().await;
        std::iter::from_fn(|| letters.try_recv().ok()).collect()
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn converse(stream: TcpStream, temper: Arc<AtomicU8>, sender: UnboundedSender<Received>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let is = |wanted: Temper| temper.load(Ordering::SeqCst) == wanted as u8;
    if is(Temper::Silent) {
        while let Ok(Some(_)) = lines.next_line().await {}
        return;
    }
    let mut letter = Received::default();
    let _ = write.write_all(b"220 tests ESMTP\r\n").await;
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" => b"250-tests\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "HELO" | "NOOP" => b"250 ok\r\n",
            "RSET" => {
                letter = Received::default();
                b"250 ok\r\n"
            }
            "MAIL" => {
                letter = Received { from: address(&line), ..Received::default() };
                b"250 ok\r\n"
            }
            "RCPT" if is(Temper::Busy) => b"451 4.3.0 try later\r\n",
            "RCPT" if is(Temper::Refusing) => b"550 5.1.1 nobody here\r\n",
            "RCPT" => {
                letter.to.push(address(&line));
                b"250 ok\r\n"
            }
            "DATA" if is(Temper::Fickle) => return,
            "DATA" => {
                let _ = write.write_all(b"354 go on\r\n").await;
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    letter.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    letter.data.push_str("\r\n");
                }
                let _ = sender.send(std::mem::take(&mut letter));
                b"250 taken\r\n"
            }
            "QUIT" => {
                let _ = write.write_all(b"221 bye\r\n").await;
                return;
            }
            _ => b"502 not here\r\n",
        };
        if write.write_all(answer).await.is_err() {
            return;
        }
    }
}

fn address(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address).to_owned()
}

impl Received {
    /// A header's value with its continuation lines; panics when it is missing.
    pub fn header(&self, name: &str) -> String {
        header(&self.data, name).unwrap_or_else(|| panic!("no {name}: {}", self.data))
    }

    /// The decoded part of the given type (`text/plain`, `text/html`).
    pub fn part(&self, kind: &str) -> String {
        part(&self.data, kind).unwrap_or_else(|| panic!("no {kind}: {}", self.data))
    }

    pub fn text(&self) -> String {
        self.part("text/plain")
    }
}

fn header(entity: &str, name: &str) -> Option<String> {
    let head = entity.split("\r\n\r\n").next()?.replace("\r\n ", " ").replace("\r\n\t", " ");
    let found = head.lines().find(|line| line.split(':').next().is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
    Some(found.split_once(':')?.1.trim().to_owned())
}

fn part(entity: &str, kind: &str) -> Option<String> {
    let content_type = header(entity, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    let (_, body) = entity.split_once("\r\n\r\n")?;
    if content_type.starts_with("multipart/") {
        let boundary = content_type.split_once("boundary=")?.1.split(';').next()?.trim_matches('"');
        return body.split(&format!("--{boundary}")).skip(1).find_map(|inner| part(inner.trim_start_matches("\r\n"), kind));
    }
    if !content_type.starts_with(kind) {
        return None;
    }
    let encoding = header(entity, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
    let bytes = match encoding.as_str() {
        "base64" => STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?,
        "quoted-printable" => unquoted(body),
        _ => body.as_bytes().to_vec(),
    };
    Some(String::from_utf8(bytes).ok()?.replace("\r\n", "\n"))
}

/// Undoes quoted-printable (RFC 2045 6.7).
fn unquoted(body: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let joined = body.replace("=\r\n", "");
    let mut rest = joined.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'=' {
            let hex: Vec<u8> = rest.by_ref().take(2).collect();
            out.extend(std::str::from_utf8(&hex).ok().and_then(|h| u8::from_str_radix(h, 16).ok()));
        } else {
            out.push(byte);
        }
    }
    out
}
