//! A sign-in that nobody makes: what it would meet, and which rules say so (people.md C1 to C28). Nobody is signed in,
//! nothing is counted or written.
use super::{Failure, facts, rules};
use crate::app::App;
use crate::model::{Acr, Client, Membership, Person, PersonId, Proof, Tenant, TenantId};
use crate::policy::entry::Entry;
use crate::policy::explain::{Account, DryRun, explain as explained};
use crate::policy::rules::AccountRules;
use crate::store::Listed;
use crate::world::Timestamp;

/// What a sign-in of a person through an application into a tenant would meet, and why: all of it, for operators. None
/// when there is no such person.
pub async fn explain(app: &App, person: &PersonId, client: &Client, tenant: &TenantId, now: Timestamp) -> Result<Option<DryRun>, Failure> {
    let (found, memberships) = app.store.read(async |r| Ok((r.person(person).await?, r.memberships_of(person).await?))).await?;
    let Some(found) = found else { return Ok(None) };
    let registered = app.registered();
    let entered = registered.tenants.get(tenant).map(AsRef::as_ref);
    let membership = memberships.iter().find(|membership| membership.tenant == *tenant);
    let passkeys = facts::has_passkeys(app, &found, wants_passkey(client)).await?;
    let all = rules_first_of(app, &memberships, tenant);
    Ok(Some(explained(&entry(&found, membership, entered, client), &Account::of(&found, &all, passkeys), now)))
}

/// The same for an administrator of this tenant, by the rules of this tenant alone (security.md I11): whoever changes them
/// step by step must not see where those of another tenant begin, nor whether there is another one.
pub async fn explain_here(app: &App, listed: &Listed, client: &Client, tenant: &Tenant, now: Timestamp) -> Result<DryRun, Failure> {
    let (person, membership) = (&listed.person, &listed.membership);
    let here = rules::of(app, std::slice::from_ref(membership));
    let entry = entry(person, Some(membership), Some(tenant), client);
    if listed.stranger {
        // Whether a stranger has a password is not told either (security.md I11).
        return Ok(DryRun { besides: Vec::new(), ..explained(&entry, &Account::of(person, &here, false), now) });
    }
    let passkeys = facts::has_passkeys(app, person, wants_passkey(client)).await?;
    Ok(explained(&entry, &Account::of(person, &here, passkeys), now))
}

fn entry<'a>(person: &Person, membership: Option<&'a Membership>, tenant: Option<&'a Tenant>, client: &'a Client) -> Entry<'a> {
    const NOTHING: &Proof = &Proof { amr: std::collections::BTreeSet::new(), signed_in_at: None, factor_at: None, upstream_tid: None };
    let (person_state, second_factor) = (person.state, person.second_factor);
    Entry { person_state, second_factor, membership, tenant, client, proof: NOTHING }
}

/// The rules of the account. Of several tenants that are equally strict, the one to be entered is named.
fn rules_first_of(app: &App, memberships: &[Membership], tenant: &TenantId) -> AccountRules {
    let mut ordered = memberships.to_vec();
    ordered.sort_by_key(|membership| membership.tenant != *tenant);
    rules::of(app, &ordered)
}

/// Can this application bring somebody to a passkey who has chosen another factor?
fn wants_passkey(client: &Client) -> bool {
    let metadata = &client.metadata;
    metadata.required_acr == Some(Acr::Phr) || metadata.default_acr_values.iter().any(|value| value == Acr::Phr.as_str())
}
