//! The texts of one language: `templates/text/<language>.toml`, looked up by dotted keys.
//!
//! A text may hold `{name}` placeholders. Where a number decides the wording, the key is a table with `one` and `other`.
use std::collections::BTreeMap;
use std::sync::OnceLock;

use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind};

use super::render::Files;
use crate::model::{Locale, invisible};

pub(super) struct Catalogue {
    texts: BTreeMap<String, String>,
    /// The numbers that take the wording of one: French says 0 in the singular.
    singular: std::ops::RangeInclusive<i64>,
}

impl Catalogue {
    /// The catalogue of a language, read when it is spoken for the first time.
    pub(super) fn of(locale: Locale) -> &'static Self {
        static READ: [OnceLock<Catalogue>; Locale::ALL.len()] = [const { OnceLock::new() }; Locale::ALL.len()];
        let at = Locale::ALL.iter().position(|known| *known == locale).expect("ALL has every language");
        READ[at].get_or_init(|| Self::read(locale))
    }

    fn read(locale: Locale) -> Self {
        let file = Files::get(&format!("text/{locale}.toml")).expect("every language has a catalogue");
        let source = std::str::from_utf8(&file.data).expect("catalogues are UTF-8");
        let table: toml::Table = source.parse().unwrap_or_else(|e| panic!("the catalogue {locale} is TOML: {e}"));
        let mut texts = BTreeMap::new();
        flatten("", &table, &mut texts);
        Self { texts, singular: if locale == Locale::Fr { 0..=1 } else { 1..=1 } }
    }

    /// The text of a key with its placeholders filled, after the key that was found. An unknown key or an unfilled
    /// placeholder is an error.
    pub(super) fn text(&self, key: &str, params: &[(String, Value)]) -> Result<(String, String), Error> {
        let (key, text) = self.find(key, params).ok_or_else(|| fault(format!("no text {key}")))?;
        let filled = fill(text, params).map_err(|name| fault(format!("the text {key} needs {name}")))?;
        Ok((key, filled))
    }

    /// The text for a value of an enum: `"variant"` or `{ kind: "variant", …placeholders }`.
    pub(super) fn spoken(&self, prefix: &str, value: &Value) -> Result<(String, String), Error> {
        if let Some(kind) = value.as_str() {
            return self.text(&format!("{prefix}.{kind}"), &[]);
        }
        let kind = value.get_attr("kind")?;
        let mut params = Vec::new();
        for name in value.try_iter()? {
            params.push((name.to_string(), value.get_item(&name)?));
        }
        self.text(&format!("{prefix}.{kind}"), &params)
    }

    fn find<'a>(&'a self, key: &'a str, params: &[(String, Value)]) -> Option<(String, &'a String)> {
        if let Some(text) = self.texts.get(key) {
            return Some((key.to_owned(), text));
        }
        let number = params.iter().find_map(|(_, v)| i64::try_from(v.clone()).ok())?;
        let key = format!("{key}.{}", if self.singular.contains(&number) { "one" } else { "other" });
        self.texts.get(&key).map(|text| (key, text))
    }
}

fn flatten(prefix: &str, table: &toml::Table, out: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, out),
            toml::Value::String(text) => {
                out.insert(key, text.clone());
            }
            _ => panic!("{key} is a text"),
        }
    }
}

fn fill(text: &str, params: &[(String, Value)]) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').ok_or_else(|| "a closing brace".to_owned())?;
        let value = params.iter().find(|(n, _)| n == name).map(|(_, v)| v);
        let value = value.filter(|v| matches!(v.kind(), ValueKind::String | ValueKind::Number)).ok_or_else(|| name.to_owned())?;
        out.push_str(before);
        out.extend(value.to_string().chars().filter(|c| !invisible(*c) && !c.is_control() || *c == '\u{200B}'));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn fault(text: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        let table: toml::Table = "a.b = 'Hello {who}'\n[n]\none = '{n} minute'\nother = '{n} minutes'\n[e]\nx = 'X'".parse().unwrap();
        let mut texts = BTreeMap::new();
        flatten("", &table, &mut texts);
        Catalogue { texts, singular: 1..=1 }
    }

    #[test]
    fn placeholders_are_filled_and_a_missing_one_is_an_error() {
        let who = |text: &str| vec![("who".to_owned(), Value::from(text))];

        assert_eq!(catalogue().text("a.b", &who("Ann")).unwrap().1, "Hello Ann");
        assert_eq!(catalogue().text("a.b", &who("{who}")).unwrap().1, "Hello {who}");
        assert_eq!(catalogue().text("a.b", &who("a\u{202E}b\n")).unwrap().1, "Hello ab");
        assert!(catalogue().text("a.b", &[]).is_err());
        assert!(catalogue().text("a.b", &[("who".to_owned(), Value::from(()))]).is_err());
    }

    #[test]
    fn a_number_chooses_the_wording() {
        let n = |n: i64| vec![("n".to_owned(), Value::from(n))];

        assert_eq!(catalogue().text("n", &n(1)).unwrap().1, "1 minute");
        assert_eq!(catalogue().text("n", &n(30)).unwrap().1, "30 minutes");
        assert_eq!(catalogue().text("n", &n(0)).unwrap().1, "0 minutes");
        let french = |count: i64| Catalogue::of(Locale::Fr).text("clients.serves_some", &n(count)).unwrap().1;
        assert_eq!([french(0), french(1), french(2)], ["0 organisation", "1 organisation", "2 organisations"]);
    }

    #[test]
    fn an_enum_is_spoken_by_its_variant() {
        assert_eq!(catalogue().spoken("e", &Value::from("x")).unwrap().1, "X");
        assert!(catalogue().spoken("e", &Value::from("y")).is_err());
    }
}
