//! Floor 3. Pages and letters: typed contexts in, HTML and text out. The only room that imports minijinja and rust-embed.
//!
//! Owns: the structs behind every template, the catalogues (`templates/text/`), static files, a tenant's colours.
//! Never does: HTTP, decisions, model types (so that no secret can reach a template by accident).
//!
//! Everything is escaped as HTML except `*.txt` and `*.subject`; an undefined variable is an error in every build
//! (security.md finding 10). Texts come from the catalogue by `t("key", name=…)` and `say("prefix", enum)`.
//!
//! ```
//! use tenantry::model::Locale;
//! use tenantry::pages::{Chrome, LoggedOut, Pages};
//! let pages = Pages::new();
//! let html = pages.render(&Chrome::plain(Locale::En, "Tenantry"), &LoggedOut { back: None, frames: Vec::new(), next: None }).expect("the page renders");
//! assert!(html.contains("<h1"));
//! ```
mod account;
mod announced;
mod assets;
mod brand;
mod catalogue;
pub mod console;
mod device;
mod email;
mod gallery;
mod invitation;
pub mod letters;
mod passkey;
mod problem;
mod recovery;
mod render;
mod signin;

use serde::Serialize;

pub use account::*;
pub use announced::*;
pub use assets::{Asset, asset};
pub use brand::{brand_css, button_colors};
pub use device::*;
pub use email::*;
pub use gallery::{LetterSpecimen, Specimen, gallery, letter_gallery, letter_specimens, specimens};
pub use invitation::*;
pub use letters::{House, LetterPage, RenderedLetter};
pub use passkey::*;
pub use problem::*;
pub use recovery::*;
pub use render::{PageError, Pages};
pub use signin::*;

use crate::model::Locale;

/// One struct for each template. It holds exactly what the template prints.
pub trait Page: Serialize {
    /// The file below `templates/`.
    const TEMPLATE: &'static str;

    /// Every state worth looking at, named. Tests render them all; each text of the catalogue appears in one of them.
    fn samples() -> Vec<(&'static str, Self)>
    where
        Self: Sized;
}

/// What surrounds every page.
#[derive(Clone, Debug, Serialize)]
pub struct Chrome {
    pub locale: Locale,
    /// The name of this installation.
    pub product: String,
    /// The tenant whose name, logo and colours are shown, once it is known.
    pub brand: Option<Brand>,
    /// Goes into every form that is posted to us.
    pub csrf: String,
    /// The same page in each language; empty where switching would lose something.
    pub lang_links: Vec<(Locale, String)>,
    /// Who is signed in, to be shown with a way out.
    pub signed_in: Option<String>,
    /// The frame of a console, on its pages.
    pub console: Option<console::Frame>,
    /// What the operators announce, on top of the page.
    pub announced: Vec<Announced>,
}

impl Chrome {
    /// No tenant, no forms, nobody signed in.
    pub fn plain(locale: Locale, product: impl Into<String>) -> Self {
        let product = product.into();
        Self {
            locale,
            product,
            brand: None,
            csrf: String::new(),
            lang_links: Vec::new(),
            signed_in: None,
            console: None,
            announced: Vec::new(),
        }
    }
}

/// How a tenant looks. Its style sheet is expected at `/brand/<tenant_id>.css` ([`brand_css`]).
#[derive(Clone, Debug, Serialize)]
pub struct Brand {
    pub tenant_id: String,
    pub name: String,
    /// Path of the logo on this host, such as `/brand/<tenant_id>/logo`.
    pub logo: Option<String>,
    /// Whom people can ask.
    pub contact: Option<String>,
    /// What the tenant tells above its sign-in and invitation pages.
    pub greeting: Option<String>,
}

/// A way to sign in elsewhere: one button.
#[derive(Clone, Debug, Serialize)]
pub struct Button {
    /// The connection's id, sent back in the field `connection`.
    pub id: String,
    pub name: String,
}
