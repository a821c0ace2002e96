//! Registering tenants and putting people into them.
use serde_json::json;

use super::change::Change;
use crate::model::{
    GroupId, Membership, MembershipId, MembershipKind, MembershipState, PersonId, Tenant, TenantId, TenantPolicy, TenantState,
    display_name, slug,
};
use crate::pages::asset;
use crate::policy::presets::BuiltInGroup;
use crate::store::{StoreError, TenantInserted, Write};

/// A tenant as it is asked for; nothing is checked yet.
#[derive(Clone, Debug, Default)]
pub struct NewTenant {
    pub number: String,
    pub slug: String,
    pub name: String,
    pub alias: Option<String>,
    /// `#rrggbb`
    pub color: Option<String>,
    /// File name of one of the logos in the program.
    pub logo: Option<String>,
    pub policy: TenantPolicy,
    /// Made along with the tenant (`policy::presets`).
    pub groups: &'static [BuiltInGroup],
}

/// What became of [`add`].
#[derive(Debug)]
pub enum TenantAdded {
    Added(Box<Tenant>),
    NumberTaken,
    /// In use, or kept for the tenant that once had it.
    SlugTaken,
    /// Field and what it must look like.
    Invalid(&'static str, &'static str),
}

/// Registers a tenant, with the groups that its preset brings along.
pub async fn add(change: &Change<'_>, new: NewTenant) -> Result<TenantAdded, StoreError> {
    let groups = new.groups;
    let tenant = match checked(change, new) {
        Ok(tenant) => tenant,
        Err((field, demand)) => return Ok(TenantAdded::Invalid(field, demand)),
    };
    let inserted = change
        .store
        .write(async |w| {
            let inserted = w.insert_tenant(&tenant).await?;
            if inserted == TenantInserted::Yes {
                change.record(w, "tenant.add", tenant.id.as_str(), (Some(&tenant.id), None), json!({ "slug": tenant.slug })).await?;
                for group in groups {
                    add_group(change, w, &tenant.id, group).await?;
                }
            }
            Ok(inserted)
        })
        .await?;
    Ok(match inserted {
        TenantInserted::Yes => TenantAdded::Added(Box::new(tenant)),
        TenantInserted::NumberTaken => TenantAdded::NumberTaken,
        TenantInserted::SlugTaken => TenantAdded::SlugTaken,
    })
}

/// A group that the tenant has from the beginning (people.md K3).
async fn add_group(change: &Change<'_>, w: &mut Write, tenant: &TenantId, group: &BuiltInGroup) -> Result<(), StoreError> {
    let id = GroupId::generate(change.now, change.entropy);
    w.insert_group(&id, tenant, group.name).await?;
    let names: Vec<&str> = group.rights.iter().map(|right| right.as_str()).collect();
    for name in &names {
        // What an operator said about the permission stays.
        w.ensure_permission(name).await?;
        w.grant_permission(&id, name).await?;
    }
    change.record(w, "group.add", id.as_str(), (Some(tenant), None), json!({ "permissions": names })).await
}

/// The tenant that was asked for, with a new id, or what is wrong with it.
pub(super) fn checked(change: &Change<'_>, new: NewTenant) -> Result<Tenant, (&'static str, &'static str)> {
    const NAME: &str = "1 to 100 characters, none of them invisible";
    let number = new.number.trim().to_owned();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if number.is_empty() || number.len() > 40 || !number.chars().all(plain) {
        return Err(("number", "1 to 40 letters, digits, dots, dashes or underscores"));
    }
    let alias = match new.alias {
        None => None,
        Some(alias) => Some(display_name(&alias, 100).ok_or(("alias", NAME))?),
    };
    if new.color.as_deref().is_some_and(|color| !is_color(color)) {
        return Err(("color", "a colour like #1a5fb4"));
    }
    if new.logo.as_deref().is_some_and(|logo| asset(&format!("logo/{logo}")).is_none()) {
        return Err(("logo", "the file name of a logo that the program has"));
    }
    Ok(Tenant {
        id: TenantId::generate(change.now, change.entropy),
        number,
        slug: slug(&new.slug).ok_or(("slug", "2 to 40 of a-z, 0-9 and -, beginning and ending with a letter or digit"))?,
        name: display_name(&new.name, 100).ok_or(("name", NAME))?,
        alias,
        color: new.color.map(|color| color.to_ascii_lowercase()),
        logo: new.logo,
        sender_name: None,
        contact: None,
        greeting: None,
        state: TenantState::Active,
        policy: new.policy,
        created_at: change.now,
    })
}

