//! What commands print: lines for people, or JSON.
use std::io::Write as _;

use serde_json::{Map, Value, json};

use super::error::CliError;
use crate::config::Config;

pub struct Output {
    json: bool,
}

impl Output {
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    pub const fn is_json(&self) -> bool {
        self.json
    }

    /// A result: a sentence, and named values. In JSON the values alone, under the same names.
    pub fn result(&self, sentence: &str, values: &[(&str, Value)]) -> Result<(), CliError> {
        if self.json {
            let object: Map<String, Value> = values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            return print(&Value::Object(object).to_string());
        }
        let width = values.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let lines = values.iter().map(|(name, value)| format!("  {name:width$}  {}", plain(value)));
        print(&std::iter::once(sentence.to_owned()).chain(lines).collect::<Vec<_>>().join("\n"))
    }

    /// Rows with the same names.
    pub fn table(&self, names: &[&str], rows: &[Vec<Value>]) -> Result<(), CliError> {
        if self.json {
            let object = |row: &Vec<Value>| names.iter().map(|n| (*n).to_owned()).zip(row.iter().cloned()).collect::<Map<_, _>>();
            return print(&Value::Array(rows.iter().map(|row| Value::Object(object(row))).collect()).to_string());
        }
        let mut cells = vec![names.iter().map(|name| name.to_uppercase()).collect::<Vec<_>>()];
        cells.extend(rows.iter().map(|row| row.iter().map(plain).collect()));
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..names.len()).map(width).collect();
        let line = |row: &Vec<String>| row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect::<Vec<_>>().join("  ");
        print(&cells.iter().map(|row| line(row).trim_end().to_owned()).collect::<Vec<_>>().join("\n"))
    }

    /// The effective configuration, secrets masked.
    pub fn configuration(&self, config: &Config) -> Result<(), CliError> {
        if self.json {
            return self.result("", &[("faults", json!([])), ("configuration", config.masked().into())]);
        }
        print(&format!("# No faults. In force, with secrets masked:\n\n{}", config.masked().trim_end()))
    }

    /// The address to open first.
    pub fn address(&self, address: &str) -> Result<(), CliError> {
        if self.json {
            return self.result("", &[("start", address.into())]);
        }
        print(&format!("Open {address}"))
    }

    /// The one-time link, alone on standard output; a sentence about it goes to standard error.
    pub fn bootstrap_link(&self, link: &str) -> Result<(), CliError> {
        if self.json {
            return self.result("", &[("bootstrap_link", link.into()), ("good_for_hours", 24.into())]);
        }
        print(&format!("There is no operator yet. Open this link within 24 hours to become the first; it works once:\n\n  {link}\n"))
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Prints a line; a closed pipe is no fault of ours.
fn print(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(CliError::new(format!("the result cannot be printed: {error}"), "free space where standard output goes")),
    }
}

/// Prints an error with what to do next.
pub fn complain(error: &CliError) {
    match error {
        CliError::Configuration(faults) => eprint!("{faults}"),
        CliError::Failed { problem, remedy } => eprintln!("Error: {problem}\n  → {remedy}"),
    }
}
