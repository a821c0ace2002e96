//! Signing in with Microsoft, invitations and the first operator, over HTTP.
mod bootstrap;
mod errors;
mod identity;
mod invitation;
mod microsoft_invitation;
mod resend;
mod rules;
mod state;

use std::time::Duration;

use tenantry::model::{
    Connection, ConnectionState, FederatedIdentity, InvitationMethod, Membership, MembershipKind, MembershipState, Person, PersonState,
    Tenant, TenantId,
};
use tenantry::service::change::Change;
use tenantry::service::connections::{self, ClearCredential, ConnectionAdded, NewConnection};
use tenantry::service::invitations::{Invited, invite};
use tenantry::service::tenants::{self, MemberAdded, NewMembership};
use tenantry::world::Secret;
use url::Url;

use crate::harness::browser::Browser;
use crate::harness::issuer::{APPLICATION, Account, DIRECTORY, Issuer, SECRET};
use crate::harness::relying_party::{RelyingParty, Request, Tokens};
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// One tenant whose directory at Microsoft is pinned with the domain `contoso.example`, and an application.
struct Stage {
    t: Tenantry,
    issuer: Issuer,
    contoso: Tenant,
    connection: Connection,
    party: RelyingParty,
}

impl Stage {
    async fn set() -> Self {
        let t = Tenantry::start().await;
        let issuer = Issuer::start(&t.clock).await;
        let contoso = t.tenant("contoso").await;
        let connection = connect(&t, &issuer, DIRECTORY, Some((contoso.id.clone(), "contoso.example")), false).await;
        let party = t.party().await;
        Self { t, issuer, contoso, connection, party }
    }

    /// Somebody who is invited and has no way to sign in yet; the letter is still in the post.
    async fn invited(&self, email: &str, method: InvitationMethod) -> Someone {
        self.invited_to(&self.contoso, email, method).await
    }

    async fn invited_to(&self, tenant: &Tenant, email: &str, method: InvitationMethod) -> Someone {
        let person = self.t.person_with(email, |new| (new.password_hash, new.email_verified) = (None, false)).await;
        let membership = member(&self.t, &person, tenant, MembershipKind::Home).await;
        self.send(&membership, method).await;
        person
    }

    async fn send(&self, membership: &Membership, method: InvitationMethod) {
        let invited = Invited { membership, method, good_for: WEEK, inviter: Some("Marie Curie") };
        invite(&self.t.app, &invited, "test", "local", self.t.now()).await.unwrap();
    }

    /// A browser at the login page of a request.
    async fn at_login(&self, extra: &[(&str, &str)]) -> (Browser, Request) {
        let request = self.party.authorize(&["openid", "email", "tenant"], extra);
        let mut browser = self.t.browser();
        browser.goto(request.url.as_str()).await;
        assert_eq!(browser.path(), "/login");
        (browser, request)
    }

    /// Presses the button of a connection and gives the address at Microsoft to which it leads.
    async fn depart(&self, browser: &mut Browser, connection: &Connection) -> Url {
        browser.submit(&format!("#upstream-{}", connection.id)).await;
        browser.landing().clone()
    }

    /// Signs in at Microsoft with the account and comes back.
    async fn through(&self, browser: &mut Browser, account: &Account) {
        let away = self.depart(browser, &self.connection).await;
        browser.goto(self.issuer.sign_in(&away, account)).await;
    }

    /// A whole sign-in with Microsoft as far as it goes by itself.
    async fn sign_in(&self, account: &Account) -> (Browser, Request) {
        let (mut browser, request) = self.at_login(&[]).await;
        self.through(&mut browser, account).await;
        (browser, request)
    }

    /// The tokens of somebody who comes in with Microsoft and then proves the mailbox.
    async fn tokens(&self, account: &Account, email: &str) -> Tokens {
        let (mut browser, request) = self.sign_in(account).await;
        self.code(&mut browser, email).await;
        let code = self.party.landed(&request, browser.landing()).code();
        self.party.exchange(&request, &code).await.unwrap()
    }

    async fn code(&self, browser: &mut Browser, email: &str) {
        assert_eq!(browser.path(), "/login/code");
        let code = self.t.mailbox.code(email).await;
        browser.fill("#code", &code).submit("#code-submit").await;
    }

    async fn person(&self, someone: &Someone) -> Person {
        self.t.app.store.read(async |r| r.person(&someone.id).await).await.unwrap().unwrap()
    }

    async fn identities(&self, someone: &Someone) -> Vec<FederatedIdentity> {
        self.t.app.store.read(async |r| r.identities_of(&someone.id).await).await.unwrap()
    }

    async fn membership(&self, someone: &Someone, tenant: &Tenant) -> MembershipState {
        let found = self.t.app.store.read(async |r| r.membership(&someone.id, &tenant.id).await).await.unwrap();
        found.unwrap().state
    }

    /// Nothing of the invited person has changed.
    async fn assert_still_invited(&self, someone: &Someone) {
        let person = self.person(someone).await;
        assert_eq!((person.state, person.has_password), (PersonState::Invited, false));
        assert!(self.identities(someone).await.is_empty());
        assert_eq!(self.membership(someone, &self.contoso).await, MembershipState::Invited);
    }

    async fn db_connection_state(&self, state: ConnectionState) {
        self.t.app.store.write(async |w| w.set_connection_state(&self.connection.id, state).await).await.unwrap();
        self.t.app.refresh().await.unwrap();
    }

    async fn db_person_state(&self, someone: &Someone, state: PersonState) {
        self.t.app.store.write(async |w| w.set_person_state(&someone.id, state, self.t.now()).await).await.unwrap();
    }

    /// Actions and outcomes in the audit trail, oldest first.
    async fn audit(&self) -> Vec<(String, String)> {
        let rows = self.t.app.store.read(async |r| r.audit_since(tenantry::world::Timestamp::from_micros(0), 1000).await).await.unwrap();
        rows.into_iter().map(|row| (row.action, row.outcome)).collect()
    }
}

fn change(t: &Tenantry) -> Change<'_> {
    Change { store: &t.app.store, entropy: &*t.app.entropy, now: t.now(), actor: "test", network: "local" }
}

/// Registers a connection to a directory of the issuer.
async fn connect(t: &Tenantry, issuer: &Issuer, tid: &str, pin: Option<(TenantId, &str)>, mfa_asserted: bool) -> Connection {
    let new = NewConnection {
        name: format!("Directory {}", &tid[..4]),
        cloud_host: issuer.host.clone(),
        tid: tid.to_owned(),
        client_id: APPLICATION.to_owned(),
        credential: ClearCredential::Secret(Secret::from(SECRET)),
        mfa_asserted,
        pin: pin.map(|(tenant, domain)| (tenant, vec![domain.to_owned()])),
        allow_plain_http_loopback: true,
    };
    let ConnectionAdded::Added(connection) = connections::add(&change(t), &t.app.sealer, new).await.unwrap() else {
        panic!("no connection")
    };
    t.app.refresh().await.unwrap();
    *connection
}

async fn member(t: &Tenantry, person: &Someone, tenant: &Tenant, kind: MembershipKind) -> Membership {
    let (person, tenant) = (person.id.clone(), tenant.id.clone());
    let new = NewMembership { person, tenant, kind, state: MembershipState::Invited, admin: false, api_access: false };
    let MemberAdded::Added(membership) = tenants::add_member(&change(t), new).await.unwrap() else { panic!("no member") };
    *membership
}

/// The refusal that a page shows.
fn refusal(browser: &Browser) -> (u16, String) {
    (browser.page().status, browser.text("#error-code"))
}
