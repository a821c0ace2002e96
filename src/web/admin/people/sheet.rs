//! The link of somebody without e-mail: shown once, to copy, to print, to scan (people.md S19, S29). It is kept nowhere.
use axum::response::Response;

use super::common::find;
use crate::credentials::qr::qr_svg;
use crate::pages::console::PersonSheet;
use crate::web::error::WebError;
use crate::web::extract::{TenantAdmin, rights};

pub async fn show(admin: &TenantAdmin<rights::People>, person: &str, link: &str, purpose: &'static str) -> Result<Response, WebError> {
    let listed = find(admin, person).await?;
    let issuer = admin.app.issuer();
    let content = PersonSheet {
        id: person.to_owned(),
        name: listed.person.name(),
        username: listed.person.handle().to_owned(),
        tenant: admin.tenant.display_name().to_owned(),
        link: link.to_owned(),
        qr_svg: qr_svg(link),
        purpose,
        host: issuer.split_once("://").map_or(issuer, |(_, host)| host).to_owned(),
    };
    admin.page("people").under("people").show(&content)
}
