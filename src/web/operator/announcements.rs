//! `/operator/announcements`: notes on top of pages, for everybody or for one tenant.
use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;

use super::{change, lists};
use crate::model::{Announcement, AnnouncementId, AnnouncementKind, AnnouncementState, Locale, Notice};
use crate::pages::console::{
    AnnouncementForm, AnnouncementRow, Announcements, Confirm, Flash, Moment, NoticeFault, NoticeState, NoticeText, Step,
};
use crate::service::Failure;
use crate::service::announcements::{self, Announced, Ended, Fault};
use crate::service::seen::Seen;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Fresh, Operator, Query};
use crate::world::Timestamp;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub async fn list(operator: Operator, query: Query) -> Result<Response, WebError> {
    let after = query.0.get("after");
    let registered = operator.app.registered();
    let mut all = operator.app.store.read(async |r| r.announcements().await).await?;
    all.sort_by_key(|announcement| announcement.notice.state(operator.now));
    let row = |announcement: Announcement| {
        let notice = announcement.notice;
        AnnouncementRow {
            id: announcement.id.to_string(),
            state: match notice.state(operator.now) {
                AnnouncementState::Running => NoticeState::Running,
                AnnouncementState::Planned => NoticeState::Planned,
                AnnouncementState::Over => NoticeState::Over,
            },
            warning: notice.kind == AnnouncementKind::Warning,
            tenant: notice.tenant.map(|id| registered.tenants.get(&id).map_or_else(|| id.to_string(), |t| t.display_name().to_owned())),
            on_sign_in: notice.on_sign_in,
            from: Moment::of(notice.starts_at),
            until: Moment::of(notice.ends_at),
            text: notice.text,
        }
    };
    let (rows, next) = lists::cut(all.into_iter().map(row).collect(), after, |row| &row.id);
    let pager = lists::pager("/operator/announcements", &[], "after", after, next);
    operator.page("announcements").done(&query).show(&Announcements { rows, pager })
}

/// From now on, for a day: what is not asked for is changed quickly.
pub async fn new(operator: Operator) -> Result<Response, WebError> {
    let content = AnnouncementForm {
        texts: Locale::ALL.iter().map(|&lang| NoticeText { lang, text: String::new() }).collect(),
        from: minute(operator.now),
        until: minute(operator.now.plus(DAY)),
        ..AnnouncementForm::default()
    };
    operator.page("announcements").under("announcements").show(&content)
}

pub async fn create(Fresh(operator): Fresh<Operator>, Checked(form): Checked) -> Result<Response, WebError> {
    let announced = match asked(&operator, &form) {
        Ok(notice) => announcements::create(&change(&operator), notice).await?,
        Err(fault) => return refuse(&operator, typed(&form), fault, None),
    };
    answer(&operator, &form, None, announced, Flash::Created).await
}

async fn find(operator: &Operator, id: &str) -> Result<Announcement, WebError> {
    let id = AnnouncementId::from_text(id);
    operator.app.store.read(async |r| r.announcement(&id).await).await?.ok_or_else(WebError::not_found)
}

pub async fn edit(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let announcement = find(&operator, &id).await?;
    let seen = announcements::seen(&announcement).as_text().to_owned();
    let Announcement { id, notice, .. } = announcement;
    let registered = operator.app.registered();
    let text = |&lang: &Locale| NoticeText {
        lang,
        text: match lang {
            Locale::En => notice.text.clone(),
            lang => notice.translations.get(&lang).cloned().unwrap_or_default(),
        },
    };
    let content = AnnouncementForm {
        id: Some(id.to_string()),
        seen,
        texts: Locale::ALL.iter().map(text).collect(),
        warning: notice.kind == AnnouncementKind::Warning,
        from: minute(notice.starts_at),
        until: minute(notice.ends_at),
        tenant: notice.tenant.map(|id| registered.tenants.get(&id).map_or_else(|| id.to_string(), |t| t.slug.clone())).unwrap_or_default(),
        on_sign_in: notice.on_sign_in,
        fault: None,
        fault_in: None,
    };
    operator.page("announcements").under("announcements").show(&content)
}

pub async fn save(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let id = find(&operator, &id).await?.id;
    let announced = match asked(&operator, &form) {
        Ok(notice) => announcements::edit(&change(&operator), &id, &Seen::carried(form.get("seen")), notice).await?,
        Err(fault) => return refuse(&operator, AnnouncementForm { id: Some(id.to_string()), ..typed(&form) }, fault, None),
    };
    answer(&operator, &form, Some(&id), announced, Flash::Saved).await
}

/// Leads to the list, or shows the form again with what is wrong.
async fn answer(
    operator: &Operator,
    form: &Fields,
    id: Option<&AnnouncementId>,
    announced: Announced,
    flash: Flash,
) -> Result<Response, WebError> {
    let typed = AnnouncementForm { id: id.map(AnnouncementId::to_string), ..typed(form) };
    match announced {
        Announced::Done => {
            operator.app.refresh().await.map_err(Failure::from)?;
            Ok(operator.go("announcements", Some(flash)))
        }
        Announced::Unknown => Err(WebError::not_found()),
        Announced::Meanwhile => {
            let now = find(operator, id.map_or("", AnnouncementId::as_str)).await?;
            let seen = announcements::seen(&now).as_text().to_owned();
            refuse(operator, AnnouncementForm { seen, ..typed }, NoticeFault::Meanwhile, None)
        }
        Announced::Invalid(Fault::Text(lang)) => refuse(operator, typed, NoticeFault::Text, Some(lang)),
        Announced::Invalid(Fault::Order) => refuse(operator, typed, NoticeFault::Order, None),
    }
}

