//! Arranging a world: tenants, people, applications. Through the same use cases as the program's own commands; what
//! has no use case yet is written by methods that begin with `db_`.
use std::sync::Arc;

use tenantry::credentials::totp;
use tenantry::model::{
    AuthMethod, Client, ClientMetadata, ConsentMode, FactorId, FactorKind, Group, Locale, Membership, MembershipKind, MembershipState,
    Permission, PersonId, Tenant, TenantPolicy, TotpFactor,
};
use tenantry::service::change::Change;
use tenantry::service::clients::{self, ClientAdded, NewClient, Preset};
use tenantry::service::groups::{self, GroupAdded};
use tenantry::service::people::{self, Newcomer, PersonAdded};
use tenantry::service::second_factor::totp_context;
use tenantry::service::tenants::{self, MemberAdded, NewMembership, NewTenant, TenantAdded};
use tenantry::world::{Secret, Timestamp};

use super::browser::Browser;
use super::relying_party::{RelyingParty, Request, Tokens};
use super::tenantry::Tenantry;

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery staple";
/// Where the applications of the tests want people sent; nobody listens there.
pub const CALLBACK: &str = "https://app.example/callback";

/// Everything that a person can tell beside name and address.
pub const PROFILE: &str = r#"{
    "middle_name": "Maria", "nickname": "Annie", "preferred_username": "anna.a", "profile": "https://acme.example/anna",
    "picture": "https://acme.example/anna.png", "website": "https://anna.example/", "gender": "female", "birthdate": "1984-02-29",
    "zoneinfo": "Europe/Berlin", "phone_number": "+49 30 1234567", "phone_number_verified": true,
    "address": { "street_address": "Am Ring 1", "locality": "Berlin", "postal_code": "10115", "country": "DE" }
}"#;

/// A person with a way to sign in.
#[derive(Clone)]
pub struct Someone {
    pub id: PersonId,
    pub email: String,
}

/// An authenticator app.
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// The app whose secret a page shows in groups of base32.
    pub fn typed(secret: &str) -> Self {
        let compact: String = secret.split_whitespace().collect();
        Self(totp_rs::Secret::try_from_base32(&compact).unwrap().as_bytes().to_vec())
    }

    /// The code that it shows.
    pub fn code(&self, now: Timestamp) -> String {
        let secret = totp_rs::Secret::new(self.0.as_slice().into());
        let app = totp_rs::Builder::new().with_secret(secret).with_account_name("a").build().unwrap();
        app.generate(now.seconds().try_into().unwrap()).to_string()
    }
}

