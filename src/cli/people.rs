//! `person add`, `member add`, `operator bootstrap-link`.
use serde_json::Value;

use super::args::{Factor, MemberAdd, PersonAdd};
use super::error::CliError;
use super::open::{Opened, open, text_of};
use super::output::Output;
use super::profile;
use crate::config::Config;
use crate::credentials::password::{Cost, Passwords};
use crate::credentials::password_rules::{PasswordFault, acceptable};
use crate::model::{FactorKind, InvitationMethod, Locale, Membership, MembershipKind, MembershipState, PersonId, PersonState, Tenant};
use crate::service::people::{self, BootstrapLink, NewUsername, Newcomer, PersonAdded, Renewal};
use crate::service::tenants::{self, MemberAdded, NewMembership};
use crate::world::{Bootstrap, Secret, Token};

pub async fn add_person(config: &Config, output: &Output, add: PersonAdd) -> Result<(), CliError> {
    let opened = open(config).await?;
    if add.tenant.is_none() && add.password_file.is_none() {
        return Err(CliError::new("this person could never sign in", "give --tenant for an invitation link, or --password-file"));
    }
    let locale =
        Locale::parse(&add.locale).ok_or_else(|| CliError::new("this language does not exist here", "give --locale en, de, fr or it"))?;
    let tenant = match &add.tenant {
        Some(handle) => Some(opened.tenant(handle).await?),
        None => None,
    };
    let hash = match &add.password_file {
        Some(file) => Some(hash(config, &opened, text_of(file)?, &add).await?),
        None => None,
    };
    let with_password = hash.is_some();
    let profile = add.profile_file.as_deref().map(profile::read).transpose()?;
    let newcomer = Newcomer {
        email: add.email,
        email_verified: with_password,
        username: add.username.zip(tenant.as_ref()).map(|(name, tenant)| NewUsername { tenant: tenant.id.clone(), name }),
        first_name: add.first_name,
        last_name: add.last_name,
        locale,
        operator: add.operator,
        second_factor: if add.second_factor == Factor::Email { FactorKind::Email } else { FactorKind::None },
        password_hash: hash,
    };
    let person = match people::add(&opened.change(), newcomer).await? {
        PersonAdded::Added(id) => id,
        PersonAdded::EmailTaken => {
            return Err(CliError::new("somebody has this e-mail address already", "`tenantry member add` puts that person into a tenant"));
        }
        PersonAdded::UsernameTaken => {
            return Err(CliError::new(
                "somebody in this tenant has this user name already",
                "give another, or none for one that is made up",
            ));
        }
        PersonAdded::Invalid(field, demand) => return Err(CliError::new(format!("the {field} cannot be used"), format!("give {demand}"))),
    };
    if let Some(profile) = &profile {
        profile::keep(&opened, &person, profile).await?;
    }
    let mut values: Vec<(&str, Value)> = vec![("person", person.as_str().into())];
    values.extend(username_of(&opened, &person).await?.map(|name| ("username", name)));
    if let Some(tenant) = tenant {
        let membership = join(&opened, person, &tenant, (MembershipKind::Home, add.admin), with_password).await?;
        values.push(("membership", membership.id.as_str().into()));
        if !with_password {
            values.push(("invitation_link", invitation_link(config, &opened, &membership).await?.into()));
        }
    }
    opened.store.close().await;
    let sentence =
        if with_password { "The person is registered." } else { "The person is invited. The link is shown here once and works once:" };
    output.result(sentence, &values)
}

/// The user name, which the system may have made up.
async fn username_of(opened: &Opened, person: &PersonId) -> Result<Option<Value>, CliError> {
    let person = opened.store.read(async |r| r.person(person).await).await?;
    Ok(person.and_then(|person| person.username).map(|name| name.as_str().into()))
}

