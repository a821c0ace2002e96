//! What the authorization endpoint hands out itself (OpenID Connect Core 3.2.2.5, 3.3.2.5): made like the tokens of the
//! token endpoint.
use super::{Exchange, mint};
use crate::model::{AccessTokenRow, Grant};
use crate::protocol::response::{FrontToken, Success};
use crate::service::client_auth::Denied;
use crate::service::issue::Decided;
use crate::service::once::Once;
use crate::service::subject::Subject;

/// Signed tokens, and the row that makes the access token valid here.
pub struct Front {
    pub access: Option<AccessTokenRow>,
    pub success: Success,
}

/// Signs the tokens that the response type names. `code` is the one that is issued beside them.
pub async fn mint_in_front(decided: &Decided<'_>, grant: &Grant, subject: &Subject, code: Option<String>) -> Result<Front, Denied> {
    let Decided { app, registered, request, client, visitor, now, .. } = *decided;
    // Nothing can be proved to this endpoint; clients whose tokens are bound to a key get none here.
    let once = Once::default();
    let exchange = Exchange::unasked(app, registered, client, &visitor.network, &once, now);
    let (kind, scopes) = (request.response_type, &request.scopes);
    let access = if kind.has_token() { Some(mint::access(&exchange, grant, subject, scopes)?) } else { None };
    let id_token = if kind.has_id_token() {
        let beside = mint::Beside { access_token: access.as_ref().map(|made| made.text.as_str()), code: code.as_deref() };
        Some(mint::id_token(&exchange, grant, subject, scopes, grant.nonce.as_deref(), beside).await?.0)
    } else {
        None
    };
    let (row, access) = access.map_or((None, None), |made| {
        let expires_in = made.row.expires_at.since(now).as_secs();
        let front = FrontToken { token: made.text, expires_in, scope: made.row.scope.clone() };
        (Some(made.row), Some(front))
    });
    Ok(Front { access: row, success: Success { code, access, id_token } })
}
