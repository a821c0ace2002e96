//! `/operator/keys`: the signing keys, and replacing them before their time.
use std::sync::Arc;

use axum::response::Response;

use super::change;
use crate::model::{KeyState, SigningKeyRow};
use crate::pages::console::{Confirm, Flash, KeyLook, KeyRow, Keys, Moment, Step};
use crate::service::Failure;
use crate::service::signing_keys::{self, Maker, RotationError};
use crate::web::error::WebError;
use crate::web::extract::{Checked, Fresh, Operator, Query};

pub async fn show(operator: Operator, query: Query) -> Result<Response, WebError> {
    let mut keys = operator.app.store.read(async |r| r.signing_keys().await).await?;
    let rank = |state: KeyState| match state {
        KeyState::Active => 0,
        KeyState::Next => 1,
        KeyState::Retired => 2,
    };
    keys.sort_by_key(|key| (rank(key.state), key.alg, std::cmp::Reverse(key.activates_at), key.kid.clone()));
    let row = |key: SigningKeyRow| KeyRow {
        alg: key.alg.to_string(),
        state: match key.state {
            KeyState::Next => KeyLook::Next,
            KeyState::Active => KeyLook::Active,
            KeyState::Retired => KeyLook::Retired,
        },
        created: Moment::of(key.created_at),
        from: Moment::of(key.activates_at),
        until: key.retires_at.map(Moment::of),
        kid: key.kid,
    };
    let every_days = operator.app.config.keys.rotate_after().as_secs() / 86_400;
    operator.page("keys").done(&query).show(&Keys { rows: keys.into_iter().map(row).collect(), every_days })
}

pub async fn ask_rotate(operator: Operator) -> Result<Response, WebError> {
    ask(&operator, Step::KeysRotate, "rotate")
}

pub async fn ask_replace(operator: Operator) -> Result<Response, WebError> {
    ask(&operator, Step::KeysReplace, "replace")
}

fn ask(operator: &Operator, step: Step, word: &str) -> Result<Response, WebError> {
    let (action, back) = (operator.path(&format!("keys/{word}")), operator.path("keys"));
    operator.page("keys").show(&Confirm { step, name: String::new(), action, back, danger: step == Step::KeysReplace })
}

pub async fn rotate(Fresh(operator): Fresh<Operator>, _: Checked) -> Result<Response, WebError> {
    early(&operator, false).await
}

pub async fn replace(Fresh(operator): Fresh<Operator>, _: Checked) -> Result<Response, WebError> {
    early(&operator, true).await
}

async fn early(operator: &Operator, at_once: bool) -> Result<Response, WebError> {
    let app = &operator.app;
    let maker = Maker { sealer: app.sealer.clone(), entropy: Arc::clone(&app.entropy), policy: signing_keys::policy(&app.config.keys) };
    signing_keys::rotate_early(&change(operator), &maker, at_once).await.map_err(failure)?;
    app.refresh().await.map_err(Failure::from)?;
    Ok(operator.go("keys", Some(Flash::Saved)))
}

fn failure(error: RotationError) -> Failure {
    match error {
        RotationError::Store(error) => error.into(),
        RotationError::Keys(error) => error.into(),
        RotationError::Ended => Failure::Keys(RotationError::Ended.to_string()),
    }
}
