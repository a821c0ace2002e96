//! What pages of the consoles are made of besides words: states of people, neighbours in a list, choices.
use serde::Serialize;

/// What the list of people shows of each: exactly one of these (people.md S13 to S17, C17). One look each, see
/// `ui.status` in `parts/console.html`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonStatus {
    /// Made, but no invitation was sent yet (people.md K32).
    NotInvited,
    Invited,
    Active,
    Deactivated,
    Locked,
    PasswordExpired,
}

impl PersonStatus {
    pub const ALL: [Self; 6] = [Self::NotInvited, Self::Invited, Self::Active, Self::Deactivated, Self::Locked, Self::PasswordExpired];
}

/// The way to the next and the former part of a list. Lists never say how many there are: that would cost a count.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pager {
    /// Back to the beginning.
    pub first: Option<String>,
    pub next: Option<String>,
}

/// One option of a select field.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    pub value: String,
    pub text: String,
}

/// A moment as pages print it: `2026-11-22 08:12`, in UTC, with the machine's form beside it.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// RFC 3339, for `<time datetime>`.
    pub machine: String,
    pub text: String,
}

impl Moment {
    /// In UTC, to the minute.
    pub fn of(at: crate::world::Timestamp) -> Self {
        let unix = time::OffsetDateTime::from_unix_timestamp(at.seconds()).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
        let (y, mo, d, h, mi, s) = (unix.year(), u8::from(unix.month()), unix.day(), unix.hour(), unix.minute(), unix.second());
        Self { machine: format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z"), text: format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}") }
    }

    /// One for samples.
    pub fn sample() -> Self {
        Self { machine: "2026-11-22T08:12:30Z".to_owned(), text: "2026-11-22 08:12".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Timestamp;

    #[test]
    fn a_moment_is_printed_for_people_and_for_machines() {
        let moment = Moment::of(Timestamp::from_micros(1_700_000_000_000_000));

        assert_eq!((moment.text.as_str(), moment.machine.as_str()), ("2023-11-14 22:13", "2023-11-14T22:13:20Z"));
    }
}
