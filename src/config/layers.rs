//! Lays file, environment and flags over the embedded defaults. The type of the default decides the type of a key.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::{Table, Value};
use url::Url;

use super::{Config, DEFAULTS, Faults};

const PREFIX: &str = "TENANTRY__";
const SECRETS: &[&str] = &["keys.master_key", "mail.password"];

/// The merged tables and, for each key that is not the default, the layer that set it.
pub(super) struct Layers {
    defaults: Table,
    merged: Table,
    origins: BTreeMap<String, &'static str>,
}

impl Layers {
    pub(super) fn defaults() -> Self {
        let defaults: Table = DEFAULTS.parse().expect("config/tenantry.toml is well-formed TOML");
        Self { merged: defaults.clone(), defaults, origins: BTreeMap::new() }
    }

    pub(super) fn lay_file(&mut self, path: &Path, faults: &mut Faults) {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return faults.add(name, format!("cannot be read: {error}"), "name an existing file with --config"),
        };
        let table: Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return faults.add(name, "is not well-formed TOML", syntax_hint(&text, &error)),
        };
        for (section, content) in table {
            match content {
                Value::Table(keys) => keys.into_iter().for_each(|(key, value)| self.set(&section, &key, value, "file", faults)),
                _ => faults.add(section, "stands outside a section", "put it below a [section] line"),
            }
        }
    }

    pub(super) fn lay_environment(&mut self, env: impl Iterator<Item = (String, String)>, faults: &mut Faults) {
        let mut variables: Vec<_> = env.filter(|(name, _)| name.starts_with(PREFIX)).collect();
        variables.sort();
        for (name, value) in variables {
            let path = name[PREFIX.len()..].to_ascii_lowercase();
            match path.split_once("__") {
                Some((section, key)) => self.set_text(section, key, &value, "environment", faults),
                None => faults.add(name, "names no setting", "variables are called TENANTRY__SECTION__KEY"),
            }
        }
    }

    pub(super) fn lay_flags(&mut self, flags: Vec<(String, String)>, faults: &mut Faults) {
        for (path, value) in flags {
            match path.split_once('.') {
                Some((section, key)) => self.set_text(section, key, &value, "flag", faults),
                None => faults.add(path, "names no setting", "settings are called section.key"),
            }
        }
    }

    /// Sets a key from text, read by the type of its default.
    fn set_text(&mut self, section: &str, key: &str, text: &str, origin: &'static str, faults: &mut Faults) {
        let path = format!("{section}.{key}");
        let value = match self.default_of(section, key) {
            Some(Value::Integer(_)) => text.trim().parse().map(Value::Integer).map_err(|_| "a whole number"),
            Some(Value::Boolean(_)) => text.trim().parse().map(Value::Boolean).map_err(|_| "true or false"),
            Some(Value::Array(_)) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Ok(Value::Array(parts.map(|part| Value::String(part.to_owned())).collect()))
            }
            _ => Ok(Value::String(text.to_owned())),
        };
        match value {
            Ok(value) => self.set(section, key, value, origin, faults),
            Err(wanted) => faults.add(path, format!("has a wrong value in the {origin}"), format!("give {wanted}")),
        }
    }

    fn set(&mut self, section: &str, key: &str, value: Value, origin: &'static str, faults: &mut Faults) {
        let path = format!("{section}.{key}");
        let Some(default) = self.default_of(section, key) else {
            let remedy = self.suggestion(section, key);
            return faults.add(path, format!("is unknown (in the {origin})"), remedy);
        };
        if !default.same_type(&value) {
            return faults.add(path, format!("is {}", kind(&value)), format!("give {}", kind(default)));
        }
        if let Some(Value::Table(keys)) = self.merged.get_mut(section) {
            keys.insert(key.to_owned(), value);
        }
        self.origins.insert(path, origin);
    }

    fn default_of(&self, section: &str, key: &str) -> Option<&Value> {
        self.defaults.get(section)?.as_table()?.get(key)
    }

    fn suggestion(&self, section: &str, key: &str) -> String {
        let Some(keys) = self.defaults.get(section).and_then(Value::as_table) else {
            let names: Vec<_> = self.defaults.keys().map(String::as_str).collect();
            return format!("the sections are {}", names.join(", "));
        };
        match keys.keys().map(|known| (distance(known, key), known)).min() {
            Some((far, known)) if far <= 3 => format!("did you mean {section}.{known}?"),
            _ => format!("section {section} has: {}", keys.keys().map(String::as_str).collect::<Vec<_>>().join(", ")),
        }
    }

    /// Finds each key whose value its type refuses (enums, addresses, numbers out of range), and puts the default back.
    pub(super) fn drop_unreadable(&mut self, faults: &mut Faults) {
        self.check::<super::Server>("server", faults);
        self.check::<super::Database>("database", faults);
        self.check::<super::Keys>("keys", faults);
        self.check::<super::Mail>("mail", faults);
        self.check::<super::Password>("password", faults);
        self.check::<super::SignIn>("sign_in", faults);
        self.check::<super::Policy>("policy", faults);
        self.check::<super::Log>("log", faults);
        self.check::<super::Product>("product", faults);
        self.check::<super::Upstream>("upstream", faults);
        self.check::<super::Outbound>("outbound", faults);
        self.check::<super::Registration>("registration", faults);
    }

    fn check<T: DeserializeOwned>(&mut self, section: &str, faults: &mut Faults) {
        let defaults = self.defaults[section].clone();
        let Some(keys) = self.merged[section].as_table_mut() else { return };
        for (key, value) in keys.iter_mut() {
            let mut alone = defaults.clone();
            alone[key.as_str()] = value.clone();
            if let Err(error) = alone.try_into::<T>() {
                faults.add(format!("{section}.{key}"), "has a wrong value", error.message().to_owned());
                *value = defaults[key.as_str()].clone();
            }
        }
    }

    pub(super) fn into_config(mut self, shown: String) -> Config {
        Config {
            server: take(&mut self.merged, "server"),
            database: take(&mut self.merged, "database"),
            keys: take(&mut self.merged, "keys"),
            mail: take(&mut self.merged, "mail"),
            password: take(&mut self.merged, "password"),
            sign_in: take(&mut self.merged, "sign_in"),
            policy: take(&mut self.merged, "policy"),
            log: take(&mut self.merged, "log"),
            product: take(&mut self.merged, "product"),
            upstream: take(&mut self.merged, "upstream"),
            outbound: take(&mut self.merged, "outbound"),
            registration: take(&mut self.merged, "registration"),
            shown,
        }
    }

    /// What is in force, as TOML, with secrets masked and the origin of everything that is not the default.
    pub(super) fn masked(&self) -> String {
        let mut text = String::new();
        for (section, content) in &self.merged {
            let _ = writeln!(text, "[{section}]");
            for (key, value) in content.as_table().into_iter().flatten() {
                let path = format!("{section}.{key}");
                let origin = self.origins.get(&path).map_or_else(String::new, |origin| format!("  # {origin}"));
                let _ = writeln!(text, "{key} = {}{origin}", mask(&path, value));
            }
            text.push('\n');
        }
        text
    }
}

