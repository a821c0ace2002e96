//! People as a table: text of RFC 4180 in and out. Read strictly and wholly before anything is done with it.
use std::borrow::Cow;

/// The largest file that is read.
pub const LARGEST_TABLE: usize = 2 * 1024 * 1024;
/// Most lines below the head.
pub const MOST_LINES: usize = 5_000;

/// Columns that are read, by their names in the head; the first three must be there.
const READ: [&str; 6] = ["email", "first_name", "last_name", "language", "groups", "locations"];
/// Columns that an export of ours has besides. They say how things stand, and nothing of it is taken from a file.
const TOLD: [&str; 8] = ["user_name", "status", "belongs", "second_factor", "administrator", "api_access", "since", "last_here"];
/// Between several names in one field.
const BETWEEN: char = '|';

/// One person as a line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// In the file, counted from 1, as an editor shows it.
    pub number: u64,
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub language: String,
    pub groups: Vec<String>,
    pub locations: Vec<String>,
    /// The line has more or fewer fields than the head.
    pub uneven: bool,
}

/// Why a file is no table of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableFault {
    TooLarge,
    TooMany,
    /// Not UTF-8.
    Encoding,
    /// No line below the head.
    Empty,
    /// A column that must be there.
    Missing(&'static str),
    /// A column that nobody knows, as it was written.
    Unknown(String),
}

/// Reads a file: UTF-8 with or without a mark at its beginning, fields between commas or semicolons.
///
/// # Errors
/// [`TableFault`], and nothing of the file counts.
pub fn read(file: &[u8]) -> Result<Vec<Line>, TableFault> {
    if file.len() > LARGEST_TABLE {
        return Err(TableFault::TooLarge);
    }
    let text = std::str::from_utf8(file).map_err(|_| TableFault::Encoding)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .flexible(true)
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let Some(Ok(head)) = records.next() else { return Err(TableFault::Empty) };
    let columns = columns(&head)?;
    let (mut lines, mut number, mut at) = (Vec::new(), 1u64, 0usize);
    for record in records {
        let record = record.map_err(|_| TableFault::Encoding)?;
        // The reader's own count goes wrong after CRLF; empty lines before a record belong to its position.
        let place = record.position().map_or(at, |place| usize::try_from(place.byte()).unwrap_or(at)).clamp(at, text.len());
        let bytes = text.as_bytes();
        let start = place + bytes[place..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        number += bytes[at..start].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        at = start;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if lines.len() == MOST_LINES {
            return Err(TableFault::TooMany);
        }
        lines.push(Line { number, ..line(&record, &columns) });
    }
    if lines.is_empty() { Err(TableFault::Empty) } else { Ok(lines) }
}

/// Spreadsheets write semicolons where the comma stands in numbers.
fn delimiter(text: &str) -> u8 {
    let head = text.lines().next().unwrap_or("");
    if head.matches(';').count() > head.matches(',').count() { b';' } else { b',' }
}

/// What stands in which place: an index into [`READ`], or none for what is only told.
fn columns(head: &csv::StringRecord) -> Result<Vec<Option<usize>>, TableFault> {
    let mut found = Vec::new();
    for name in head {
        let plain = name.to_lowercase().replace([' ', '-'], "_").replace("e_mail", "email");
        match READ.iter().position(|known| *known == plain) {
            Some(at) if found.contains(&Some(at)) => return Err(TableFault::Unknown(name.to_owned())),
            Some(at) => found.push(Some(at)),
            None if TOLD.contains(&plain.as_str()) => found.push(None),
            // A column with a slip in its name would silently be left out: its groups, its limits.
            None => return Err(TableFault::Unknown(name.chars().take(60).collect())),
        }
    }
    match (0..3).find(|at| !found.contains(&Some(*at))) {
        Some(missing) => Err(TableFault::Missing(READ[missing])),
        None => Ok(found),
    }
}

fn line(record: &csv::StringRecord, columns: &[Option<usize>]) -> Line {
    let mut line = Line { uneven: record.len() != columns.len(), ..Line::default() };
    let several = |text: &str| text.split(BETWEEN).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    for (column, field) in columns.iter().zip(record) {
        let text = plain(field);
        match column {
            Some(0) => line.email = text.into_owned(),
            Some(1) => line.first_name = text.into_owned(),
            Some(2) => line.last_name = text.into_owned(),
            Some(3) => line.language = text.to_lowercase(),
            Some(4) => line.groups = several(&text),
            Some(5) => line.locations = several(&text),
            _ => {}
        }
    }
    line
}

/// What programs for tables take for a formula, with which a cell begins (ASVS 1.2.10), also in full width.
const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
/// What ends a cell where the language of the program says so, whatever we write between cells.
const ENDS: [char; 2] = [';', '\t'];

/// Does a program take what follows for a formula, once it begins a cell?
fn is_active(text: &str) -> bool {
    text.trim_start_matches([' ', '\u{a0}', '"', '\'']).starts_with(FORMULA)
}

/// A cell that is text in every program for tables, also where it falls apart at semicolons (security.md L11).
fn harmless(text: &str) -> Cow<'_, str> {
    let apart = text.match_indices(ENDS).any(|(at, end)| is_active(&text[at + end.len()..]));
    if !apart && !is_active(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 4);
    if is_active(text) {
        out.push('\'');
    }
    for (at, c) in text.char_indices() {
        out.push(c);
        if ENDS.contains(&c) && is_active(&text[at + c.len_utf8()..]) {
            out.push('\'');
        }
    }
    Cow::Owned(out)
}

