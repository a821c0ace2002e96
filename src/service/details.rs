//! What people write about themselves: their names and their language (people.md K13).
use serde_json::json;

use super::audit::{Event, record};
use super::{Failure, Visitor};
use crate::app::App;
use crate::model::{Locale, Person, display_name};
use crate::world::Timestamp;

/// The longest name, in characters.
pub const LONGEST_NAME: usize = 80;

/// As it was typed.
#[derive(Clone, Copy, Debug)]
pub struct Typed<'a> {
    pub first_name: &'a str,
    pub last_name: &'a str,
    pub locale: &'a str,
}

/// What became of [`save`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    Yes(Locale),
    /// Nothing is stored. True for each name that cannot be one.
    Wrong {
        first_name: bool,
        last_name: bool,
    },
    /// No language of ours: that was not chosen on our page.
    NoLanguage,
}

/// Stores the person's own names and language. The audit line says which changed, never to what.
pub async fn save(app: &App, person: &Person, typed: Typed<'_>, visitor: &Visitor, now: Timestamp) -> Result<Saved, Failure> {
    let Some(locale) = Locale::parse(typed.locale) else { return Ok(Saved::NoLanguage) };
    let (first, last) = (display_name(typed.first_name, LONGEST_NAME), display_name(typed.last_name, LONGEST_NAME));
    let (Some(first), Some(last)) = (&first, &last) else {
        return Ok(Saved::Wrong { first_name: first.is_none(), last_name: last.is_none() });
    };
    let changes =
        [("first_name", *first != person.first_name), ("last_name", *last != person.last_name), ("locale", locale != person.locale)];
    let changed: Vec<&str> = changes.iter().filter(|(_, changed)| *changed).map(|(field, _)| *field).collect();
    if changed.is_empty() {
        return Ok(Saved::Yes(locale));
    }
    app.store
        .write(async |w| {
            // Nothing is written about whoever was erased meanwhile.
            if w.set_details(&person.id, first, last, locale, now).await? {
                let event = Event::of_person("person.details", &person.id, "changed").with(json!({ "fields": changed }));
                record(app, w, event, visitor, now).await?;
            }
            Ok(())
        })
        .await?;
    Ok(Saved::Yes(locale))
}
