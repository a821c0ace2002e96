//! What a client would be told about a person: the real tokens, made as for an answer and given to nobody.
use std::collections::BTreeSet;
use std::time::Duration;

use super::Exchange;
use super::mint::{self, Minted};
use crate::app::App;
use crate::model::{Amr, Client, Grant, GrantId, GrantTerms, PersonId, Proof, TenantId};
use crate::protocol::claims::{self, Claims};
use crate::protocol::scope::Scopes;
use crate::service::Network;
use crate::service::client_auth::Denied;
use crate::service::once::Once;
use crate::service::subject;
use crate::world::Timestamp;

/// How many of the largest memberships are measured.
const LARGEST: i64 = 5;

/// Everything that a sign-in would tell.
pub struct Preview {
    pub id_token: Option<Claims>,
    pub access_token: Claims,
    pub userinfo: Claims,
    pub size: Sizes,
}

/// Bytes of the tokens as they would be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    pub id_token: usize,
    pub access_token: usize,
}

/// One of the largest memberships, and what its tokens weigh.
pub struct Measured {
    pub person: PersonId,
    pub tenant: TenantId,
    pub size: Sizes,
}

/// The tokens of a person in a tenant, after a sign-in with every factor. None when the person is not in the tenant.
///
/// # Errors
/// Refusals as at the token endpoint; failures.
pub async fn preview(
    app: &App,
    client: &Client,
    person: &PersonId,
    tenant: &TenantId,
    scopes: &Scopes,
    now: Timestamp,
) -> Result<Option<Preview>, Denied> {
    let grant = grant(app, client, person, tenant, scopes, now);
    let registered = app.registered();
    let loaded = app.store.read(async |r| subject::load(r, &registered, &grant, scopes, client).await).await?;
    let Some(loaded) = loaded else { return Ok(None) };
    let network = Network::local();
    let once = Once::default();
    let exchange = Exchange::unasked(app, &registered, client, &network, &once, now);
    let minted = mint::of_person(&exchange, &grant, &loaded, scopes, grant.nonce.as_deref()).await?;
    let sub = subject::sub(app, client, person);
    let userinfo = claims::userinfo(&loaded.facts(&grant, &sub), client, scopes);
    let size = sizes(&minted);
    let (access_token, id_token) = minted.said();
    Ok(Some(Preview { id_token, access_token, userinfo, size }))
}

/// The real sizes for those memberships that have the most groups and permissions, among the tenants of this client.
///
/// # Errors
/// As [`preview`].
pub async fn largest(app: &App, client: &Client, scopes: &Scopes, now: Timestamp) -> Result<Vec<Measured>, Denied> {
    let found = app.store.read(async |r| r.largest_memberships(LARGEST * 4).await).await?;
    let mut measured = Vec::new();
    for (person, tenant) in found.into_iter().filter(|(_, tenant)| client.serves(tenant)).take(LARGEST.unsigned_abs() as usize) {
        if let Some(preview) = preview(app, client, &person, &tenant, scopes, now).await? {
            measured.push(Measured { person, tenant, size: preview.size });
        }
    }
    measured.sort_by_key(|one| std::cmp::Reverse((one.size.id_token.max(one.size.access_token), one.person.clone())));
    Ok(measured)
}

fn sizes(minted: &Minted) -> Sizes {
    let (access_token, id_token) = minted.texts();
    Sizes { id_token: id_token.map_or(0, str::len), access_token: access_token.len() }
}

/// A grant that is never written: nothing of what is made under it would be accepted.
fn grant(app: &App, client: &Client, person: &PersonId, tenant: &TenantId, scopes: &Scopes, now: Timestamp) -> Grant {
    Grant {
        id: GrantId::generate(now, &*app.entropy),
        client: client.id.clone(),
        person: person.clone(),
        tenant: tenant.clone(),
        session: None,
        scope: scopes.to_string(),
        nonce: Some("preview-of-a-nonce-of-usual-length".to_owned()),
        proof: Proof { amr: BTreeSet::from([Amr::Pwd, Amr::Otp]), signed_in_at: Some(now), factor_at: Some(now), ..Proof::default() },
        auth_time_requested: true,
        terms: GrantTerms::default(),
        created_at: now,
        expires_at: now.plus(Duration::from_secs(86_400)),
        ended_at: None,
    }
}
