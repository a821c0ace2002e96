//! Static files from the binary, and the colours and logos of tenants.
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::WebError;
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

/// `/brand/<tenant>/logo`: one of the pictures in the binary.
pub async fn logo(State(app): State<Arc<App>>, Path(id): Path<String>, headers: HeaderMap) -> Result<Response, WebError> {
    let name = tenant(&app, &id)?.logo.clone().ok_or_else(WebError::not_found)?;
    let found = asset(&format!("logo/{name}")).ok_or_else(WebError::not_found)?;
    Ok(send(found, &headers))
}
