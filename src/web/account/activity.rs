//! `/account/activity`: what happened to the own account.
use axum::response::Response;

use crate::pages::console::Activity;
use crate::web::error::WebError;
use crate::web::extract::{Account, Query};
use crate::web::log::{Before, Names, PAGE, cut, lines};

pub async fn show(account: Account, query: Query) -> Result<Response, WebError> {
    let before = Before::parse(query.0.get("before"));
    let place = before.as_ref().map(|before| (before.at, before.id.as_str()));
    let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
    let mut rows = account.app.store.read(async |r| r.audit_of_subject(account.person.id.as_str(), place, limit).await).await?;
    let pager = cut(&mut rows, &account.path("activity"), before.is_none());
    let content = Activity { lines: lines(&account.app, rows, Names::Own).await?, pager };
    account.page("activity").show(&content)
}
