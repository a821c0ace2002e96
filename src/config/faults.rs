//! Faults of a configuration: all of them, each with its key path and what to do.
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// `section.key`, or the name of the file or variable where there is no key.
    pub key: String,
    pub problem: String,
    pub remedy: String,
}

/// Everything that is wrong with a configuration, in the order in which it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    pub fn list(&self) -> &[Fault] {
        &self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, key: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) {
        self.0.push(Fault { key: key.into(), problem: problem.into(), remedy: remedy.into() });
    }

    /// Adds a fault unless `good`.
    pub(super) fn require(&mut self, good: bool, key: &str, problem: &str, remedy: &str) {
        if !good {
            self.add(key, problem, remedy);
        }
    }

    /// Adds a fault unless the number lies in the range.
    pub(super) fn range(&mut self, key: &str, value: u32, range: std::ops::RangeInclusive<u32>) {
        if !range.contains(&value) {
            self.add(key, format!("is {value}"), format!("set a number from {} to {}", range.start(), range.end()));
        }
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        writeln!(f, "The configuration has {count} {}:", if count == 1 { "fault" } else { "faults" })?;
        for Fault { key, problem, remedy } in &self.0 {
            writeln!(f, "  {key} {problem}\n      → {remedy}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
