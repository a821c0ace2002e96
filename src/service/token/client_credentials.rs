//! `grant_type=client_credentials`: no person, no refresh token (RFC 6749 4.4.3).
use super::{Exchange, TokenAnswer, mint};
use crate::protocol::grant::client_credentials::{ClientCredentialsRequest, scopes};
use crate::service::client_auth::Denied;

pub(super) async fn issue(exchange: &Exchange<'_>, request: &ClientCredentialsRequest) -> Result<TokenAnswer, Denied> {
    let scopes = scopes(request, exchange.client)?;
    let (row, answer) = mint::of_client(exchange, &scopes)?.apart();
    exchange.keep(row).await?;
    Ok(answer)
}