/// Every key was checked alone before, and no field depends on another when it is read.
fn take<T: DeserializeOwned>(merged: &mut Table, section: &str) -> T {
    let content = merged.remove(section).expect("each section of Config stands in config/tenantry.toml");
    content.try_into().expect("each key of a section was read alone before")
}

fn mask(path: &str, value: &Value) -> Value {
    match value.as_str() {
        Some(text) if SECRETS.contains(&path) && !text.is_empty() => Value::String("[secret]".into()),
        Some(text) if path == "database.url" => Value::String(mask_url(text)),
        _ => value.clone(),
    }
}

/// Hides the password of a database address, wherever in it a driver would look for one.
fn mask_url(text: &str) -> String {
    if !text.starts_with("postgres") {
        return text.to_owned();
    }
    let Ok(mut url) = Url::parse(text) else { return "[not shown: not a URL]".into() };
    if url.password().is_some() {
        let _ = url.set_password(Some("secret"));
    }
    if url.query().is_some() {
        url.set_query(Some("not-shown"));
    }
    url.into()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list of texts",
        Value::Table(_) => "a section",
    }
}

/// The line of the error, without quoting the file: the line may hold a secret.
fn syntax_hint(text: &str, error: &toml::de::Error) -> String {
    match error.span().and_then(|span| text.get(..span.start)) {
        Some(before) => format!("look at line {}: {}", before.matches('\n').count() + 1, error.message()),
        None => error.message().to_owned(),
    }
}

/// Edits between two words (Levenshtein), for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let kept = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = kept.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
