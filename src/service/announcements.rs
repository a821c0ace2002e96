//! Notices of the operators: written, changed, ended and removed with a line in the audit trail; read from memory, so that
//! no page costs a look into the database for them.
use serde_json::{Value, json};

use super::change::Change;
use super::seen::Seen;
use crate::app::Registered;
use crate::model::{Announcement, AnnouncementId, AnnouncementKind, AnnouncementState, Locale, Notice, TenantId, display_name};
use crate::store::StoreError;
use crate::world::Timestamp;

/// The longest text, in characters.
pub const LONGEST: usize = 300;
/// Characters of a [`mark`].
pub const MARK: usize = 8;

/// What became of [`create`] and [`edit`].
#[derive(Debug, PartialEq, Eq)]
pub enum Announced {
    Done,
    Unknown,
    /// Somebody else changed it since the form was shown.
    Meanwhile,
    Invalid(Fault),
}

/// The first thing that is wrong with a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The text in this language is empty, too long, or has characters that nobody sees (security.md L16).
    Text(Locale),
    /// It would end before it begins, or is over already.
    Order,
}

/// What became of [`end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Done,
    /// It has not begun, or is over.
    NotRunning,
    Unknown,
}

/// Writes one.
///
/// # Errors
/// Those of the store.
pub async fn create(change: &Change<'_>, notice: Notice) -> Result<Announced, StoreError> {
    let notice = match checked(notice, change.now) {
        Ok(notice) => notice,
        Err(fault) => return Ok(Announced::Invalid(fault)),
    };
    let id = AnnouncementId::generate(change.now, change.entropy);
    let announcement = Announcement { id, notice, created_at: change.now };
    change
        .store
        .write(async |w| {
            w.insert_announcement(&announcement).await?;
            let Announcement { id, notice, .. } = &announcement;
            change.record(w, "announcement.create", id.as_str(), (notice.tenant.as_ref(), None), terms(notice)).await
        })
        .await?;
    Ok(Announced::Done)
}

/// The mark of what a form about one shows.
pub fn seen(announcement: &Announcement) -> Seen {
    Seen::of(&(&announcement.id, &announcement.notice))
}

/// Changes one, if it still is what the form showed. One that was over runs again if its new end lies ahead.
///
/// # Errors
/// Those of the store.
pub async fn edit(change: &Change<'_>, id: &AnnouncementId, shown: &Seen, notice: Notice) -> Result<Announced, StoreError> {
    let notice = match checked(notice, change.now) {
        Ok(notice) => notice,
        Err(fault) => return Ok(Announced::Invalid(fault)),
    };
    change
        .store
        .write(async |w| {
            // Every change of a registered thing waits for this row: what is read now stays so.
            w.raise_generation().await?;
            let Some(before) = w.announcement(id).await? else { return Ok(Announced::Unknown) };
            if seen(&before) != *shown {
                return Ok(Announced::Meanwhile);
            }
            let changed = changed(&before.notice, &notice);
            if !changed.is_empty() {
                w.set_notice(id, &notice).await?;
                let mut detail = terms(&notice);
                detail["changed"] = json!(changed);
                change.record(w, "announcement.edit", id.as_str(), (notice.tenant.as_ref(), None), detail).await?;
            }
            Ok(Announced::Done)
        })
        .await
}

/// Ends a running one before its time.
///
/// # Errors
/// Those of the store.
pub async fn end(change: &Change<'_>, id: &AnnouncementId) -> Result<Ended, StoreError> {
    change
        .store
        .write(async |w| {
            w.raise_generation().await?;
            let Some(before) = w.announcement(id).await? else { return Ok(Ended::Unknown) };
            if !w.end_announcement(id, change.now).await? {
                return Ok(Ended::NotRunning);
            }
            let detail = json!({ "until": before.notice.ends_at.seconds() });
            change.record(w, "announcement.end", id.as_str(), (before.notice.tenant.as_ref(), None), detail).await?;
            Ok(Ended::Done)
        })
        .await
}

/// Removes one. False when there is none.
///
/// # Errors
/// Those of the store.
pub async fn remove(change: &Change<'_>, id: &AnnouncementId) -> Result<bool, StoreError> {
    change
        .store
        .write(async |w| {
            w.raise_generation().await?;
            let Some(before) = w.announcement(id).await? else { return Ok(false) };
            w.remove_announcement(id).await?;
            let place = (before.notice.tenant.as_ref(), None);
            change.record(w, "announcement.remove", id.as_str(), place, terms(&before.notice)).await?;
            Ok(true)
        })
        .await
}

/// Those that run now and are for everybody or for one of these tenants.
pub fn in_consoles<'a>(registered: &'a Registered, tenants: &[TenantId], now: Timestamp) -> Vec<&'a Announcement> {
    let theirs = |announcement: &&Announcement| announcement.notice.tenant.as_ref().is_none_or(|tenant| tenants.contains(tenant));
    running(registered, now).filter(theirs).collect()
}

/// Those that run now and stand on sign-in pages: for everybody, or for the tenant that the page is about.
pub fn on_sign_in<'a>(registered: &'a Registered, tenant: Option<&TenantId>, now: Timestamp) -> Vec<&'a Announcement> {
    let here = |announcement: &&Announcement| {
        let notice = &announcement.notice;
        notice.on_sign_in && (notice.tenant.is_none() || notice.tenant.as_ref() == tenant)
    };
    running(registered, now).filter(here).collect()
}

