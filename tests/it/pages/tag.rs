//! Reads the tags of a page, strictly enough to notice an attribute that broke out of its quotes.
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct Tag {
    /// Lower case, with a slash in front for an end tag.
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

impl Tag {
    pub fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes.get(attribute).map(String::as_str)
    }
}

/// All tags of a page in their order. Panics on an attribute without quotes, which no template writes.
pub fn tags(html: &str) -> Vec<Tag> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with('!') {
            continue;
        }
        let end = end_of_tag(rest);
        out.push(tag(&rest[..end]));
        rest = &rest[end..];
    }
    out
}

fn end_of_tag(text: &str) -> usize {
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '>' if !quoted => return at,
            _ => {}
        }
    }
    panic!("a tag does not end: {}", text.chars().take(80).collect::<String>());
}

fn tag(text: &str) -> Tag {
    let (name, mut rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let mut attributes = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            break;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (key, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            Some(quoted) => {
                let inner = quoted.strip_prefix('"').unwrap_or_else(|| panic!("an attribute without quotes: {text}"));
                inner.split_once('"').unwrap_or_else(|| panic!("an attribute does not end: {text}"))
            }
            None => ("", after),
        };
        assert!(attributes.insert(key.to_owned(), decoded(value)).is_none(), "an attribute twice: {text}");
        assert!(after.is_empty() || after.starts_with([' ', '\n', '/']), "no space between two attributes: {text}");
        rest = after;
    }
    Tag { name: name.trim_end_matches('/').to_ascii_lowercase(), attributes }
}

/// The text behind the character references that the templates write.
pub fn decoded(text: &str) -> String {
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#x2f;", "/"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
