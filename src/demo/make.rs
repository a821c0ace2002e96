//! Makes the world, once, through the same use cases as the commands of the program.
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::microsoft::directories::{self, DIRECTORIES};
use super::people::{DemoPerson, DemoTenant, PASSWORD, PEOPLE, TENANTS, WITH_APP, Way};
use super::world::{Facts, Registration, World};
use super::{DemoError, Ports};
use crate::app::App;
use crate::credentials::totp;
use crate::keys::new_row;
use crate::model::{
    ClientId, ClientMetadata, FactorId, Group, InvitationMethod, KeyState, Location, LocationId, Membership, MembershipKind,
    MembershipState, Permission, PersonId, SigningAlg, SigningKeyRow, Tenant, TenantPolicy, TotpFactor,
};
use crate::service::change::Change;
use crate::service::clients::{self, ClientAdded, NewClient, Preset};
use crate::service::connections::{self, ClearCredential, ConnectionAdded, NewConnection};
use crate::service::groups::{self, GroupAdded};
use crate::service::invitations::{self, Invited};
use crate::service::people::{self, Newcomer, PersonAdded};
use crate::service::second_factor::totp_context;
use crate::service::tenants::{self, MemberAdded, NewMembership, NewTenant, TenantAdded};
use crate::world::{ClientSecret, Secret, Timestamp, Token};

/// Invitations of the demo wait long: the folder may be opened again after weeks.
const INVITATION_DAYS: u64 = 365;

/// What is known while the world is made.
struct Maker<'a> {
    app: &'a Arc<App>,
    ports: Ports,
    now: Timestamp,
}

/// A tenant with its groups and locations by name.
struct Made {
    tenant: Tenant,
    groups: HashMap<&'static str, Group>,
    locations: HashMap<&'static str, LocationId>,
}

type Tenants = HashMap<&'static str, Made>;

/// Makes everything and writes the world's file last.
///
/// # Errors
/// [`DemoError`]; the folder is then incomplete and good for nothing.
pub async fn make(app: &Arc<App>, folder: &Path, ports: Ports) -> Result<World, DemoError> {
    let maker = Maker { app, ports, now: app.now() };
    let mut tenants = Tenants::new();
    for tenant in &TENANTS {
        tenants.insert(tenant.slug, maker.tenant(tenant).await?);
    }
    let mut totp_secret = Vec::new();
    for person in &PEOPLE {
        let id = maker.person(person, &tenants).await?;
        if person.email == WITH_APP {
            totp_secret = maker.authenticator(&id).await?;
        }
    }
    let microsoft_secret = Token::<ClientSecret>::generate(&*app.entropy).clear().to_owned();
    maker.connections(&tenants, &microsoft_secret).await?;
    let facts = Facts {
        web: maker.web().await?,
        spa: maker.spa().await?,
        machine: maker.machine().await?,
        totp_secret,
        microsoft_secret,
        microsoft_key: maker.microsoft_key().await?,
    };
    app.refresh().await?;
    let world = World::new(ports, facts);
    world.write(folder)?;
    Ok(world)
}

fn refused(what: &str, outcome: &dyn std::fmt::Debug) -> DemoError {
    DemoError::Making(format!("{what}: {outcome:?}"))
}

