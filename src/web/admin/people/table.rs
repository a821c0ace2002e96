//! `/admin/{tenant}/people/import` and `…/export`: many people at once, by a table (security.md L11).
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::common::{acting, told};
use super::list::filter;
use crate::model::{Delivery, ImportId};
use crate::pages::console::{Flash, ImportLine, ImportWrong, PeopleImport};
use crate::service::people::acting::Refusal;
use crate::service::people::export::export as written;
use crate::service::people::import::{Imported, Outlook, carry_out, look};
use crate::service::people::table::TableFault;
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Query, Table, TenantAdmin, rights};
use crate::web::headers::Policy;

type Admin = TenantAdmin<rights::People>;

/// So many lines are shown of each kind; the others are counted.
const SHOWN: usize = 100;

pub async fn show(admin: Admin) -> Result<Response, WebError> {
    page(&admin, StatusCode::OK, blank(&admin))
}

fn blank(admin: &Admin) -> PeopleImport {
    PeopleImport { asks: admin.tenant.policy.invitation_delivery == Delivery::Ask, ..PeopleImport::default() }
}

fn page(admin: &Admin, status: StatusCode, content: PeopleImport) -> Result<Response, WebError> {
    admin.page("people").under("people").show_with(status, &content)
}

/// The dry run: what would happen, line by line.
pub async fn upload(admin: Admin, table: Table) -> Result<Response, WebError> {
    let wrong = |fault: &'static str, value: String| {
        page(&admin, StatusCode::UNPROCESSABLE_ENTITY, PeopleImport { fault: Some(fault), value, ..blank(&admin) })
    };
    let file = match table {
        Table::TooLarge => return wrong("too_large", String::new()),
        Table::Here(file) if file.is_empty() => return wrong("no_file", String::new()),
        Table::Here(file) => file,
    };
    match look(&acting(&admin), &file, admin.guest.visitor.locale).await? {
        Ok(Ok(outlook)) => outlined(&admin, &outlook, None),
        Ok(Err(fault)) => match fault {
            TableFault::TooLarge => wrong("too_large", String::new()),
            TableFault::TooMany => wrong("too_many", String::new()),
            TableFault::Encoding => wrong("encoding", String::new()),
            TableFault::Empty => wrong("empty", String::new()),
            TableFault::Missing(column) => wrong("missing", column.to_owned()),
            TableFault::Unknown(column) => wrong("unknown", column),
        },
        Err(refusal) => refused(&admin, refusal),
    }
}

fn outlined(admin: &Admin, outlook: &Outlook, fault: Option<&'static str>) -> Result<Response, WebError> {
    let line = |(number, name, email): &(u64, String, String)| ImportLine { number: *number, name: name.clone(), email: email.clone() };
    let content = PeopleImport {
        id: outlook.id.as_ref().map(ToString::to_string).unwrap_or_default(),
        looked: true,
        fresh: outlook.fresh.len(),
        here: outlook.here,
        wrong: outlook.faults.len(),
        lines: outlook.fresh.iter().take(SHOWN).map(line).collect(),
        faults: outlook
            .faults
            .iter()
            .take(SHOWN)
            .map(|fault| ImportWrong { line: fault.line, column: fault.column, kind: fault.kind })
            .collect(),
        fault,
        ..blank(admin)
    };
    let good = outlook.faults.is_empty() && fault.is_none();
    page(admin, if good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, content)
}

fn refused(admin: &Admin, refusal: Refusal) -> Result<Response, WebError> {
    let (_, status) = told(refusal, None).ok_or_else(WebError::not_found)?;
    page(admin, status, PeopleImport { fault: Some("changed"), ..blank(admin) })
}

/// Goes ahead with what was looked at.
pub async fn confirm(Fresh(admin): Fresh<Admin>, Checked(fields): Checked) -> Result<Response, WebError> {
    let id = ImportId::from_text(fields.get("id"));
    match carry_out(&acting(&admin), &id, fields.get("send") == "yes", admin.guest.visitor.locale).await? {
        Ok(Imported::Done { .. }) => Ok(admin.go("people", Some(Flash::Created))),
        Ok(Imported::Changed(outlook)) => outlined(&admin, &outlook, Some("changed")),
        Ok(Imported::Over) => page(&admin, StatusCode::UNPROCESSABLE_ENTITY, PeopleImport { fault: Some("over"), ..blank(&admin) }),
        Err(refusal) => refused(&admin, refusal),
    }
}

/// Everybody whom the list's filters let through, as a file. Asked for soon after a sign-in alone: it takes all names and
/// addresses out of the house.
pub async fn export(Fresh(admin): Fresh<Admin>, query: Query) -> Result<Response, WebError> {
    let table = match written(&acting(&admin), filter(&query.0)).await? {
        Ok(table) => table,
        Err(_) => return Err(WebError::forbidden()),
    };
    let mut response = table.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"people.csv\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(Policy::Inert);
    Ok(response)
}
