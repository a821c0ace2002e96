//! `/operator/clients/{id}/secrets`: two may be in force at once, so that an application changes without an outage.
use std::time::Duration;

use axum::extract::Path;
use axum::response::Response;

use super::change;
use super::clients::{find, short};
use crate::model::SecretId;
use crate::pages::console::{Confirm, Flash, OnceKind, ShownOnce, Step};
use crate::service::Failure;
use crate::service::client_secrets::{self, SecretAdded, SecretRetired};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator};

/// The time that an application has to change from one secret to the other.
const GRACE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

pub async fn add(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, _: Checked) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    match client_secrets::add(&change(&operator), &client.id).await? {
        SecretAdded::Added(_, secret) => {
            operator.app.refresh().await.map_err(Failure::from)?;
            let content = ShownOnce {
                kind: OnceKind::NewSecret,
                name: client.metadata.client_name,
                client_id: Some(client.id.to_string()),
                secret: Some(secret.clear().to_owned()),
                href: operator.path(&format!("clients/{}", client.id)),
            };
            operator.page("clients").show(&content)
        }
        // The page offers no button then: it was changed meanwhile, and shows how it stands now.
        SecretAdded::TooMany | SecretAdded::OtherMethod => Ok(operator.go(&format!("clients/{}", client.id), None)),
        SecretAdded::UnknownClient => Err(WebError::not_found()),
    }
}

pub async fn ask_end(operator: Operator, Path((id, secret)): Path<(String, String)>) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    if !client.secrets.iter().any(|known| known.id.as_str() == secret) {
        return Err(WebError::not_found());
    }
    let back = operator.path(&format!("clients/{}", client.id));
    let content =
        Confirm { step: Step::SecretEnd, name: short(&secret), action: format!("{back}/secrets/{secret}/end"), back, danger: true };
    operator.page("clients").show(&content)
}

pub async fn end(Fresh(operator): Fresh<Operator>, Path((id, secret)): Path<(String, String)>, _: Checked) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    let outcome = client_secrets::retire(&change(&operator), &client.id, &SecretId::from_text(secret)).await?;
    told(&operator, client.id.as_str(), outcome).await
}

pub async fn expire(
    Fresh(operator): Fresh<Operator>,
    Path((id, secret)): Path<(String, String)>,
    _: Checked,
) -> Result<Response, WebError> {
    let client = find(&operator, &id).await?;
    let at = operator.now.plus(GRACE);
    let outcome = client_secrets::expire(&change(&operator), &client.id, &SecretId::from_text(secret), at).await?;
    told(&operator, client.id.as_str(), outcome).await
}

async fn told(operator: &Operator, client: &str, outcome: SecretRetired) -> Result<Response, WebError> {
    operator.app.refresh().await.map_err(Failure::from)?;
    let back = format!("clients/{client}");
    match outcome {
        SecretRetired::Retired => Ok(operator.go(&back, Some(Flash::Saved))),
        SecretRetired::Last => Ok(operator.go(&back, None)),
        SecretRetired::Unknown => Err(WebError::not_found()),
    }
}