impl Maker<'_> {
    fn change(&self) -> Change<'_> {
        Change { store: &self.app.store, entropy: &*self.app.entropy, now: self.now, actor: "demo", network: "local" }
    }

    async fn tenant(&self, plan: &DemoTenant) -> Result<Made, DemoError> {
        let new = NewTenant {
            number: plan.number.to_owned(),
            slug: plan.slug.to_owned(),
            name: plan.name.to_owned(),
            alias: Some(plan.alias.to_owned()),
            color: Some(plan.color.to_owned()),
            logo: Some(plan.logo.to_owned()),
            // Nobody is locked out of a demo folder that lay aside for months.
            policy: TenantPolicy { lock_inactivity_days: 0, ..TenantPolicy::default() },
            groups: &[],
        };
        let tenant = match tenants::add(&self.change(), new).await? {
            TenantAdded::Added(tenant) => *tenant,
            other => return Err(refused("a tenant", &other)),
        };
        let mut groups = HashMap::new();
        for (name, permissions) in plan.groups {
            let permission =
                |text: &&str| Permission { name: text.trim_start_matches('!').to_owned(), requires_2fa: text.starts_with('!') };
            match groups::add(&self.change(), &tenant.id, name, permissions.iter().map(permission).collect()).await? {
                GroupAdded::Added(group) => groups.insert(*name, *group),
                other => return Err(refused("a group", &other)),
            };
        }
        let mut locations = HashMap::new();
        for name in plan.locations {
            let id = LocationId::generate(self.now, &*self.app.entropy);
            let location = Location { id: id.clone(), tenant: tenant.id.clone(), name: (*name).to_owned(), website: None };
            self.app.store.write(async |w| w.insert_location(&location).await).await?;
            locations.insert(*name, id);
        }
        Ok(Made { tenant, groups, locations })
    }

    async fn person(&self, plan: &DemoPerson, tenants: &Tenants) -> Result<PersonId, DemoError> {
        let password_hash = match plan.way {
            Way::Password => Some(self.app.passwords.hash(Secret::from(PASSWORD), &*self.app.entropy).await.map_err(busy)?),
            Way::Microsoft | Way::Invited => None,
        };
        let newcomer = Newcomer {
            email: Some(plan.email.to_owned()),
            email_verified: plan.way == Way::Password,
            username: None,
            first_name: plan.first_name.to_owned(),
            last_name: plan.last_name.to_owned(),
            locale: plan.locale,
            operator: plan.operator,
            second_factor: plan.factor,
            password_hash,
        };
        let id = match people::add(&self.change(), newcomer).await? {
            PersonAdded::Added(id) => id,
            other => return Err(refused("a person", &other)),
        };
        let home = &tenants[plan.home];
        let membership = self.member(&id, home, MembershipKind::Home, plan).await?;
        for name in plan.locations {
            self.app.store.write(async |w| w.limit_to_location(&membership.id, &home.locations[name]).await).await?;
        }
        if let Some((tenant, _)) = plan.guest {
            self.member(&id, &tenants[tenant], MembershipKind::Guest, plan).await?;
        }
        match plan.way {
            Way::Password => {}
            Way::Microsoft => self.invite(&membership, InvitationMethod::Microsoft).await?,
            Way::Invited => self.invite(&membership, InvitationMethod::Any).await?,
        }
        Ok(id)
    }

    async fn member(&self, person: &PersonId, place: &Made, kind: MembershipKind, plan: &DemoPerson) -> Result<Membership, DemoError> {
        let is_home = kind == MembershipKind::Home;
        let new = NewMembership {
            person: person.clone(),
            tenant: place.tenant.id.clone(),
            kind,
            state: if plan.way == Way::Password { MembershipState::Active } else { MembershipState::Invited },
            admin: plan.admin && is_home,
            api_access: false,
        };
        let membership = match tenants::add_member(&self.change(), new).await? {
            MemberAdded::Added(membership) => *membership,
            other => return Err(refused("a membership", &other)),
        };
        let groups = if is_home { plan.groups } else { plan.guest.map_or(&[][..], |(_, groups)| groups) };
        for name in groups {
            if !groups::add_member(&self.change(), &place.groups[name], &membership.id).await? {
                return Err(refused("a member of a group", name));
            }
        }
        Ok(membership)
    }

    async fn invite(&self, membership: &Membership, method: InvitationMethod) -> Result<(), DemoError> {
        let good_for = Duration::from_secs(INVITATION_DAYS * 24 * 60 * 60);
        let invited = Invited { membership, method, good_for, inviter: Some("Adam Auer") };
        invitations::invite(self.app, &invited, "demo", "local", self.now).await?;
        Ok(())
    }

    /// An authenticator app that was set up long ago; its secret is known to the start page.
    async fn authenticator(&self, person: &PersonId) -> Result<Vec<u8>, DemoError> {
        let (entropy, secret) = (&*self.app.entropy, totp::new_secret(&*self.app.entropy));
        let id = FactorId::generate(self.now, entropy);
        let factor = TotpFactor {
            sealed_secret: self.app.sealer.seal(&totp_context(&id), secret.expose(), entropy),
            id,
            person: person.clone(),
            confirmed_at: Some(self.now),
            last_step: 0,
            created_at: self.now,
        };
        self.app.store.write(async |w| w.insert_totp(&factor).await).await?;
        Ok(secret.expose().clone())
    }

    async fn connections(&self, tenants: &Tenants, secret: &str) -> Result<(), DemoError> {
        for directory in &DIRECTORIES {
            let pin = directory.pinned_to.map(|(tenant, domain)| (tenants[tenant].tenant.id.clone(), vec![domain.to_owned()]));
            let new = NewConnection {
                name: directory.name.to_owned(),
                cloud_host: self.ports.microsoft(),
                tid: directory.tid.to_owned(),
                client_id: directories::CLIENT_ID.to_owned(),
                credential: ClearCredential::Secret(Secret::from(secret)),
                mfa_asserted: directory.mfa_asserted,
                pin,
                allow_plain_http_loopback: true,
            };
            if let ConnectionAdded::Invalid(field, demand) = connections::add(&self.change(), &self.app.sealer, new).await? {
                return Err(refused(field, &demand));
            }
        }
        Ok(())
    }

    async fn web(&self) -> Result<Registration, DemoError> {
        let mut new = NewClient::preset(Preset::Web, "Order Desk");
        new.metadata.redirect_uris = vec![format!("{}/callback", self.ports.web())];
        new.metadata.post_logout_redirect_uris = vec![format!("{}/signed-out", self.ports.web())];
        self.client("demo-web", new).await
    }

    async fn spa(&self) -> Result<Registration, DemoError> {
        let mut new = NewClient::preset(Preset::Spa, "Tour Board");
        let page = format!("{}/", self.ports.spa());
        new.metadata = ClientMetadata {
            redirect_uris: vec![page.clone()],
            post_logout_redirect_uris: vec![page],
            allowed_origins: vec![self.ports.spa()],
            ..new.metadata
        };
        self.client("demo-spa", new).await
    }

    async fn machine(&self) -> Result<Registration, DemoError> {
        let mut new = NewClient::preset(Preset::Machine, "Nightly Report");
        new.metadata.scopes = vec!["reports:read".to_owned()];
        new.metadata.audiences = vec![self.ports.machine()];
        self.client("demo-machine", new).await
    }

    async fn client(&self, id: &str, new: NewClient) -> Result<Registration, DemoError> {
        let new = NewClient { id: Some(ClientId::from_text(id)), ..new };
        match clients::add(&self.change(), new).await? {
            ClientAdded::Added(client, secret) => Ok(Registration {
                client_id: client.id.as_str().to_owned(),
                secret: secret.map(|secret| secret.clear().to_owned()).unwrap_or_default(),
            }),
            ClientAdded::IdTaken => Err(refused("an application", &"its id is in use")),
            ClientAdded::Invalid(field, demand) => Err(refused(field, &demand)),
        }
    }

    /// An RSA key takes up to a second, so it is made off the runtime's threads.
    async fn microsoft_key(&self) -> Result<SigningKeyRow, DemoError> {
        let (app, now) = (Arc::clone(self.app), self.now);
        let making =
            tokio::task::spawn_blocking(move || new_row(SigningAlg::Rs256, &app.sealer, &*app.entropy, now, KeyState::Active, now));
        Ok(making.await.map_err(|_| DemoError::Making("making a key was ended".to_owned()))??)
    }
}

fn busy(_: crate::credentials::Busy) -> DemoError {
    DemoError::Making("too many passwords wait to be hashed".to_owned())
}
