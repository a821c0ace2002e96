//! Another tenant without a new sign-in (protocol.md §3, docs/decisions/0005): one token speaks of exactly one tenant, so a
//! switch makes a new grant there, with the same proof and session. The target's policy is asked as at a sign-in.
use super::mint::{Minted, refresh_row};
use super::refresh::{context as rotation, open as successor_of};
use super::{Exchange, TokenAnswer};
use crate::model::{ConsentMode, Grant, GrantId, GrantTerms, RefreshRow, TenantId};
use crate::protocol::authorize::consent_scopes;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::grant::refresh::{Rotation, check, ended, rotates};
use crate::protocol::scope::Scopes;
use crate::service::Failure;
use crate::service::client_auth::Denied;
use crate::service::subject::{self, Subject};
use crate::store::{Read, StoreError, Write};
use crate::world::{Digest, Refresh, Timestamp, Token};

/// How often a request looks again after another one was faster.
const ROUNDS: usize = 4;

/// The tenant that `tenant=` names.
///
/// # Errors
/// `access_denied`, the same as for one that the person may not enter.
pub(super) fn target(exchange: &Exchange<'_>, handle: &str) -> Result<TenantId, OAuthError> {
    let found = exchange.registered.tenants.values().find(|tenant| tenant.is_called(handle));
    found.map(|tenant| tenant.id.clone()).ok_or_else(|| denied(Reason::TenantUnknown))
}

fn denied(reason: Reason) -> OAuthError {
    OAuthError::new(ErrorCode::AccessDenied, "The person may not enter this tenant with this application", reason)
}

/// A grant made of another one: the same person, session and proof. The refresh tokens of a public client are bound to
/// the key that this request proves (RFC 9449 5).
pub(super) fn derived(exchange: &Exchange<'_>, source: &Grant, tenant: TenantId, scope: String, expires_at: Timestamp) -> Grant {
    let binding = if exchange.client.is_public() { exchange.holder.binding.clone() } else { None };
    Grant {
        id: GrantId::generate(exchange.now, &*exchange.app.entropy),
        client: exchange.client.id.clone(),
        tenant,
        scope,
        nonce: None,
        terms: GrantTerms { binding, ..source.terms.clone() },
        created_at: exchange.now,
        expires_at: expires_at.min(source.expires_at),
        ended_at: None,
        ..source.clone()
    }
}

/// Asks the one decision about a grant that is not written yet. In another tenant than the source's its people must
/// have been asked too, where this application asks.
///
/// # Errors
/// `access_denied`, `consent_required`, `insufficient_user_authentication` (RFC 9470 3).
pub(super) async fn enter(exchange: &Exchange<'_>, source: &Grant, grant: &Grant, scopes: &Scopes) -> Result<Subject, Denied> {
    let client = exchange.client;
    let elsewhere = grant.tenant != source.tenant;
    let (subject, consent) = exchange
        .app
        .store
        .read(async |r| {
            let subject = subject::load(r, exchange.registered, grant, scopes, client).await?;
            let consent = if elsewhere { r.consent(&grant.person, &grant.tenant, &client.id).await? } else { None };
            Ok((subject, consent))
        })
        .await?;
    let subject = match subject::admit(subject, client, &grant.proof, exchange.now) {
        Ok(subject) => subject,
        Err(error) if elsewhere && error.code == ErrorCode::InvalidGrant => return Err(exchange.refuse(grant, denied(error.reason)).await),
        Err(error) => return Err(exchange.refuse(grant, error).await),
    };
    let allowed = Scopes::parse(consent.as_deref().unwrap_or(""));
    // RFC 9396 13: details are allowed one by one and never remembered, so there nobody has allowed them.
    let open =
        !consent_scopes(&Scopes::parse(&grant.scope), &grant.terms).is_subset_of(&allowed) || !grant.terms.authorization_details.is_empty();
    if elsewhere && client.metadata.consent == ConsentMode::Ask && open {
        let text = "The person has not allowed this application in this tenant";
        let error = OAuthError::new(ErrorCode::ConsentRequired, text, Reason::ConsentMissing);
        return Err(exchange.refuse(grant, error).await);
    }
    Ok(subject)
}

