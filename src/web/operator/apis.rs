//! `/operator/apis`: the services that accept our access tokens.
use axum::extract::Path;
use axum::response::Response;

use super::{change, lists};
use crate::model::{AccessTokenFormat, Api, ApiSettings};
use crate::pages::console::{ApiFault, ApiForm, ApiRow, Apis, Flash};
use crate::service::Failure;
use crate::service::apis::{self, ApiAdded, ApiEdited};
use crate::service::seen::Seen;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Checked, Fresh, Operator, Query};

pub async fn list(operator: Operator, query: Query) -> Result<Response, WebError> {
    let row = |api: &Api| ApiRow {
        id: api.id.to_string(),
        name: api.settings.name.clone(),
        identifier: api.identifier.clone(),
        scopes: api.settings.scopes.clone(),
        requires_api_access: api.settings.requires_api_access,
    };
    let rows = operator.app.registered().apis.values().map(row).collect();
    operator.page("apis").done(&query).show(&Apis { rows })
}

pub async fn new(operator: Operator) -> Result<Response, WebError> {
    operator.page("apis").show(&ApiForm::default())
}

pub async fn create(Fresh(operator): Fresh<Operator>, Checked(form): Checked) -> Result<Response, WebError> {
    let typed = typed(&form);
    let fault = match settings(&typed, ApiSettings::default()) {
        Err(fault) => fault,
        Ok(settings) => match apis::add(&change(&operator), typed.identifier.trim().to_owned(), settings).await? {
            ApiAdded::Added(_) => {
                operator.app.refresh().await.map_err(Failure::from)?;
                return Ok(operator.go("apis", Some(Flash::Created)));
            }
            ApiAdded::Taken => ApiFault::Taken,
            ApiAdded::Invalid(field, _) => fault_of(field),
        },
    };
    operator.page("apis").refuse(&ApiForm { fault: Some(fault), ..typed })
}

async fn find(operator: &Operator, id: &str) -> Result<Api, WebError> {
    let all = operator.app.store.read(async |r| r.apis().await).await?;
    all.into_iter().find(|api| api.id.as_str() == id).ok_or_else(WebError::not_found)
}

pub async fn edit(operator: Operator, Path(id): Path<String>) -> Result<Response, WebError> {
    let api = find(&operator, &id).await?;
    operator.page("apis").show(&of(&api))
}

fn of(api: &Api) -> ApiForm {
    let settings = &api.settings;
    ApiForm {
        id: Some(api.id.to_string()),
        seen: apis::seen(api).as_text().to_owned(),
        identifier: api.identifier.clone(),
        name: settings.name.clone(),
        scopes: settings.scopes.join("\n"),
        requires_api_access: settings.requires_api_access,
        format: settings.access_token_format.map(|format| format.to_string()).unwrap_or_default(),
        minutes: settings.access_token_minutes.map(|minutes| minutes.to_string()).unwrap_or_default(),
        details: details(settings),
        fault: None,
    }
}

fn details(settings: &ApiSettings) -> Vec<String> {
    settings.authorization_details.iter().map(|known| known.name.clone()).collect()
}

pub async fn save(Fresh(operator): Fresh<Operator>, Path(id): Path<String>, Checked(form): Checked) -> Result<Response, WebError> {
    let api = find(&operator, &id).await?;
    let typed =
        ApiForm { id: Some(api.id.to_string()), identifier: api.identifier.clone(), details: details(&api.settings), ..typed(&form) };
    let fault = match settings(&typed, api.settings) {
        Err(fault) => fault,
        Ok(settings) => match apis::edit(&change(&operator), &api.id, &Seen::carried(&typed.seen), &settings).await? {
            ApiEdited::Done => {
                operator.app.refresh().await.map_err(Failure::from)?;
                return Ok(operator.go("apis", Some(Flash::Saved)));
            }
            ApiEdited::Unknown => return Err(WebError::not_found()),
            ApiEdited::Meanwhile => {
                let now = find(&operator, &id).await?;
                let seen = apis::seen(&now).as_text().to_owned();
                return operator.page("apis").refuse(&ApiForm { fault: Some(ApiFault::Meanwhile), seen, ..typed });
            }
            ApiEdited::Invalid(field, _) => fault_of(field),
        },
    };
    operator.page("apis").refuse(&ApiForm { fault: Some(fault), ..typed })
}

fn typed(form: &Fields) -> ApiForm {
    let text = |name: &str| form.get(name).to_owned();
    ApiForm {
        id: None,
        seen: text("seen"),
        identifier: text("identifier"),
        name: text("name"),
        scopes: text("scopes"),
        requires_api_access: form.get("requires_api_access") == "yes",
        format: text("format"),
        minutes: text("minutes"),
        details: Vec::new(),
        fault: None,
    }
}

/// What was typed, over what is not asked for here.
fn settings(typed: &ApiForm, before: ApiSettings) -> Result<ApiSettings, ApiFault> {
    let minutes = typed.minutes.trim();
    let access_token_minutes = if minutes.is_empty() { None } else { Some(minutes.parse().map_err(|_| ApiFault::Minutes)?) };
    Ok(ApiSettings {
        name: typed.name.trim().to_owned(),
        requires_api_access: typed.requires_api_access,
        scopes: lists::lines(&typed.scopes),
        access_token_format: AccessTokenFormat::parse(&typed.format),
        access_token_minutes,
        ..before
    })
}

fn fault_of(field: &str) -> ApiFault {
    match field {
        "identifier" => ApiFault::Identifier,
        "scopes" => ApiFault::Scopes,
        "access_token_minutes" => ApiFault::Minutes,
        _ => ApiFault::Name,
    }
}
