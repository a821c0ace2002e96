//! Lists of registered things, which are in memory: searched and cut into pages here.
use url::form_urlencoded::Serializer;

use crate::pages::console::Pager;

/// Rows of one page.
pub const PAGE: usize = 50;

/// The rows after the one that the address names, and the address of the rest. `known`: a row's id.
pub fn cut<T>(mut rows: Vec<T>, after: &str, known: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
    let start = rows.iter().position(|row| known(row) == after).map_or(0, |at| at + 1);
    let mut rest = rows.split_off(start);
    let more = rest.len() > PAGE;
    rest.truncate(PAGE);
    let next = rest.last().filter(|_| more).map(|row| known(row).to_owned());
    (rest, next)
}

/// The ways to the beginning and to the next part. `kept`: what stands in the address besides, empty ones left out.
pub fn pager(path: &str, kept: &[(&str, &str)], cursor: &str, here: &str, next: Option<String>) -> Pager {
    let address = |cursor_at: Option<&str>| {
        let mut query = Serializer::new(String::new());
        for (name, value) in kept.iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if let Some(at) = cursor_at {
            query.append_pair(cursor, at);
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    };
    Pager { first: (!here.is_empty()).then(|| address(None)), next: next.map(|at| address(Some(&at))) }
}

/// Does one of the texts hold what was searched, whatever the case?
pub fn found(query: &str, texts: &[&str]) -> bool {
    let wanted = query.to_lowercase();
    wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
}

/// The lines of a text, trimmed, without empty ones.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_cut_behind_the_row_that_the_address_names() {
        let rows = || (0..120).map(|n| format!("row{n}")).collect::<Vec<_>>();

        let (first, next) = cut(rows(), "", |row| row);
        assert_eq!((first.len(), next.as_deref()), (50, Some("row49")));
        let (last, next) = cut(rows(), "row99", |row| row);
        assert_eq!((last[0].as_str(), last.len(), next), ("row100", 20, None));
        assert_eq!(cut(rows(), "nobody", |row| row).0[0], "row0");
    }

    #[test]
    fn a_pager_keeps_what_was_searched() {
        let pager = pager("/operator/tenants", &[("q", "a&b"), ("state", "")], "after", "x", Some("y z".to_owned()));

        assert_eq!(pager.first.as_deref(), Some("/operator/tenants?q=a%26b"));
        assert_eq!(pager.next.as_deref(), Some("/operator/tenants?q=a%26b&after=y+z"));
    }
}
