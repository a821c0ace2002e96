//! The person behind a grant, read afresh from the database, and the one decision about them: every path that yields or
//! accepts a token goes through here (security.md finding 8).
use std::sync::Arc;

use crate::app::{App, Registered};
use crate::model::{Client, Grant, Membership, MembershipDetails, Person, PersonId, Proof, Tenant, TenantId, Verdict};
use crate::policy::entry::{Entry, decide};
use crate::protocol::claims;
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::flow;
use crate::protocol::scope::Scopes;
use crate::protocol::sector::sector;
use crate::store::{Read, Seat, StoreError};
use crate::world::Timestamp;

/// What the database says now about the person of a grant in its tenant.
pub struct Subject {
    person: Person,
    tenant: Arc<Tenant>,
    membership: Membership,
    details: MembershipDetails,
    home: Option<TenantId>,
}

/// What a client knows a person by: the one `sub` of its id_tokens, access tokens, userinfo, introspection and logout
/// tokens (OpenID Connect Core 8). With pairwise names the resource servers of the client see the pairwise one too:
/// whoever holds an access token could read another one in it.
pub fn sub(app: &App, client: &Client, person: &PersonId) -> String {
    match sector(client) {
        None => person.to_string(),
        Some(sector) => app.pairwise.name(&sector, person),
    }
}

/// Reads the subject of a grant: people from the database, the tenant from the registered things. What no granted scope and
/// no rule of the client tells is not read. None when the person is not in the tenant.
pub async fn load(
    r: &mut Read,
    registered: &Registered,
    grant: &Grant,
    scopes: &Scopes,
    client: &Client,
) -> Result<Option<Subject>, StoreError> {
    let Some(tenant) = registered.tenants.get(&grant.tenant) else { return Ok(None) };
    let Some(Seat { person, membership, home }) = r.seat(&grant.person, &grant.tenant).await? else { return Ok(None) };
    let details = if claims::needs_details(client, scopes, &grant.terms) {
        r.membership_details(&membership.id).await?
    } else {
        MembershipDetails::default()
    };
    Ok(Some(Subject { person, tenant: Arc::clone(tenant), membership, details, home }))
}

/// May this person still enter, with what the grant's session proved?
///
/// # Errors
/// `invalid_grant` when denied, `insufficient_user_authentication` when more must be proved first (RFC 9470 3).
pub fn admit(subject: Option<Subject>, client: &Client, proof: &Proof, now: Timestamp) -> Result<Subject, OAuthError> {
    let denied =
        |reason| OAuthError::new(ErrorCode::InvalidGrant, "The person may no longer enter this tenant with this application", reason);
    let Some(subject) = subject else { return Err(denied(Reason::TenantNotMember)) };
    let entry = Entry {
        person_state: subject.person.state,
        second_factor: subject.person.second_factor,
        membership: Some(&subject.membership),
        tenant: Some(&subject.tenant),
        client,
        proof,
    };
    // RFC 9470 3: the application's own demands are some as well.
    let missing = match decide(&entry, now) {
        Verdict::Enter => client.metadata.required_acr.filter(|acr| proof.acr() < *acr),
        Verdict::NeedsFactor(acr) => Some(acr),
        Verdict::Denied(denial) => return Err(denied(flow::reason(denial))),
    };
    let age = proof.signed_in_at.map_or(u64::MAX, |at| now.since(at).as_secs());
    match (client.metadata.required_max_age.filter(|limit| age > u64::from(*limit)), missing) {
        (Some(limit), missing) => Err(OAuthError::sign_in_again(limit, missing)),
        (None, Some(acr)) => Err(OAuthError::step_up(acr, Reason::FactorMissing)),
        (None, None) => Ok(subject),
    }
}

impl Subject {
    pub fn membership(&self) -> &Membership {
        &self.membership
    }

    pub fn tenant(&self) -> &Tenant {
        &self.tenant
    }

    pub fn person(&self) -> &Person {
        &self.person
    }

    /// As the tables of claims look at it.
    pub fn facts<'a>(&'a self, grant: &'a Grant, sub: &'a str) -> claims::Subject<'a> {
        claims::Subject {
            person: &self.person,
            tenant: &self.tenant,
            membership: &self.membership,
            details: &self.details,
            home_tenant: self.home.as_ref(),
            proof: &grant.proof,
            session: grant.session.as_ref(),
            sub,
            terms: &grant.terms,
        }
    }
}
