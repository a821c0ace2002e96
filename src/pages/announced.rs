//! What the operators announce, as it stands on top of pages (`parts/announced.html`).
use serde::Serialize;

use crate::model::Locale;

/// One note.
#[derive(Clone, Debug, Serialize)]
pub struct Announced {
    /// The language of the text, which is not the page's where nobody translated it.
    pub lang: Locale,
    pub text: String,
    pub warning: bool,
    pub dismiss: Option<Dismiss>,
}

/// How a person puts a note away in this browser.
#[derive(Clone, Debug, Serialize)]
pub struct Dismiss {
    /// Names this wording of the note.
    pub mark: String,
    /// The page to come back to.
    pub back: String,
}

impl Announced {
    /// One of each kind, for samples of pages.
    pub fn samples(in_console: bool) -> Vec<Self> {
        let dismiss = in_console.then(|| Dismiss { mark: "q3JkXw_-".to_owned(), back: "/account".to_owned() });
        let maintenance = "On Sunday from 06:00 to 08:00 UTC nobody can sign in: we replace the database. Sessions go on afterwards.";
        let calm = "Neu: In der Übersicht Ihrer Organisation sehen Sie jetzt, welche Personen sich nur mit einem Passwort anmelden.";
        vec![
            Self { lang: Locale::En, text: maintenance.to_owned(), warning: true, dismiss: None },
            Self { lang: Locale::De, text: calm.to_owned(), warning: false, dismiss },
        ]
    }
}
