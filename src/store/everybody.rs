//! Everybody of the instance, as operators list them: in the order of their names, found by the beginnings of words,
//! page by page.
//!
//! A search looks beginnings up in `person_words`, an index that the program writes whenever a name changes, so that it
//! stays fast with 100,000 people. Emptied rows of erased and merged accounts have no keys and are not found.
use super::persons::{PersonRow, person_columns};
use super::{Read, Result, Write, execute, on};
use crate::model::{PasswordRecord, Person, PersonId, TenantId, sort_key};
use crate::world::Timestamp;

/// After every text that begins with what stands before it.
const END: char = '\u{10FFFF}';

/// What a list shows: everybody, unless something is named.
#[derive(Clone, Debug, Default)]
pub struct EverybodyFilter {
    /// The beginnings of words of name, address, user name or id; the first two count.
    pub search: String,
    /// `invited`, `active`, `deactivated`, `locked`.
    pub state: Option<&'static str>,
    /// Whoever belongs there.
    pub tenant: Option<TenantId>,
    /// `none` (a password alone) or the text of a `FactorKind`.
    pub factor: Option<&'static str>,
    /// The last one of the page before.
    pub after: Option<PersonId>,
}

/// The list with one further condition, which decides where the engine begins to look. $1 to $6 are the same in each.
macro_rules! everybody {
    ($first:literal) => {
        concat!(
            "select ",
            person_columns!(),
            "
            from persons p
            left join usernames u on u.person_id = p.id
            left join lockouts l on l.name = 'person:' || p.id
            where ",
            $first,
            " p.sort_key <> '' and (p.sort_key, p.id) > ($1, $2)
                and ($3 = '' or $3 = case
                    when p.state = 'deactivated' then 'deactivated'
                    when p.state = 'invited' then 'invited'
                    when l.paused_until > $4 then 'locked'
                    else 'active' end)
                and ($5 = '' or p.second_factor = $5 and ($5 <> 'none' or p.password_hash is not null))
            order by p.sort_key, p.id
            limit $6"
        )
    };
}

const ALL: &str = everybody!("");
const OF_TENANT: &str = everybody!("p.id in (select m.person_id from memberships m where m.tenant_id = $7 and m.state <> 'left') and");
const FOUND: &str = everybody!(
    "p.id in (select w.person_id from person_words w where w.word >= $8 and w.word < $9)
        and exists (select 1 from person_words w where w.person_id = p.id and w.word >= $10 and w.word < $11)
        and ($7 = '' or exists (
            select 1 from memberships m where m.person_id = p.id and m.tenant_id = $7 and m.state <> 'left')) and"
);

impl Read {
    /// A part of the list: at most `limit` people after the one that the filter names.
    pub async fn everybody(&mut self, filter: &EverybodyFilter, limit: i64, now: Timestamp) -> Result<Vec<Person>> {
        let (key, id) = match &filter.after {
            Some(after) => self.place_of(after).await?,
            None => (String::new(), String::new()),
        };
        let tenant = filter.tenant.as_ref().map(TenantId::as_str);
        let words = beginnings(&filter.search);
        let sql = match (&words, tenant) {
            (Some(_), _) => FOUND,
            (None, Some(_)) => OF_TENANT,
            (None, None) => ALL,
        };
        let rows: Vec<PersonRow> = on!(self, c => {
            let mut query = sqlx::query_as(sql)
                .bind(&key)
                .bind(&id)
                .bind(filter.state.unwrap_or(""))
                .bind(now.micros())
                .bind(filter.factor.unwrap_or(""))
                .bind(limit);
            if tenant.is_some() || words.is_some() {
                query = query.bind(tenant.unwrap_or(""));
            }
            for word in words.iter().flatten() {
                query = query.bind(word.as_str()).bind(format!("{word}{END}"));
            }
            query.fetch_all(c)
        })?;
        rows.into_iter().map(|row| Ok(PasswordRecord::try_from(row)?.person)).collect()
    }

    /// The people whom somebody means by an e-mail address, a user name or an id; at most two, so that a name which
    /// several people have is seen to be one.
    pub async fn people_called(&mut self, typed: &str) -> Result<Vec<PersonId>> {
        const SQL: &str = "select p.id from persons p
            where p.sort_key <> '' and (p.id = $1 or p.email = $1 or p.id in (select u.person_id from usernames u where u.name = $1))
            order by p.id
            limit 2";
        let typed = typed.trim().to_lowercase();
        let found: Vec<String> = on!(self, c => sqlx::query_scalar(SQL).bind(&typed).fetch_all(c))?;
        Ok(found.into_iter().map(PersonId::from_text).collect())
    }

    /// Where somebody stands in the list; at its beginning when there is no such person.
    async fn place_of(&mut self, person: &PersonId) -> Result<(String, String)> {
        const SQL: &str = "select sort_key, id from persons where id = $1";
        let found: Option<(String, String)> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).fetch_optional(c))?;
        Ok(found.unwrap_or_default())
    }
}

impl Write {
    /// Writes a person's keys for this list anew. An empty name takes the person out of it.
    pub(super) async fn index_anew(&mut self, person: &PersonId, names: &[&str], sort: &str) -> Result<()> {
        const WORD: &str = "insert into person_words (person_id, word) values ($1, $2) on conflict do nothing";
        let sort = sort.trim();
        execute!(self, sqlx::query("update persons set sort_key = $2 where id = $1").bind(person.as_str()).bind(sort))?;
        execute!(self, sqlx::query("delete from person_words where person_id = $1").bind(person.as_str()))?;
        if sort.is_empty() {
            return Ok(());
        }
        for word in words(names).into_iter().chain([person.to_string()]) {
            execute!(self, sqlx::query(WORD).bind(person.as_str()).bind(&word))?;
        }
        Ok(())
    }
}

/// The words by which somebody is found: each name whole, and its parts; of an address also its host.
fn words(names: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    for name in names {
        let name = sort_key(name.trim());
        let parts = name.split(|c: char| c.is_whitespace() || matches!(c, '-' | '@' | '\'' | '\u{2019}'));
        out.extend(parts.filter(|part| !part.is_empty()).map(str::to_owned));
        out.push(name);
    }
    out.retain(|word| !word.is_empty());
    out.sort();
    out.dedup();
    out
}

/// The beginnings that are looked for: two, the second empty where one was typed.
fn beginnings(search: &str) -> Option<[String; 2]> {
    let typed = sort_key(search);
    let mut words = typed.split_whitespace().map(str::to_owned);
    // What is rarer is looked up first: the longest word.
    let (first, second) = (words.next()?, words.next().unwrap_or_default());
    Some(if second.len() > first.len() { [second, first] } else { [first, second] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whole_and_by_their_parts() {
        let found = words(&["Anna Maria", "Müller-Lüdenscheidt", "anna@acme.example", ""]);

        let expected =
            ["acme.example", "anna", "anna maria", "anna@acme.example", "lüdenscheidt", "maria", "müller", "müller-lüdenscheidt"];
        assert_eq!(found, expected);
    }

    #[test]
    fn the_longest_of_two_words_is_looked_up_first() {
        assert_eq!(beginnings("An  Müll x"), Some(["müll".to_owned(), "an".to_owned()]));
        assert_eq!(beginnings("B"), Some(["b".to_owned(), String::new()]));
        assert_eq!(beginnings("  "), None);
    }
}
