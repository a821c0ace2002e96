//! Static files from the binary, and the colours and logos of tenants.
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::WebError;
use super::headers::Policy;
use crate::app::App;
use crate::model::{Tenant, TenantId};
use crate::pages::{Asset, asset, brand_css};

/// `/assets/<hash>/<file>`: kept by browsers for a year when the hash is that of the content.
pub async fn file(Path(path): Path<String>, headers: HeaderMap) -> Result<Response, WebError> {
    let found = asset(&path).ok_or_else(WebError::not_found)?;
    Ok(send(found, &headers))
}

fn send(asset: Asset, headers: &HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == asset.etag.as_bytes());
    let cache = if asset.immutable { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    let body = if known { Body::empty() } else { Body::from(asset.bytes.into_owned()) };
    let mut response = body.into_response();
    *response.status_mut() = if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(tag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn tenant(app: &App, id: &str) -> Result<Arc<Tenant>, WebError> {
    app.registered().tenants.get(&TenantId::from_text(id)).cloned().ok_or_else(WebError::not_found)
}

/// `/brand/<tenant>.css`: the tenant's colour as variables.
pub async fn brand(State(app): State<Arc<App>>, Path(file): Path<String>) -> Result<Response, WebError> {
    let id = file.strip_suffix(".css").ok_or_else(WebError::not_found)?;
    let css = tenant(&app, id)?.color.as_deref().map(brand_css).unwrap_or_default();
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, css).into_response())
}

/// `/brand/<tenant>/logo`: one of the pictures in the binary, or the one that the tenant uploaded. Everybody may see it:
/// it stands on the pages of signing in.
pub async fn logo(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, WebError> {
    let tenant = tenant(&app, &id)?;
    let name = tenant.logo.clone().ok_or_else(WebError::not_found)?;
    if let Some(found) = asset(&format!("logo/{name}")) {
        return Ok(send(found, &headers));
    }
    let picture = app.store.read(async |r| r.logo(&tenant.id).await).await?.ok_or_else(WebError::not_found)?;
    let tag = format!("\"{}\"", picture.id);
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|sent| sent.as_bytes() == tag.as_bytes());
    let (status, body) = if known { (StatusCode::NOT_MODIFIED, Body::empty()) } else { (StatusCode::OK, Body::from(picture.png)) };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response.extensions_mut().insert(Policy::Inert);
    Ok(response)
}