pub(super) fn is_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

/// Enables or disables a tenant. Disabling ends all that people granted in it, and its applications are told; the sessions
/// of people who belong nowhere else end, too. Enabling brings none of that back. Gives the number of grants that ended.
pub async fn set_state(change: &Change<'_>, tenant: &TenantId, state: TenantState) -> Result<u64, StoreError> {
    change
        .store
        .write(async |w| {
            w.set_tenant_state(tenant, state).await?;
            let (action, ended, sessions) = match state {
                TenantState::Active => ("tenant.enable", 0, 0),
                TenantState::Disabled => {
                    let ended = w.end_grants_of_tenant(tenant, change.now).await?;
                    ("tenant.disable", ended, w.end_sessions_of_tenant(tenant, change.now).await?)
                }
            };
            let detail = json!({ "grants_ended": ended, "sessions_ended": sessions });
            change.record(w, action, tenant.as_str(), (Some(tenant), None), detail).await?;
            Ok(ended)
        })
        .await
}

/// A membership as it is asked for.
#[derive(Clone, Debug)]
pub struct NewMembership {
    pub person: PersonId,
    pub tenant: TenantId,
    pub kind: MembershipKind,
    pub state: MembershipState,
    pub admin: bool,
    pub api_access: bool,
}

/// What became of [`add_member`].
#[derive(Debug)]
pub enum MemberAdded {
    Added(Box<Membership>),
    /// The person is in this tenant already.
    AlreadyMember(Box<Membership>),
    /// The person's home is another tenant (people.md K38); ask for a guest.
    HasOtherHome,
}

/// Puts a person into a tenant.
pub async fn add_member(change: &Change<'_>, new: NewMembership) -> Result<MemberAdded, StoreError> {
    let membership = Membership {
        id: MembershipId::generate(change.now, change.entropy),
        person: new.person,
        tenant: new.tenant,
        kind: new.kind,
        state: new.state,
        admin: new.admin,
        // people.md C20: interfaces are reached through the home tenant only.
        api_access: new.api_access && new.kind == MembershipKind::Home,
        limited_to_locations: false,
        last_used_at: None,
        woken_at: None,
        accepted: new.state == MembershipState::Active,
        created_at: change.now,
    };
    change
        .store
        .write(async |w| {
            if w.insert_membership(&membership).await? {
                let detail = json!({ "membership": membership.id, "kind": membership.kind, "admin": membership.admin });
                change.record(w, "member.add", membership.person.as_str(), (Some(&membership.tenant), None), detail).await?;
                return Ok(MemberAdded::Added(Box::new(membership)));
            }
            Ok(match w.membership(&membership.person, &membership.tenant).await? {
                Some(found) => MemberAdded::AlreadyMember(Box::new(found)),
                None => MemberAdded::HasOtherHome,
            })
        })
        .await
}

/// Gives or takes API access (people.md K35). False when the membership is gone, or when it is to be given to a guest (K37).
pub async fn set_api_access(change: &Change<'_>, membership: &Membership, api_access: bool) -> Result<bool, StoreError> {
    change
        .store
        .write(async |w| {
            let done = w.set_api_access(&membership.id, api_access).await?;
            if done {
                let detail = json!({ "membership": membership.id, "api_access": api_access });
                change.record(w, "member.api_access", membership.person.as_str(), (Some(&membership.tenant), None), detail).await?;
            }
            Ok(done)
        })
        .await
}