fn running(registered: &Registered, now: Timestamp) -> impl Iterator<Item = &Announcement> {
    registered.announcements.iter().filter(move |announcement| announcement.notice.state(now) == AnnouncementState::Running)
}

/// What a browser remembers when somebody put it away: [`MARK`] characters that change whenever it does. None for what
/// cannot be put away.
pub fn mark(announcement: &Announcement) -> Option<String> {
    let may = announcement.notice.kind == AnnouncementKind::Information;
    may.then(|| seen(announcement).as_text().chars().take(MARK).collect())
}

/// Texts of one line each, without what nobody sees; an end that lies ahead and behind the beginning.
fn checked(notice: Notice, now: Timestamp) -> Result<Notice, Fault> {
    let text = |locale: Locale, text: &str| display_name(&line(text), LONGEST).ok_or(Fault::Text(locale));
    let english = text(Locale::En, &notice.text)?;
    let given = notice.translations.iter().filter(|(locale, words)| **locale != Locale::En && !words.trim().is_empty());
    let translations = given.map(|(locale, words)| text(*locale, words).map(|words| (*locale, words))).collect::<Result<_, _>>()?;
    if notice.ends_at <= notice.starts_at || notice.ends_at <= now {
        return Err(Fault::Order);
    }
    Ok(Notice { text: english, translations, ..notice })
}

/// The lines of a text as one.
fn line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What the audit trail says of a notice: all but its texts, which may name somebody.
fn terms(notice: &Notice) -> Value {
    json!({
        "kind": notice.kind,
        "on_sign_in": notice.on_sign_in,
        "from": notice.starts_at.seconds(),
        "until": notice.ends_at.seconds(),
    })
}

/// The fields in which two notices differ.
fn changed(before: &Notice, after: &Notice) -> Vec<&'static str> {
    let fields = [
        ("text", before.text == after.text && before.translations == after.translations),
        ("kind", before.kind == after.kind),
        ("tenant", before.tenant == after.tenant),
        ("on_sign_in", before.on_sign_in == after.on_sign_in),
        ("from", before.starts_at == after.starts_at),
        ("until", before.ends_at == after.ends_at),
    ];
    fields.into_iter().filter(|(_, same)| !same).map(|(field, _)| field).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn notice() -> Notice {
        Notice {
            text: "We rest on Sunday.".to_owned(),
            translations: [(Locale::De, "Sonntags ruhen wir.".to_owned())].into(),
            kind: AnnouncementKind::Information,
            tenant: None,
            on_sign_in: false,
            starts_at: NOW,
            ends_at: NOW.plus(Duration::from_secs(60)),
        }
    }

    #[test]
    fn l16_a_text_is_one_line_of_characters_that_are_seen() {
        let english = |text: &str| checked(Notice { text: text.to_owned(), ..notice() }, NOW).map(|notice| notice.text);

        assert_eq!(english(" We rest\r\n\r\n on Sunday. ").as_deref(), Ok("We rest on Sunday."));
        assert!(english(&"ä".repeat(LONGEST)).is_ok());
        let long = "ä".repeat(LONGEST + 1);
        for bad in ["", " \n ", "a\u{202E}b", "a\u{200B}b", "a\u{0007}b", "a\rb", "\u{2028}", long.as_str()] {
            assert_eq!(english(bad), Err(Fault::Text(Locale::En)), "{bad:?}");
        }
    }

    #[test]
    fn a_translation_may_be_missing_and_is_judged_like_the_english_text() {
        let translated = |text: &str| {
            let translations = [(Locale::Fr, text.to_owned()), (Locale::De, "Gut.".to_owned())].into();
            checked(Notice { translations, ..notice() }, NOW).map(|notice| notice.translations)
        };

        assert_eq!(translated(" \n"), Ok([(Locale::De, "Gut.".to_owned())].into()));
        assert_eq!(translated("a\u{202E}b"), Err(Fault::Text(Locale::Fr)));
        let one = notice();
        assert_eq!(one.said(Locale::De), (Locale::De, "Sonntags ruhen wir."));
        assert_eq!(one.said(Locale::It), (Locale::En, "We rest on Sunday."));
    }

    #[test]
    fn an_end_lies_behind_the_beginning_and_ahead_of_now() {
        let later = |seconds: u64| NOW.plus(Duration::from_secs(seconds));
        let fault = |starts_at: Timestamp, ends_at: Timestamp| checked(Notice { starts_at, ends_at, ..notice() }, later(10)).err();

        assert_eq!(fault(NOW, later(11)), None);
        assert_eq!(fault(later(20), later(30)), None);
        for (from, until) in [(NOW, later(10)), (later(30), later(30)), (later(30), later(20))] {
            assert_eq!(fault(from, until), Some(Fault::Order), "{from:?} to {until:?}");
        }
    }

    #[test]
    fn a_mark_changes_with_every_change_and_warnings_have_none() {
        let of = |notice: Notice| mark(&Announcement { id: AnnouncementId::from_text("ann_1"), notice, created_at: NOW });
        let first = of(notice()).unwrap();

        assert_eq!((first.len(), of(notice()).unwrap()), (MARK, first.clone()));
        assert_ne!(of(Notice { text: "Other.".to_owned(), ..notice() }), Some(first.clone()));
        assert_ne!(of(Notice { ends_at: NOW.plus(Duration::from_secs(90)), ..notice() }), Some(first));
        assert_eq!(of(Notice { kind: AnnouncementKind::Warning, ..notice() }), None);
    }
}
