//! An answer as a browser sees it: a document with elements and forms.
use http::HeaderMap;
use scraper::{ElementRef, Html, Selector};
use url::Url;

/// An answer at which the browser rests.
#[derive(Clone, Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

/// A form ready to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    pub action: Url,
    pub is_post: bool,
    pub fields: Vec<(String, String)>,
}

/// A value that a person gave to an element, which is named by its place in the document.
pub type Fill = (usize, String);

impl Page {
    pub fn document(&self) -> Html {
        Html::parse_document(&self.body)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn has(&self, css: &str) -> bool {
        self.document().select(&selector(css)).next().is_some()
    }

    /// The text of exactly one element, white space collapsed.
    pub fn text(&self, css: &str) -> String {
        let document = self.document();
        text_of(self.only(&document, css))
    }

    pub fn texts(&self, css: &str) -> Vec<String> {
        self.document().select(&selector(css)).map(text_of).collect()
    }

    /// The attribute of every element that has it.
    pub fn attrs(&self, css: &str, name: &str) -> Vec<String> {
        self.document().select(&selector(css)).filter_map(|element| element.value().attr(name)).map(str::to_owned).collect()
    }

    pub fn attr(&self, css: &str, name: &str) -> String {
        let document = self.document();
        let value = self.only(&document, css).value().attr(name);
        value.unwrap_or_else(|| panic!("{css} has no {name}: {self}")).to_owned()
    }

    /// The form that the button belongs to, filled as given and sent by this button.
    pub fn form(&self, button: &str, fills: &[Fill]) -> Form {
        let document = self.document();
        let button_element = self.only(&document, button);
        let form = self.form_of(&document, button_element).unwrap_or_else(|| panic!("{button} belongs to no form: {self}"));
        let attribute = |name: &str, own: &str| button_element.attr(own).or_else(|| form.attr(name)).unwrap_or_default().to_owned();
        let all = selector("*");
        let elements: Vec<ElementRef<'_>> = document.select(&all).collect();
        let filled: Vec<_> = fills.iter().map(|(place, value)| (elements[*place], value.as_str())).collect();
        let controls = selector("input, select, textarea, button");
        let owned = document.select(&controls).filter(|control| self.form_of(&document, *control).map(|f| f.id()) == Some(form.id()));
        let fields = owned.filter_map(|control| field(control, button_element, &filled)).collect();
        Form {
            action: self.url.join(&attribute("action", "formaction")).unwrap(),
            is_post: attribute("method", "formmethod").eq_ignore_ascii_case("post"),
            fields,
        }
    }

    /// Notes a value for the one field that `css` names.
    pub fn fill(&self, css: &str, value: &str) -> Fill {
        let document = self.document();
        let element = self.only(&document, css);
        assert!(element.attr("disabled").is_none() && element.attr("readonly").is_none(), "{css} cannot be changed: {self}");
        match element.value().name() {
            "select" => assert!(options(element).any(|o| o == value), "{css} has no option {value:?}: {self}"),
            "input" | "textarea" => assert!(element.attr("type") != Some("hidden"), "a person cannot see {css}: {self}"),
            other => panic!("{css} is a {other} and takes no text: {self}"),
        }
        (place(&document, element), value.to_owned())
    }

    /// Notes that the one box that `css` names is ticked.
    pub fn tick(&self, css: &str) -> Fill {
        let document = self.document();
        let element = self.only(&document, css);
        assert!(matches!(element.attr("type"), Some("checkbox" | "radio")), "{css} cannot be ticked: {self}");
        (place(&document, element), element.attr("value").unwrap_or("on").to_owned())
    }

    pub fn link(&self, css: &str) -> Url {
        self.url.join(&self.attr(css, "href")).unwrap()
    }

    fn only<'a>(&self, document: &'a Html, css: &str) -> ElementRef<'a> {
        let wanted = selector(css);
        let mut found = document.select(&wanted);
        let first = found.next().unwrap_or_else(|| panic!("{css} is missing: {self}"));
        assert!(found.next().is_none(), "{css} is not the only one: {self}");
        first
    }

    fn form_of<'a>(&self, document: &'a Html, element: ElementRef<'a>) -> Option<ElementRef<'a>> {
        if let Some(id) = element.attr("form") {
            return Some(self.only(document, &format!("form#{id}")));
        }
        element.ancestors().filter_map(ElementRef::wrap).find(|a| a.value().name() == "form")
    }
}

impl std::fmt::Display for Page {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}\n{}", self.status, self.url, self.body)
    }
}

fn selector(css: &str) -> Selector {
    Selector::parse(css).unwrap_or_else(|_| panic!("not a CSS selector: {css}"))
}

fn place(document: &Html, element: ElementRef<'_>) -> usize {
    document.select(&selector("*")).position(|e| e == element).unwrap()
}

fn text_of(element: ElementRef<'_>) -> String {
    let text: String = element.text().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn options(element: ElementRef<'_>) -> impl Iterator<Item = String> {
    let value = |option: ElementRef<'_>| option.attr("value").map_or_else(|| text_of(option), str::to_owned);
    element.select(&selector("option")).map(value).collect::<Vec<_>>().into_iter()
}

/// What one control contributes to the form (HTML 4.10.22.4).
fn field(control: ElementRef<'_>, button: ElementRef<'_>, fills: &[(ElementRef<'_>, &str)]) -> Option<(String, String)> {
    let name = control.attr("name")?.to_owned();
    if control.attr("disabled").is_some() {
        return None;
    }
    let filled = fills.iter().rev().find(|(element, _)| *element == control).map(|(_, value)| (*value).to_owned());
    let kind = control.attr("type").unwrap_or("").to_ascii_lowercase();
    let own = || control.attr("value").unwrap_or_default().to_owned();
    let value = match (control.value().name(), kind.as_str()) {
        ("button", _) | ("input", "submit" | "image" | "reset" | "button") => (control.id() == button.id()).then(own)?,
        ("input", "radio") if filled.is_none() && fills.iter().any(|(other, _)| is_same_question(*other, control)) => return None,
        ("input", "checkbox" | "radio") => {
            filled.or_else(|| control.attr("checked").map(|_| control.attr("value").unwrap_or("on").to_owned()))?
        }
        ("select", _) => filled.or_else(|| selected(control))?,
        ("textarea", _) => filled.unwrap_or_else(|| control.text().collect()),
        _ => filled.unwrap_or_else(own),
    };
    Some((name, value))
}

/// Of several radio buttons with one name only one is chosen.
fn is_same_question(one: ElementRef<'_>, other: ElementRef<'_>) -> bool {
    one.attr("type") == Some("radio") && one.attr("name") == other.attr("name")
}

fn selected(select: ElementRef<'_>) -> Option<String> {
    let chosen = select.select(&selector("option[selected]")).next();
    let option = chosen.or_else(|| select.select(&selector("option")).next())?;
    Some(option.attr("value").map_or_else(|| text_of(option), str::to_owned))
}