async fn hash(config: &Config, opened: &Opened, password: Secret<String>, add: &PersonAdd) -> Result<Secret<String>, CliError> {
    let handle = add.email.as_deref().or(add.username.as_ref().and_then(|name| name.as_deref())).unwrap_or_default();
    let context = [handle, &add.first_name, &add.last_name, &config.product.name];
    if let Err(fault) = acceptable(password.expose(), &context) {
        let demand = match fault {
            PasswordFault::TooShort => "use 12 characters or more",
            PasswordFault::TooLong => "use 1,024 bytes or less",
            PasswordFault::Common => "it is among the first that are tried; choose another",
            PasswordFault::Personal => "it is little more than the person's or the product's name; choose another",
            PasswordFault::Simple => "it is one piece repeated or a row of neighbours; choose another",
        };
        return Err(CliError::new("this password cannot be used", demand));
    }
    let p = &config.password;
    let cost = Cost { memory_kib: p.memory_kib, iterations: p.iterations, parallelism: p.parallelism };
    let passwords = Passwords::new(cost, 1, 1);
    let hashed = passwords.hash(password, &*opened.entropy).await;
    hashed.map_err(|_| CliError::new("the password could not be hashed", "free memory or lower password.memory_kib"))
}

async fn join(
    opened: &Opened,
    person: PersonId,
    tenant: &Tenant,
    (kind, admin): (MembershipKind, bool),
    active: bool,
) -> Result<Membership, CliError> {
    let state = if active { MembershipState::Active } else { MembershipState::Invited };
    let new = NewMembership { person, tenant: tenant.id.clone(), kind, state, admin, api_access: kind == MembershipKind::Home };
    match tenants::add_member(&opened.change(), new).await? {
        MemberAdded::Added(membership) | MemberAdded::AlreadyMember(membership) => Ok(*membership),
        MemberAdded::HasOtherHome => {
            Err(CliError::new("the person's home is another tenant", "leave --home away: the person becomes a guest"))
        }
    }
}

async fn invitation_link(config: &Config, opened: &Opened, membership: &Membership) -> Result<String, CliError> {
    let good_for = config.sign_in.invitation_time();
    let (_, token) = people::invite(&opened.change(), membership, InvitationMethod::Any, good_for).await?;
    Ok(people::invitation_link(&config.server.issuer, &token))
}

pub async fn add_member(config: &Config, output: &Output, add: MemberAdd) -> Result<(), CliError> {
    let opened = open(config).await?;
    let tenant = opened.tenant(&add.tenant).await?;
    let person = opened.person(&add.person).await?;
    let mut groups = Vec::new();
    for name in &add.group {
        let found = opened.store.read(async |r| r.group_by_name(&tenant.id, name).await).await?;
        groups.push(found.ok_or_else(|| {
            CliError::new(format!("the tenant has no group \"{}\"", name.escape_debug()), "`tenantry group add` makes one")
        })?);
    }
    let kind = if add.home { MembershipKind::Home } else { MembershipKind::Guest };
    let active = person.state == PersonState::Active;
    let membership = join(&opened, person.id.clone(), &tenant, (kind, add.admin), active).await?;
    for group in &groups {
        crate::service::groups::add_member(&opened.change(), group, &membership.id).await?;
    }
    opened.store.close().await;
    let values = [
        ("membership", membership.id.as_str().into()),
        ("person", person.id.as_str().into()),
        ("tenant", tenant.id.as_str().into()),
        ("kind", membership.kind.as_str().into()),
        ("groups", groups.iter().map(|group| group.name.clone()).collect::<Vec<_>>().into()),
    ];
    output.result("The person is in the tenant.", &values)
}

pub async fn bootstrap_link(config: &Config, output: &Output) -> Result<(), CliError> {
    let opened = open(config).await?;
    let link = people::bootstrap_link(&opened.change(), Renewal::Always).await?;
    opened.store.close().await;
    match link {
        BootstrapLink::Made(token) => output.bootstrap_link(&link_of(config, &token)),
        BootstrapLink::StillOpen | BootstrapLink::OperatorExists => {
            Err(CliError::new("there is an operator already", "sign in as that person, or add one with `tenantry person add --operator`"))
        }
    }
}

/// Where the first operator makes an account. The base is the configured issuer, never a header (security.md H01).
pub fn link_of(config: &Config, token: &Token<Bootstrap>) -> String {
    people::bootstrap_url(&config.server.issuer, token)
}
