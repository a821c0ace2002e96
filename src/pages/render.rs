//! Templates drawn in the language of whoever reads them.
use std::cell::Cell;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior, context};
use rust_embed::RustEmbed;

use super::catalogue::Catalogue;
use super::letters::{House, LetterPage, RenderedLetter};
use super::{Chrome, Page, assets};
use crate::model::{Locale, invisible};

/// Everything below `templates/`, inside the binary.
#[derive(RustEmbed)]
#[folder = "templates/"]
pub(super) struct Files;

/// A page that could not be rendered: a fault of ours, shown to nobody. Carries no value of the page.
#[derive(Debug, thiserror::Error)]
#[error("the template {template} does not render: {source}")]
pub struct PageError {
    pub template: &'static str,
    #[source]
    source: Error,
}

/// Templates and texts. What is never shown is never compiled, and no language is read before somebody speaks it.
#[derive(Default)]
pub struct Pages {
    show_keys: bool,
}

impl Pages {
    pub fn new() -> Self {
        Self::default()
    }

    /// Pages that print `⟦key⟧` in front of each text: for translators, and for the test that finds unused texts.
    pub fn showing_keys() -> Self {
        Self { show_keys: true }
    }

    /// A text without placeholders as the pages say it in a language; none if there is no such text.
    pub fn text(&self, locale: Locale, key: &str) -> Option<String> {
        Catalogue::of(locale).text(key, &[]).ok().map(|(_, text)| text)
    }

    /// The whole page as HTML. Fails only by a fault of ours.
    pub fn render<P: Page>(&self, chrome: &Chrome, page: &P) -> Result<String, PageError> {
        let values = context! { page => Serde(page), chrome => Serde(chrome) };
        self.draw(chrome.locale, P::TEMPLATE, P::TEMPLATE, values)
    }

    /// A letter of this house in its three forms. Fails only by a fault of ours.
    pub fn letter<L: LetterPage>(&self, locale: Locale, house: &House, letter: &L) -> Result<RenderedLetter, PageError> {
        let values = context! { letter => Serde(letter), house => Serde(house), lang => locale.as_str() };
        let part = |kind: &str| self.draw(locale, L::NAME, &format!("letters/{}.{kind}", L::NAME), values.clone());
        Ok(RenderedLetter { subject: part("subject")?.trim().to_owned(), text: part("txt")? + "\n", html: part("html")? })
    }

    fn draw(&self, locale: Locale, name: &'static str, file: &str, values: Value) -> Result<String, PageError> {
        let voice = Voice { texts: Catalogue::of(locale), show_keys: self.show_keys };
        let drawn = voice.speaks(|| TEMPLATES.get_template(file).and_then(|template| template.render(values)));
        drawn.map_err(|source| PageError { template: name, source })
    }
}

/// In which language a page speaks.
#[derive(Clone, Copy)]
struct Voice {
    texts: &'static Catalogue,
    show_keys: bool,
}

thread_local! {
    /// The voice of the page that this thread draws now. A page is drawn in one go, so its functions find it here, and one
    /// compiled template serves all languages.
    static VOICE: Cell<Option<Voice>> = const { Cell::new(None) };
}

impl Voice {
    fn speaks<T>(self, draw: impl FnOnce() -> T) -> T {
        /// Falls silent whatever becomes of the drawing.
        struct Silence;
        impl Drop for Silence {
            fn drop(&mut self) {
                VOICE.set(None);
            }
        }
        VOICE.set(Some(self));
        let _silence = Silence;
        draw()
    }

    fn now(say: impl FnOnce(&Catalogue) -> Result<(String, String), Error>) -> Result<String, Error> {
        let voice = VOICE.get().expect("texts are asked for while a page is drawn");
        let (key, text) = say(voice.texts)?;
        Ok(if voice.show_keys { format!("⟦{key}⟧{text}") } else { text })
    }
}

/// The templates of all pages, each compiled when it is drawn for the first time. A test draws every one.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|name| if is_plain(name) { AutoEscape::None } else { AutoEscape::Html });
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    env.set_syntax(syntax.expect("the usual delimiters are a syntax"));
    env.add_function("t", |key: &str, params: Kwargs| Voice::now(|texts| texts.text(key, &named(&params)?)));
    env.add_function("say", |prefix: &str, value: Value| Voice::now(|texts| texts.spoken(prefix, &value)));
    env.add_function("asset_url", |name: &str| assets::url(name).map(Value::from_safe_string));
    env.add_filter("name", |text: &str| harmless(text));
    env.set_loader(|name| {
        let file = Some(name).filter(|name| name.ends_with(".html") || is_plain(name)).and_then(Files::get);
        Ok(file.map(|file| String::from_utf8(file.data.into_owned()).expect("templates are UTF-8")))
    });
    env
});

/// Files that are not HTML. Everything else is escaped.
fn is_plain(name: &str) -> bool {
    name.ends_with(".txt") || name.ends_with(".subject")
}

fn named(params: &Kwargs) -> Result<Vec<(String, Value)>, Error> {
    params.args().map(|name| Ok((name.to_owned(), params.get::<Value>(name)?))).collect()
}

/// A name as it may stand in a letter: one line, at most 80 characters, and nothing that a mail program
/// turns into a link (security.md H13).
fn harmless(text: &str) -> String {
    let clean: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !invisible(*c)).collect();
    let mut out = String::new();
    for (at, &c) in clean.iter().enumerate().take(80) {
        out.push(c);
        let inside = clean.get(at + 1).is_some_and(|next| !next.is_whitespace());
        if inside && matches!(c, '.' | ':' | '/' | '@') {
            out.push('\u{200B}');
        }
    }
    if clean.len() > 80 {
        out.push('…');
    }
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h13_a_name_cannot_become_a_link_or_a_second_line() {
        assert_eq!(harmless("promio.net GmbH"), "promio.\u{200B}net GmbH");
        assert_eq!(harmless("Müller & Co. KG"), "Müller & Co. KG");
        assert_eq!(harmless("https://evil.example/x"), "https:\u{200B}/\u{200B}/\u{200B}evil.\u{200B}example/\u{200B}x");
        assert_eq!(harmless("a\r\nBcc: b\u{202E}"), "a Bcc: b");
        assert_eq!(harmless(&"x".repeat(5000)).chars().count(), 81);
    }

    #[test]
    fn unknown_variables_are_errors_in_every_build() {
        let voice = Voice { texts: Catalogue::of(Locale::En), show_keys: false };
        let drawn = |source: &str| voice.speaks(|| TEMPLATES.render_str(source, ()));

        assert!(drawn("{{ nope }}").is_err());
        assert!(drawn("{% if nope %}a{% endif %}").is_err());
        assert!(drawn("{{ t('no.such.text') }}").is_err());
        assert!(drawn("{{ t('common.cancel') }}").is_ok());
        assert!(VOICE.get().is_none(), "nobody speaks after a page");
    }

    #[test]
    fn everything_but_letters_in_plain_text_is_escaped() {
        let drawn = |name: &str| TEMPLATES.render_named_str(name, "{{ x }}", context! { x => "<b>" }).unwrap();

        assert_eq!(drawn("a.html"), "&lt;b&gt;");
        assert_eq!(drawn("a.mail"), "&lt;b&gt;");
        assert_eq!(drawn("a"), "&lt;b&gt;");
        assert_eq!(drawn("a.txt"), "<b>");
    }
}
