//! `/operator/mail`: how letters fare. No text, no recipient (security.md H17).
use axum::extract::Path;
use axum::response::Response;

use super::{change, lists};
use crate::model::{LetterId, LetterState};
use crate::pages::console::{Flash, LetterLook, LetterRow, Moment, Outbox};
use crate::service::outbox;
use crate::store::LetterFate;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Operator, Query};

/// Rows of one page.
const ROWS: i64 = 50;

pub async fn list(operator: Operator, query: Query) -> Result<Response, WebError> {
    let (state, before) = (query.0.get("state"), query.0.get("before"));
    let (wanted, cursor) = (LetterState::parse(state), LetterId::from_text(before));
    let cursor = Some(&cursor).filter(|_| !before.is_empty());
    let mut fates = operator.app.store.read(async |r| r.letter_fates(wanted, cursor, ROWS + 1).await).await?;
    let more = fates.len() > ROWS.unsigned_abs() as usize;
    fates.truncate(ROWS.unsigned_abs() as usize);
    let next = fates.last().filter(|_| more).map(|fate| fate.id.to_string());
    let kept = wanted.map_or("", LetterState::as_str);
    let content = Outbox {
        state: kept.to_owned(),
        pager: lists::pager("/operator/mail", &[("state", kept)], "before", before, next),
        rows: fates.into_iter().map(row).collect(),
        own_address: Some(operator.person.masked_email()).filter(|address| !address.is_empty()),
        tested: query.0.get("done") == "tested",
    };
    operator.page("mail").done(&query).show(&content)
}

fn row(fate: LetterFate) -> LetterRow {
    let (state, at) = match fate.state {
        LetterState::Queued => (LetterLook::Queued, Some(fate.due_at)),
        LetterState::Sent => (LetterLook::Sent, fate.sent_at),
        LetterState::Dead => (LetterLook::Dead, None),
    };
    LetterRow {
        id: fate.id.to_string(),
        state,
        attempts: fate.attempts,
        created: Moment::of(fate.created_at),
        at: at.map(Moment::of),
        error: fate.last_error,
    }
}

pub async fn retry(operator: Operator, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    let done = outbox::retry(&change(&operator), &LetterId::from_text(id)).await?;
    Ok(operator.go("mail", done.then_some(Flash::Saved)))
}

pub async fn test(operator: Operator, _: Checked) -> Result<Response, WebError> {
    outbox::send_test(&operator.app, &change(&operator), &operator.person).await?;
    Ok(operator.go("mail?done=tested", None))
}