/// Makes the tokens of a derived grant; in another tenant a denial is an `access_denied`, as in [`enter`].
pub(super) async fn mint_there(
    exchange: &Exchange<'_>,
    source: &Grant,
    grant: &Grant,
    subject: &Subject,
    scopes: &Scopes,
) -> Result<Minted, Denied> {
    match exchange.mint(grant, subject, scopes, None).await {
        Err(Denied::Refused(error)) if error.code == ErrorCode::InvalidGrant && grant.tenant != source.tenant => {
            Err(denied(error.reason).into())
        }
        minted => minted,
    }
}

/// Where a refresh token leads to in the tenant: a living grant, and its first refresh token, sealed.
type Kept = (Grant, String);

/// Another request was faster: how the token stands now, and where it led to.
struct Faster {
    due: Rotation,
    kept: Option<Kept>,
}

/// Why the first switch was undone.
enum Undone {
    Faster(Box<Faster>),
    Refused(OAuthError),
}

impl From<OAuthError> for Undone {
    fn from(error: OAuthError) -> Self {
        Self::Refused(error)
    }
}

/// `grant_type=refresh_token` with `tenant`: a family of its own in the other tenant; the old one stays. A retry and
/// parallel requests with one refresh token lead to one family.
pub(super) async fn with_refresh_token(
    exchange: &Exchange<'_>,
    row: &RefreshRow,
    source: &Grant,
    subject: Option<Subject>,
    scopes: &Scopes,
    handle: &str,
    mut due: Rotation,
) -> Result<TokenAnswer, Denied> {
    // A person who is denied where the token speaks of has no token to switch with; what that tenant wants further does
    // not matter in another one.
    if let Err(error) = subject::admit(subject, exchange.client, &source.proof, exchange.now)
        && error.code != ErrorCode::InsufficientUserAuthentication
    {
        return Err(exchange.refuse(source, error).await);
    }
    let tenant = target(exchange, handle)?;
    let scope = Scopes::parse(&source.scope).only(&exchange.client.metadata.scopes).to_string();
    let mut kept = exchange.app.store.read(async |r| kept(r, &row.digest, &tenant, exchange.now).await).await?;
    for _ in 0..ROUNDS {
        let grant = match &kept {
            Some((grant, _)) => grant.clone(),
            None => derived(exchange, source, tenant.clone(), scope.clone(), source.expires_at),
        };
        let subject = enter(exchange, source, &grant, scopes).await?;
        let minted = mint_there(exchange, source, &grant, &subject, scopes).await?;
        if let Some((_, sealed)) = &kept {
            return follow(exchange, row, &grant, sealed, minted, &due).await;
        }
        match lead(exchange, row, source, &grant, &subject, minted, &due).await? {
            Ok(answer) => return Ok(answer),
            Err(faster) => (due, kept) = (faster.due, faster.kept),
        }
    }
    Err(ended().into())
}

async fn kept(r: &mut Read, token: &Digest, tenant: &TenantId, now: Timestamp) -> Result<Option<Kept>, StoreError> {
    let Some((id, sealed)) = r.tenant_switch(token, tenant).await? else { return Ok(None) };
    let grant = r.grant(&id).await?.filter(|grant| grant.ended_at.is_none() && grant.expires_at > now);
    Ok(grant.map(|grant| (grant, sealed)))
}

/// A family exists: another access token of it, and the same refresh token.
async fn follow(
    exchange: &Exchange<'_>,
    row: &RefreshRow,
    grant: &Grant,
    sealed: &str,
    minted: Minted,
    due: &Rotation,
) -> Result<TokenAnswer, Denied> {
    let clear = exchange.app.sealer.open(&context(&row.digest, &grant.tenant), sealed).map_err(Failure::from)?;
    let token = String::from_utf8(clear.expose().clone()).map_err(|_| Failure::Stored("tenant_switches.token_sealed"))?;
    let source_token = match due {
        Rotation::Again { successor_sealed } => Some(successor_of(exchange, &row.digest, successor_sealed)?),
        Rotation::Fresh => None,
    };
    exchange.write(async |w| w.insert_access_token(&minted.row).await).await?;
    Ok(done(minted, token, source_token))
}

