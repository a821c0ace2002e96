//! The room's tests: tokens that must not be believed, documents that change or fail, refusals, the guarded client.
mod departures;
mod documents;
mod guarded_client;
mod refusals;
mod tokens;

use super::{Reason, UpstreamError};
use crate::model::UpstreamClaims;

fn reason(outcome: Result<UpstreamClaims, UpstreamError>) -> Result<UpstreamClaims, Reason> {
    outcome.map_err(|fault| match fault {
        UpstreamError::BadAnswer(reason) => reason,
        other => panic!("{other}"),
    })
}
