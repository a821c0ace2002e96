//! Lines of the audit trail for pages: ids become names, positions in the list become links.
use std::collections::{BTreeMap, BTreeSet};

use super::error::WebError;
use crate::app::App;
use crate::model::{ClientId, PersonId, TenantId};
use crate::pages::console::{Happening, LogLine, Moment, Pager};
use crate::store::AuditRow;
use crate::world::Timestamp;

/// Lines on one page.
pub const PAGE: usize = 50;

/// A place in a list that is sorted by time, the newest first: everything after it is older.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub at: Timestamp,
    pub id: String,
}

impl Before {
    /// As it stands in an address: `<microseconds>.<id>`. Anything else is the beginning of the list.
    pub fn parse(text: &str) -> Option<Self> {
        let (at, id) = text.split_once('.')?;
        let plain = id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        Some(Self { at: Timestamp::from_micros(at.parse().ok().filter(|_| plain)?), id: id.to_owned() })
    }
}

/// Cuts a list that was read with one line too many, and makes the links. `address` ends where `before=` may follow.
pub fn cut(rows: &mut Vec<AuditRow>, address: &str, begun: bool) -> Pager {
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let joint = if address.contains('?') { '&' } else { '?' };
    let next = rows.last().filter(|_| more).map(|last| format!("{address}{joint}before={}.{}", last.at.micros(), last.id));
    Pager { first: (!begun).then(|| address.to_owned()), next }
}

/// Which names stand beside a line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Names<'a> {
    /// The reader's own lines: applications alone.
    Own,
    /// Who did it and to whom, as far as this tenant knows their names.
    In(&'a TenantId),
    /// Who did it and to whom, for operators.
    All,
}

/// Turns rows into lines, with the names of the people in them as they are called today.
pub async fn lines(app: &App, rows: Vec<AuditRow>, names: Names<'_>) -> Result<Vec<LogLine>, WebError> {
    let Known { people, operators } = match names {
        Names::In(tenant) => called(app, &rows, Some(tenant)).await?,
        Names::All => called(app, &rows, None).await?,
        Names::Own => Known::default(),
    };
    let all = names != Names::Own;
    let registered = app.registered();
    let line = |row: AuditRow| {
        let application = row.client.as_ref().map(|id: &ClientId| match registered.clients.get(id) {
            Some(client) if !client.metadata.client_name.is_empty() => client.metadata.client_name.clone(),
            _ => id.to_string(),
        });
        let name = |id: &str| match people.get(id) {
            Some(name) => Some(name.clone()),
            None => Some(id.to_owned()).filter(|id| !matches!(id.as_str(), "" | "-")),
        };
        // Where the operators' machines are is nothing that tenants are told.
        let operator = matches!(names, Names::In(_)) && (operators.contains(&row.actor) || is_marked(&row));
        let own = row.actor == row.subject || !row.actor.starts_with(PersonId::PREFIX);
        LogLine {
            at: Moment::of(row.at),
            what: Happening::of(&row.action, &row.outcome),
            good: matches!(row.outcome.as_str(), "ok" | "done" | "allowed" | "on" | "renewed" | "email"),
            actor: name(&row.actor).filter(|_| all && row.actor != row.subject),
            subject: name(&row.subject).filter(|_| all),
            action: row.action,
            outcome: row.outcome,
            application,
            // Where an administrator sat is no business of the one he arranged.
            network: if (all || own) && !operator { row.network } else { String::new() },
            operator,
        }
    };
    Ok(rows.into_iter().map(line).collect())
}

/// Does the line itself say that somebody acted as an operator? He may be none any more.
fn is_marked(row: &AuditRow) -> bool {
    row.detail["by"] == "operator" || row.detail["act"]["grant"].is_string()
}

/// The people that occur in some rows, by their ids.
#[derive(Default)]
struct Known {
    /// What they are called.
    people: BTreeMap<String, String>,
    operators: BTreeSet<String>,
}

/// Looks them up. Who was invited and never accepted is called by the id alone (security.md I11).
async fn called(app: &App, rows: &[AuditRow], tenant: Option<&TenantId>) -> Result<Known, WebError> {
    let mut ids: Vec<&String> =
        rows.iter().flat_map(|row| [&row.actor, &row.subject]).filter(|id| id.starts_with(PersonId::PREFIX)).collect();
    ids.sort();
    ids.dedup();
    let found = app
        .store
        .read(async |r| {
            let mut known = Known::default();
            for id in ids {
                let Some(person) = r.person(&PersonId::from_text(id.clone())).await? else { continue };
                if person.operator {
                    known.operators.insert(id.clone());
                }
                if let Some(tenant) = tenant
                    && !r.is_known_in(tenant, &person.id).await?
                {
                    continue;
                }
                // An erased person has no name any more.
                let name = person.name();
                known.people.insert(id.clone(), if name.is_empty() { id.clone() } else { name });
            }
            Ok(known)
        })
        .await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_read_strictly() {
        let before = Before::parse("17.aud_1").expect("a place");
        assert_eq!((before.at.micros(), before.id.as_str()), (17, "aud_1"));
        for bad in ["", "17", "x.aud_1", "17.aud-1", "17.'", &format!("1.{}", "a".repeat(65))] {
            assert_eq!(Before::parse(bad), None, "{bad}");
        }
    }
}