fn refuse(operator: &Operator, typed: AnnouncementForm, fault: NoticeFault, fault_in: Option<Locale>) -> Result<Response, WebError> {
    operator.page("announcements").under("announcements").refuse(&AnnouncementForm { fault: Some(fault), fault_in, ..typed })
}

pub async fn ask_end(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    ask(&operator, &id, Step::AnnouncementEnd).await
}

pub async fn ask_remove(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    ask(&operator, &id, Step::AnnouncementRemove).await
}

async fn ask(operator: &Operator, id: &str, step: Step) -> Result<Response, WebError> {
    let announcement = find(operator, id).await?;
    let back = operator.path("announcements");
    let action = format!("{back}/{}/{}", announcement.id, if step == Step::AnnouncementEnd { "end" } else { "remove" });
    operator.page("announcements").under("announcements").show(&Confirm { step, name: String::new(), action, back, danger: true })
}

pub async fn end(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    let flash = match announcements::end(&change(&operator), &AnnouncementId::from_text(id)).await? {
        Ended::Done => Some(Flash::Saved),
        Ended::NotRunning => None,
        Ended::Unknown => return Err(WebError::not_found()),
    };
    operator.app.refresh().await.map_err(Failure::from)?;
    Ok(operator.go("announcements", flash))
}

pub async fn remove(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    if !announcements::remove(&change(&operator), &AnnouncementId::from_text(id)).await? {
        return Err(WebError::not_found());
    }
    operator.app.refresh().await.map_err(Failure::from)?;
    Ok(operator.go("announcements", Some(Flash::Removed)))
}

/// What was typed, as far as it names something: texts and their order are judged behind it.
fn asked(operator: &Operator, form: &Fields) -> Result<Notice, NoticeFault> {
    let handle = form.get("tenant").trim();
    let registered = operator.app.registered();
    // A short name first, which is what the form of a stored one says: another's number may read the same.
    let by_name = registered.tenants.values().find(|tenant| tenant.slug == handle);
    let tenant = by_name.or_else(|| registered.tenants.values().find(|tenant| tenant.is_called(handle))).map(|tenant| tenant.id.clone());
    if tenant.is_none() && !handle.is_empty() {
        return Err(NoticeFault::Tenant);
    }
    let others = Locale::ALL.iter().filter(|locale| **locale != Locale::En);
    Ok(Notice {
        text: form.get("text_en").to_owned(),
        translations: others.map(|locale| (*locale, form.get(&field(*locale)).to_owned())).collect(),
        kind: AnnouncementKind::parse(form.get("kind")).unwrap_or(AnnouncementKind::Information),
        tenant,
        on_sign_in: form.get("on_sign_in") == "yes",
        starts_at: moment(form.get("from")).ok_or(NoticeFault::Starts)?,
        ends_at: moment(form.get("until")).ok_or(NoticeFault::Ends)?,
    })
}

fn typed(form: &Fields) -> AnnouncementForm {
    let text = |name: &str| form.get(name).to_owned();
    AnnouncementForm {
        id: None,
        seen: text("seen"),
        texts: Locale::ALL.iter().map(|&lang| NoticeText { lang, text: text(&field(lang)) }).collect(),
        warning: form.get("kind") == AnnouncementKind::Warning.as_str(),
        from: text("from"),
        until: text("until"),
        tenant: text("tenant"),
        on_sign_in: form.get("on_sign_in") == "yes",
        fault: None,
        fault_in: None,
    }
}

/// The field with the text in a language.
fn field(locale: Locale) -> String {
    format!("text_{locale}")
}

/// `2026-11-22T18:30` in UTC, as fields for date and time have it (HTML, 2.3.5.5 Local dates and times).
fn minute(at: Timestamp) -> String {
    Moment::of(at).machine.chars().take("2026-11-22T18:30".len()).collect()
}

/// The moment that such a field names.
fn moment(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.trim().split_once('T')?;
    let number = |text: &str, digits: usize| {
        let plain = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
        text.parse::<u16>().ok().filter(|_| plain)
    };
    let mut parts = date.split('-');
    let (year, month, day) = (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let (hour, minute) = clock.split_once(':')?;
    let (hour, minute) = (u8::try_from(number(hour, 2)?).ok()?, u8::try_from(number(minute, 2)?).ok()?);
    if parts.next().is_some() {
        return None;
    }
    let month = time::Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = time::Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    Some(Timestamp::from_seconds(date.with_hms(hour, minute, 0).ok()?.assume_utc().unix_timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        let at = moment("2026-11-22T18:30").expect("a moment");

        assert_eq!(minute(at), "2026-11-22T18:30");
        assert_eq!(moment("1970-01-02T00:01"), Some(Timestamp::from_seconds(86_460)));
        let bad = [
            "",
            "2026-11-22",
            "2026-11-22 18:30",
            "2026-11-22T18:30:00",
            "2026-11-22T18:30Z",
            "2026-02-30T18:30",
            "2026-13-01T18:30",
            "2026-11-22T24:00",
            "2026-11-22T18:60",
            "20261-11-22T18:30",
            "+026-11-22T18:30",
            "2026-11-22-1T18:30",
            "2026-1-2T18:30",
        ];
        for text in bad {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
