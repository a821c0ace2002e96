//! HTML by construction: what is text is escaped, tag and attribute names are fixed in the program.
use std::fmt::Write as _;

/// A piece of HTML.
#[derive(Clone, Default)]
pub struct Html(String);

/// Elements without content (HTML 13.1.2).
const VOID: [&str; 5] = ["meta", "link", "input", "img", "br"];

/// An element to which attributes and content are added in turn.
pub fn el(tag: &'static str) -> El {
    El { tag, attributes: String::new(), inside: Html::default() }
}

pub struct El {
    tag: &'static str,
    attributes: String,
    inside: Html,
}

impl El {
    pub fn attr(mut self, name: &'static str, value: &str) -> Self {
        let _ = write!(self.attributes, " {name}=\"{}\"", escaped(value));
        self
    }

    pub fn flag(mut self, name: &'static str, is_set: bool) -> Self {
        if is_set {
            let _ = write!(self.attributes, " {name}");
        }
        self
    }

    pub fn class(self, names: &str) -> Self {
        self.attr("class", names)
    }

    pub fn id(self, id: &str) -> Self {
        self.attr("id", id)
    }

    pub fn text(mut self, text: &str) -> Self {
        self.inside.0.push_str(&escaped(text));
        self
    }

    pub fn add(mut self, inner: impl Into<Html>) -> Self {
        self.inside.0.push_str(&inner.into().0);
        self
    }

    pub fn each<T: Into<Html>>(self, inner: impl IntoIterator<Item = T>) -> Self {
        inner.into_iter().fold(self, El::add)
    }
}

impl From<El> for Html {
    fn from(el: El) -> Self {
        let El { tag, attributes, inside } = el;
        if VOID.contains(&tag) {
            return Self(format!("<{tag}{attributes}>"));
        }
        Self(format!("<{tag}{attributes}>{}</{tag}>\n", inside.0))
    }
}

impl<T: Into<Html>> From<Option<T>> for Html {
    fn from(inner: Option<T>) -> Self {
        inner.map(Into::into).unwrap_or_default()
    }
}

impl<T: Into<Html>> FromIterator<T> for Html {
    fn from_iter<I: IntoIterator<Item = T>>(pieces: I) -> Self {
        Self(pieces.into_iter().map(|piece| piece.into().0).collect())
    }
}

impl Html {
    /// The whole document.
    pub fn document(self) -> String {
        format!("<!doctype html>\n{}", self.0)
    }
}

/// For text and for attributes in double quotes (HTML 13.3).
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_cannot_become_markup() {
        let hostile = "\"><script>alert('x')</script>&";
        let html: Html = el("a").attr("href", hostile).text(hostile).into();

        let expected = "&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;";
        assert_eq!(html.0, format!("<a href=\"{expected}\">{expected}</a>\n"));
    }

    #[test]
    fn elements_nest_and_void_ones_have_no_end() {
        let list = el("ul").each(["a", "b"].map(|text| el("li").text(text))).add(el("input").flag("required", true).attr("name", "n"));

        assert_eq!(Html::from(list).0, "<ul><li>a</li>\n<li>b</li>\n<input required name=\"n\"></ul>\n");
    }
}
