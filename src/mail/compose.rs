//! From a letter to a mail message: headers, alternatives, addresses that may be international.
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};

use super::Trouble;
use crate::model::{Letter, LetterId, invisible};
use crate::world::Timestamp;

/// The address and name that letters come from.
#[derive(Clone, Debug)]
pub struct Sender(Mailbox);

impl Sender {
    /// `None` when the address is none. Control characters in the name are dropped.
    pub fn new(name: &str, address: &str) -> Option<Self> {
        mailbox(name, address).map(Self)
    }

    /// The same address under another name.
    fn called(&self, name: Option<&str>) -> Mailbox {
        let name = name.map(one_line).filter(|name| !name.is_empty());
        name.map_or_else(|| self.0.clone(), |name| Mailbox::new(Some(name), self.0.email.clone()))
    }

    /// The domain of the address in its ASCII form; it stands in Message-IDs.
    fn domain(&self) -> &str {
        self.0.email.domain()
    }

    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }
}

/// The message: text and HTML as alternatives (RFC 2046 5.1.4), Message-ID from the letter's id, Date from `now`.
pub(super) fn message(id: &LetterId, letter: &Letter, from: &Sender, now: Timestamp) -> Result<Message, Trouble> {
    let to = mailbox(&letter.to_name, letter.to.as_str()).ok_or(Trouble::Address)?;
    let since_1970 = Duration::from_micros(u64::try_from(now.micros()).unwrap_or(0));
    // RFC 3834 5: keeps vacation notices from answering.
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    Message::builder()
        .from(from.called(letter.from_name.as_deref()))
        .to(to)
        .subject(one_line(&letter.subject))
        .date(UNIX_EPOCH + since_1970)
        .message_id(Some(format!("<{id}@{}>", from.domain())))
        .raw_header(automatic)
        .multipart(body(letter))
        .map_err(|_| Trouble::Message)
}

/// Text and HTML; with a logo, the HTML and the logo belong together (RFC 2387).
fn body(letter: &Letter) -> MultiPart {
    let Some(logo) = &letter.logo else { return MultiPart::alternative_plain_html(letter.text.clone(), letter.html.clone()) };
    let picture = Attachment::new_inline("logo".to_owned()).body(logo.clone(), ContentType::parse("image/png").expect("a media type"));
    let shown = MultiPart::related().singlepart(SinglePart::html(letter.html.clone())).singlepart(picture);
    MultiPart::alternative().singlepart(SinglePart::plain(letter.text.clone())).multipart(shown)
}

/// A mailbox whose domain is in ASCII (RFC 5890 2.3.2.1), so that only a non-ASCII local part needs SMTPUTF8.
fn mailbox(name: &str, address: &str) -> Option<Mailbox> {
    let (local, domain) = address.rsplit_once('@')?;
    let url::Host::Domain(domain) = url::Host::parse(domain).ok()? else { return None };
    let address = Address::new(local, domain).ok()?;
    let name = one_line(name);
    Some(Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// Without control characters, which lettre would panic on, and without characters that only deceive the eye.
fn one_line(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced.filter(|c| !c.is_control() && !invisible(*c)).collect::<String>().trim().to_owned()
}
