//! Letters that the server sent, read as a person reads them.
use std::sync::{Arc, Mutex};

use tenantry::app::App;
use tenantry::mail::Mailer;
use tenantry::model::Letter;
use tenantry::service::housekeeping::{answer_recovery, deliver_letters};
use url::Url;

pub struct Mailbox {
    app: Arc<App>,
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Mailbox {
    pub fn new(app: Arc<App>, mailer: &Mailer) -> Self {
        let Mailer::Memory(letters) = mailer else { panic!("the tests keep letters in memory") };
        Self { app, letters: Arc::clone(letters) }
    }

    /// Has the post delivered and takes every letter to the address, oldest first.
    pub async fn take(&self, address: &str) -> Vec<Letter> {
        answer_recovery(&self.app).await.unwrap();
        deliver_letters(&self.app).await.unwrap();
        let mut all = self.letters.lock().unwrap();
        let (theirs, others) = all.drain(..).partition(|letter| letter.to.as_str() == address);
        *all = others;
        theirs
    }

    /// The one letter to the address since the last look.
    pub async fn letter(&self, address: &str) -> Letter {
        let mut letters = self.take(address).await;
        assert_eq!(letters.len(), 1, "letters to {address}: {:?}", letters.iter().map(|l| &l.subject).collect::<Vec<_>>());
        letters.remove(0)
    }

    /// The code in the one letter to the address.
    pub async fn code(&self, address: &str) -> String {
        code_in(&self.letter(address).await.text)
    }

    /// The link in the one letter to the address.
    pub async fn link(&self, address: &str) -> Url {
        link_in(&self.letter(address).await.text)
    }

    /// Everybody who was written to since the last look, with the subject.
    pub async fn everything(&self) -> Vec<(String, String)> {
        answer_recovery(&self.app).await.unwrap();
        deliver_letters(&self.app).await.unwrap();
        self.letters.lock().unwrap().drain(..).map(|l| (l.to.as_str().to_owned(), l.subject)).collect()
    }
}

/// The one run of exactly six digits.
pub fn code_in(text: &str) -> String {
    let runs: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 6).collect();
    assert_eq!(runs.len(), 1, "not exactly one code: {text}");
    runs[0].to_owned()
}

/// The one address in the text.
pub fn link_in(text: &str) -> Url {
    let words: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("http")).collect();
    assert_eq!(words.len(), 1, "not exactly one link: {text}");
    Url::parse(words[0]).unwrap()
}