/// The first switch: rotates what was sent where it rotates, writes the new grant and its first tokens, in one transaction
/// or not at all.
async fn lead(
    exchange: &Exchange<'_>,
    row: &RefreshRow,
    source: &Grant,
    grant: &Grant,
    subject: &Subject,
    minted: Minted,
    due: &Rotation,
) -> Result<Result<TokenAnswer, Faster>, Denied> {
    let app = exchange.app;
    let rotating = *due == Rotation::Fresh && rotates(exchange.client, exchange.holder.binding.as_ref());
    let (token, successor) = (Token::<Refresh>::generate(&*app.entropy), Token::<Refresh>::generate(&*app.entropy));
    let seal = |context: &str, token: &Token<Refresh>| app.sealer.seal(context, token.clear().as_bytes(), &*app.entropy);
    let (sealed, successor_sealed) = (seal(&context(&row.digest, &grant.tenant), &token), seal(&rotation(&row.digest), &successor));
    let work = async |w: &mut Write| {
        if rotating {
            if !w.rotate_refresh_token(&row.digest, &successor_sealed, exchange.now).await? {
                return faster(exchange, w, row, &grant.tenant).await.map(Err);
            }
            w.insert_refresh_token(&refresh_row(exchange, source, &successor)).await?;
        }
        if !w.insert_derived_grant(grant, &source.id).await? || !w.keep_tenant_switch(&row.digest, grant, &sealed, exchange.now).await? {
            return faster(exchange, w, row, &grant.tenant).await.map(Err);
        }
        w.insert_access_token(&minted.row).await?;
        w.insert_refresh_token(&refresh_row(exchange, grant, &token)).await?;
        if !w.enter_membership(&subject.membership().id, exchange.now).await? {
            return Ok(Err(Undone::Refused(ended())));
        }
        exchange.note(w, "tenant_switch", grant, "ok").await?;
        Ok(Ok(()))
    };
    match exchange.write_or_undo(work).await? {
        Err(Undone::Faster(faster)) => return Ok(Err(*faster)),
        Err(Undone::Refused(error)) => return Err(error.into()),
        Ok(()) => {}
    }
    let source_token = match due {
        Rotation::Fresh => rotating.then(|| successor.clear().to_owned()),
        Rotation::Again { successor_sealed } => Some(successor_of(exchange, &row.digest, successor_sealed)?),
    };
    Ok(Ok(done(minted, token.clear().to_owned(), source_token)))
}

/// What the request that was faster left, read in the transaction that lost to it.
async fn faster(exchange: &Exchange<'_>, w: &mut Write, row: &RefreshRow, tenant: &TenantId) -> Result<Undone, StoreError> {
    let (Some(fresh), Some(source)) = (w.refresh_token(&row.digest).await?, w.grant(&row.grant).await?) else {
        return Ok(Undone::Refused(ended()));
    };
    match check(&fresh, &source, exchange.client, exchange.now) {
        Err(error) => Ok(Undone::Refused(error)),
        Ok(due) => {
            let kept = kept(w, &row.digest, tenant, exchange.now).await?;
            Ok(Undone::Faster(Box::new(Faster { due, kept })))
        }
    }
}

fn done(minted: Minted, refresh_token: String, source_refresh_token: Option<String>) -> TokenAnswer {
    TokenAnswer { source_refresh_token, ..minted.answer(Some(refresh_token)) }
}

/// A sealed first token belongs to the refresh token that led to it, and to its tenant.
fn context(token: &Digest, tenant: &TenantId) -> String {
    format!("switch:{}:{tenant}", token.as_str())
}
