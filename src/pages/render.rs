//! The compiled templates, and one environment over them for each language.
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

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

/// Templates and texts, compiled once.
pub struct Pages {
    by_locale: Vec<(Locale, Environment<'static>)>,
    texts: Vec<(Locale, Arc<Catalogue>)>,
}

impl Default for Pages {
    fn default() -> Self {
        Self::new()
    }
}

impl Pages {
    /// Compiles all templates in all languages. Panics when one of them is broken, which a test rules out.
    pub fn new() -> Self {
        Self::with(Catalogue::of)
    }

    /// Pages that print `⟦key⟧` in front of each text: for translators, and for the test that finds unused texts.
    pub fn showing_keys() -> Self {
        Self::with(|locale| Catalogue::of(locale).showing_keys())
    }

    fn with(catalogue: impl Fn(Locale) -> Catalogue) -> Self {
        let texts: Vec<_> = Locale::ALL.iter().map(|&locale| (locale, Arc::new(catalogue(locale)))).collect();
        Self { by_locale: texts.iter().map(|(locale, texts)| (*locale, environment(Arc::clone(texts)))).collect(), texts }
    }

    /// A text without placeholders as the pages say it in a language; none if there is no such text.
    pub fn text(&self, locale: Locale, key: &str) -> Option<String> {
        let (_, texts) = self.texts.iter().find(|(l, _)| *l == locale)?;
        texts.text(key, &[]).ok()
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
        let (_, environment) = self.by_locale.iter().find(|(l, _)| *l == locale).expect("every language has its environment");
        environment.get_template(file).and_then(|t| t.render(values)).map_err(|source| PageError { template: name, source })
    }
}

/// All templates, compiled once in a process: environments share them.
static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|name| if is_plain(name) { AutoEscape::None } else { AutoEscape::Html });
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    env.set_syntax(syntax.expect("the usual delimiters are a syntax"));
    env.add_function("asset_url", |name: &str| assets::url(name).map(Value::from_safe_string));
    env.add_filter("name", |text: &str| harmless(text));
    for file in Files::iter().filter(|f| f.ends_with(".html") || is_plain(f)) {
        let source: &'static [u8] = match Files::get(&file).expect("a listed file is there").data {
            Cow::Borrowed(inside) => inside,
            Cow::Owned(read) => read.leak(), // debug builds read the folder
        };
        let source = str::from_utf8(source).expect("templates are UTF-8");
        let name: &'static str = file.to_string().leak();
        env.add_template(name, source).unwrap_or_else(|e| panic!("the template {file} compiles: {e}"));
    }
    env
});

fn environment(texts: Arc<Catalogue>) -> Environment<'static> {
    let mut env = TEMPLATES.clone();
    let spoken = Arc::clone(&texts);
    env.add_function("t", move |key: &str, params: Kwargs| texts.text(key, &named(&params)?));
    env.add_function("say", move |prefix: &str, value: Value| spoken.spoken(prefix, &value));
    env
}

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
        let env = environment(Arc::new(Catalogue::of(Locale::En)));

        assert!(env.render_str("{{ nope }}", ()).is_err());
        assert!(env.render_str("{% if nope %}a{% endif %}", ()).is_err());
        assert!(env.render_str("{{ t('no.such.text') }}", ()).is_err());
    }

    #[test]
    fn everything_but_letters_in_plain_text_is_escaped() {
        let env = environment(Arc::new(Catalogue::of(Locale::En)));
        let drawn = |name: &str| env.render_named_str(name, "{{ x }}", context! { x => "<b>" }).unwrap();

        assert_eq!(drawn("a.html"), "&lt;b&gt;");
        assert_eq!(drawn("a.mail"), "&lt;b&gt;");
        assert_eq!(drawn("a"), "&lt;b&gt;");
        assert_eq!(drawn("a.txt"), "<b>");
    }
}