/// The other way round: a cell of our own export.
fn plain(cell: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(cell.len());
    let mut begins = true;
    for (at, c) in cell.char_indices() {
        let ours = begins && c == '\'' && is_active(&cell[at + 1..]);
        if !ours {
            out.push(c);
        }
        begins = ENDS.contains(&c);
    }
    if harmless(&out) == cell { Cow::Owned(out) } else { Cow::Borrowed(cell) }
}

/// One line of an export.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub language: String,
    pub groups: Vec<String>,
    pub locations: Vec<String>,
    pub user_name: String,
    pub status: &'static str,
    pub belongs: &'static str,
    pub second_factor: &'static str,
    pub administrator: bool,
    pub api_access: bool,
    pub since: String,
    pub last_here: String,
}

/// Writes a table (RFC 4180): commas, CRLF, quotation marks where they are needed, the mark of UTF-8 in front, since some
/// programs take everything else for their own encoding.
pub fn write(people: &[Told]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer("\u{feff}".as_bytes().to_vec());
    let mut put = |cells: Vec<Cow<'_, str>>| writer.write_record(cells.iter().map(|cell| cell.as_bytes()));
    let between = BETWEEN.to_string();
    let yes = |is: bool| Cow::Borrowed(if is { "yes" } else { "no" });
    // Writing into memory does not fail, and each line has as many cells as the head.
    let _ = put(READ.iter().chain(&TOLD).map(|name| Cow::Borrowed(*name)).collect());
    for person in people {
        let (groups, locations) = (person.groups.join(&between), person.locations.join(&between));
        let _ = put(vec![
            harmless(&person.email),
            harmless(&person.first_name),
            harmless(&person.last_name),
            harmless(&person.language),
            harmless(&groups),
            harmless(&locations),
            harmless(&person.user_name),
            Cow::Borrowed(person.status),
            Cow::Borrowed(person.belongs),
            Cow::Borrowed(person.second_factor),
            yes(person.administrator),
            yes(person.api_access),
            Cow::Borrowed(&person.since),
            Cow::Borrowed(&person.last_here),
        ]);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "email,first_name,last_name,language,groups,locations";

    fn one(text: &str) -> Line {
        read(text.as_bytes()).expect("a table").remove(0)
    }

    #[test]
    fn a_table_is_read_with_either_delimiter_quotes_and_the_mark_of_utf8() {
        let comma = one("\u{feff}E-Mail,First Name,last_name,groups\r\nanna@example.com,Anna,\"Berg, von \"\"X\"\"\",A|B \r\n");
        let semicolon = one("email;first_name;last_name;groups\nanna@example.com; Anna ;Berg, von \"X\";A | B\n\n;;;\n");

        assert_eq!((comma.number, comma.last_name.as_str()), (2, "Berg, von \"X\""));
        assert_eq!(Line { number: 0, ..comma }, Line { number: 0, ..semicolon });
    }

    #[test]
    fn what_is_no_table_of_people_is_named() {
        let many = format!("{HEAD}\n{}", "a@example.com,A,B,,,\n".repeat(MOST_LINES + 1));
        let cases: [(&[u8], TableFault); 8] = [
            (b"", TableFault::Empty),
            (b"email,first_name,last_name\n", TableFault::Empty),
            (b"email,first_name\na@example.com,A\n", TableFault::Missing("last_name")),
            (b"email,first_name,last_name,gruops\n", TableFault::Unknown("gruops".to_owned())),
            (b"email,first_name,last_name,email\n", TableFault::Unknown("email".to_owned())),
            (b"email,first_name,last_name\n\xff,A,B\n", TableFault::Encoding),
            (many.as_bytes(), TableFault::TooMany),
            (&vec![b'a'; LARGEST_TABLE + 1], TableFault::TooLarge),
        ];
        for (file, fault) in cases {
            assert_eq!(read(file), Err(fault));
        }
    }

    #[test]
    fn a_line_with_another_number_of_fields_is_marked_and_counted_as_an_editor_does() {
        let lines = read(format!("{HEAD}\n\na@example.com,\"A\nB\",C,,,\nb@example.com,D\n").as_bytes()).expect("a table");

        assert_eq!(lines.iter().map(|line| (line.number, line.uneven)).collect::<Vec<_>>(), [(3, false), (5, true)]);
    }

    #[test]
    fn l11_formulas_are_text_and_come_back_as_they_were() {
        for evil in ["=cmd|' /C calc'!A0", "+1+1", "-2", "@SUM(A1)", "\tx", "\rx", " =1"] {
            let told = Told { first_name: evil.to_owned(), last_name: "say \"hi\", all".to_owned(), ..Told::default() };
            let text = String::from_utf8(write(&[told])).expect("UTF-8");

            assert!(text.starts_with('\u{feff}'), "some programs take everything else for their own encoding");
            let cell = text.split("\r\n").nth(1).expect("a line").split(',').nth(1).expect("a cell");
            assert!(cell.trim_start_matches('"').starts_with('\''), "{evil:?}: {cell:?}");
            assert!(text.contains("\"say \"\"hi\"\", all\""), "RFC 4180 2.7: {text}");
        }
        // Programs of Germany, France and Italy end a cell at a semicolon.
        for (evil, told) in [("x;=1+1;y", "x;'=1+1;y"), ("x; @A1", "x;' @A1"), ("\u{ff1d}1", "'\u{ff1d}1"), ("a;b - c", "a;b - c")] {
            assert_eq!(harmless(evil), told);
            assert_eq!(plain(told), evil, "and back");
        }
        let back = one(&String::from_utf8(write(&[Told {
            email: "-x@example.com".to_owned(),
            first_name: "'tis".to_owned(),
            ..Told::default()
        }]))
        .expect("UTF-8"));
        assert_eq!((back.email.as_str(), back.first_name.as_str()), ("-x@example.com", "'tis"));
    }
}