impl Tenantry {
    pub fn change(&self) -> Change<'_> {
        Change { store: &self.app.store, entropy: &*self.app.entropy, now: self.now(), actor: "test", network: "local" }
    }

    /// A tenant with the default policy; its number is made of the slug.
    pub async fn tenant(&self, slug: &str) -> Tenant {
        self.tenant_with(slug, |_| {}).await
    }

    pub async fn tenant_with(&self, slug: &str, policy: impl FnOnce(&mut TenantPolicy)) -> Tenant {
        let mut new = NewTenant { number: format!("N-{slug}"), slug: slug.to_owned(), name: capital(slug), ..NewTenant::default() };
        policy(&mut new.policy);
        let TenantAdded::Added(tenant) = tenants::add(&self.change(), new).await.unwrap() else { panic!("no tenant {slug}") };
        self.app.refresh().await.unwrap();
        *tenant
    }

    /// A person with [`PASSWORD`] and without a tenant; the second factor is the e-mail code.
    pub async fn person(&self, email: &str) -> Someone {
        self.person_with(email, |_| {}).await
    }

    pub async fn person_with(&self, email: &str, details: impl FnOnce(&mut Newcomer)) -> Someone {
        let hash = self.app.passwords.hash(Secret::from(PASSWORD), &*self.app.entropy).await.unwrap();
        let mut new = Newcomer {
            email: Some(email.to_owned()),
            email_verified: true,
            username: None,
            first_name: capital(email.split(['@', '.']).next().unwrap()),
            last_name: "Example".to_owned(),
            locale: Locale::En,
            operator: false,
            second_factor: FactorKind::Email,
            password_hash: Some(hash),
        };
        details(&mut new);
        let PersonAdded::Added(id) = people::add(&self.change(), new).await.unwrap() else { panic!("no person {email}") };
        Someone { id, email: email.to_owned() }
    }

    /// A new person whose home is the tenant.
    pub async fn member(&self, tenant: &Tenant, email: &str) -> Someone {
        let person = self.person(email).await;
        self.join(&person, tenant, MembershipKind::Home).await;
        person
    }

    /// Fills the person's whole profile.
    pub async fn profile(&self, person: &Someone) {
        let profile = serde_json::from_str(PROFILE).unwrap();
        let set = people::set_profile(&self.change(), &person.id, &profile).await.unwrap();
        assert_eq!(set, people::ProfileSet::Done);
    }

    /// Makes the person a guest of the tenant.
    pub async fn guest(&self, tenant: &Tenant, person: &Someone) -> Membership {
        self.join(person, tenant, MembershipKind::Guest).await
    }

    pub async fn join(&self, person: &Someone, tenant: &Tenant, kind: MembershipKind) -> Membership {
        self.join_with(person, tenant, kind, |_| {}).await
    }

    /// A new person who administers the tenant.
    pub async fn admin(&self, tenant: &Tenant, email: &str) -> Someone {
        let person = self.person(email).await;
        self.join_with(&person, tenant, MembershipKind::Home, |new| new.admin = true).await;
        person
    }

    /// Puts the person into the tenant in whatever way.
    pub async fn join_with(
        &self,
        person: &Someone,
        tenant: &Tenant,
        kind: MembershipKind,
        details: impl FnOnce(&mut NewMembership),
    ) -> Membership {
        let (person, tenant) = (person.id.clone(), tenant.id.clone());
        let mut new = NewMembership { person, tenant, kind, state: MembershipState::Active, admin: false, api_access: false };
        details(&mut new);
        let MemberAdded::Added(membership) = tenants::add_member(&self.change(), new).await.unwrap() else { panic!("no member") };
        *membership
    }

    pub async fn group(&self, tenant: &Tenant, name: &str, permissions: &[(&str, bool)]) -> Group {
        let permission = |(name, requires_2fa): &(&str, bool)| Permission { name: (*name).to_owned(), requires_2fa: *requires_2fa };
        let permissions = permissions.iter().map(permission).collect();
        let GroupAdded::Added(group) = groups::add(&self.change(), &tenant.id, name, permissions).await.unwrap() else {
            panic!("no group {name}")
        };
        *group
    }

    pub async fn put_into(&self, group: &Group, person: &Someone) {
        let found = self.app.store.read(async |r| r.membership(&person.id, &group.tenant).await).await.unwrap();
        let membership = found.expect("the person is in the group's tenant");
        assert!(groups::add_member(&self.change(), group, &membership.id).await.unwrap());
    }

    /// Gives the person a confirmed authenticator app as second factor.
    pub async fn db_authenticator(&self, person: &Someone) -> Authenticator {
        let (now, id) = (self.now(), FactorId::generate(self.now(), &*self.app.entropy));
        let secret = totp::new_secret(&*self.app.entropy);
        let sealed_secret = self.app.sealer.seal(&totp_context(&id), secret.expose(), &*self.app.entropy);
        let factor = TotpFactor { id, person: person.id.clone(), sealed_secret, confirmed_at: None, last_step: 0, created_at: now };
        self.app
            .store
            .write(async |w| {
                w.insert_totp(&factor).await?;
                assert!(w.confirm_totp(&factor.id, 1, now).await?);
                w.set_second_factor(&person.id, FactorKind::Totp, now).await
            })
            .await
            .unwrap();
        Authenticator(secret.expose().clone())
    }

    /// Registers an application; gives its id and secret.
    pub async fn client(&self, preset: Preset, details: impl FnOnce(&mut NewClient)) -> (Client, Option<String>) {
        let mut new = NewClient::preset(preset, "Planner");
        if preset != Preset::Machine {
            new.metadata.redirect_uris = vec![CALLBACK.to_owned()];
            new.metadata.post_logout_redirect_uris = vec!["https://app.example/bye".to_owned()];
        }
        details(&mut new);
        let (client, secret) = match clients::add(&self.change(), new).await.unwrap() {
            ClientAdded::Added(client, secret) => (*client, secret.map(|token| token.clear().to_owned())),
            ClientAdded::IdTaken => panic!("the id is taken"),
            ClientAdded::Invalid(field, fault) => panic!("{field}: {fault}"),
        };
        self.app.refresh().await.unwrap();
        (client, secret)
    }

    /// A confidential application that people need not consent to.
    pub async fn party(&self) -> RelyingParty {
        self.party_with(|metadata| metadata.consent = ConsentMode::Implicit).await
    }

    /// A confidential application with other metadata; people are asked for consent.
    pub async fn party_with(&self, details: impl FnOnce(&mut ClientMetadata)) -> RelyingParty {
        self.party_of(Preset::Web, |new| details(&mut new.metadata)).await
    }

    /// Any application, as a foreign implementation of the protocol.
    pub async fn party_of(&self, preset: Preset, details: impl FnOnce(&mut NewClient)) -> RelyingParty {
        let (client, secret) = self.client(preset, details).await;
        let redirect = client.metadata.redirect_uris.first().map_or(CALLBACK, String::as_str);
        let basic = client.metadata.token_endpoint_auth_method == AuthMethod::Basic;
        RelyingParty::discover(&self.origin, client.id.as_str(), secret.as_deref().filter(|_| basic), redirect, Arc::clone(&self.clock))
            .await
    }

    /// Signs the person in where the browser stands at the login page: password, then the code from the letter.
    /// Stops at whatever comes next.
    pub async fn sign_in(&self, browser: &mut Browser, person: &Someone) {
        browser.fill("#identifier", &person.email).fill("#password", PASSWORD).submit("#login-submit").await;
        if browser.left().is_none() && browser.path() == "/login/code" {
            let code = self.mailbox.code(&person.email).await;
            browser.fill("#code", &code).submit("#code-submit").await;
        }
    }

    /// The whole way of a person with one tenant through an application that asks for no consent.
    pub async fn log_in(&self, browser: &mut Browser, party: &RelyingParty, person: &Someone, scopes: &[&str]) -> (Request, Tokens) {
        let request = party.authorize(scopes, &[]);
        browser.goto(request.url.as_str()).await;
        if browser.left().is_none() {
            self.sign_in(browser, person).await;
        }
        let code = party.landed(&request, browser.landing()).code();
        let tokens = party.exchange(&request, &code).await.unwrap_or_else(|refused| panic!("{refused:?}"));
        (request, tokens)
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + letters.as_str())
}
