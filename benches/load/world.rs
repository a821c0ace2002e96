//! The people, applications and sessions that the load is made of, written by the same use cases as the commands.
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tenantry::credentials::{Cost, Passwords};
use tenantry::model::{
    Amr, Client, ConsentMode, FactorKind, Locale, MembershipKind, MembershipState, MfaMode, Origin, PersonId, Proof, Session, SessionId,
    SigningAlg, Tenant,
};
use tenantry::service::change::Change;
use tenantry::service::clients::{self, ClientAdded, NewClient, Preset};
use tenantry::service::people::{self, Newcomer, PersonAdded};
use tenantry::service::tenants::{self, MemberAdded, NewMembership, NewTenant, TenantAdded};
use tenantry::store::Store;
use tenantry::world::{Clock, Os, Secret, SessionCookie, SystemClock, Token};

pub const CALLBACK: &str = "https://app.example/callback";
pub const PASSWORD: &str = "correct horse battery staple";
pub const EMAIL: &str = "load@acme.example";

/// A folder that is gone with its owner.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tenantry-load-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder for the load");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What scenarios need to know.
#[derive(Clone)]
pub struct World {
    pub origin: Arc<str>,
    /// `authorization: Basic …` of the web application.
    pub web: Arc<str>,
    pub web_id: Arc<str>,
    /// The same of the machine client.
    pub machine: Arc<str>,
    /// One signed-in browser for each connection: the value of its session cookie.
    pub sessions: Arc<[String]>,
}

impl World {
    /// Migrates the database and fills it.
    pub async fn make(origin: &str, database: &str, connections: usize) -> Self {
        let store = Store::open(database).await.expect("a database");
        store.migrate().await.expect("a schema");
        let change = Change { store: &store, entropy: &Os, now: SystemClock.now(), actor: "load", network: "local" };
        let tenant = tenant(&change).await;
        let person = person(&change, &tenant).await;
        let (web, web_secret) = client(&change, Preset::Web).await;
        let (machine, machine_secret) = client(&change, Preset::Machine).await;
        let mut sessions = Vec::with_capacity(connections);
        for _ in 0..connections {
            sessions.push(session(&change, &person, &[Amr::Pwd]).await);
        }
        store.close().await;
        Self {
            origin: origin.into(),
            web: basic(&web, &web_secret),
            web_id: web.id.as_str().into(),
            machine: basic(&machine, &machine_secret),
            sessions: sessions.into(),
        }
    }
}

fn basic(client: &Client, secret: &str) -> Arc<str> {
    format!("authorization: Basic {}\r\n", STANDARD.encode(format!("{}:{secret}", client.id.as_str()))).into()
}

async fn tenant(change: &Change<'_>) -> Tenant {
    let mut new = NewTenant { number: "1".into(), slug: "acme".into(), name: "Acme".into(), ..NewTenant::default() };
    new.policy.mfa_mode = MfaMode::Optional;
    match tenants::add(change, new).await.expect("a tenant") {
        TenantAdded::Added(tenant) => *tenant,
        _ => panic!("the database already holds a load world: give an empty one"),
    }
}

async fn person(change: &Change<'_>, tenant: &Tenant) -> PersonId {
    let hash = Passwords::new(Cost::default(), 1, 1).hash(Secret::from(PASSWORD), &Os).await.expect("a hash");
    let newcomer = Newcomer {
        email: Some(EMAIL.into()),
        email_verified: true,
        username: None,
        first_name: "Load".into(),
        last_name: "Acme".into(),
        locale: Locale::En,
        operator: false,
        second_factor: FactorKind::None,
        password_hash: Some(hash),
    };
    let PersonAdded::Added(person) = people::add(change, newcomer).await.expect("a person") else { panic!("no person") };
    let (kind, state) = (MembershipKind::Home, MembershipState::Active);
    let member = NewMembership { person: person.clone(), tenant: tenant.id.clone(), kind, state, admin: false, api_access: false };
    let MemberAdded::Added(_) = tenants::add_member(change, member).await.expect("a membership") else { panic!("no membership") };
    person
}

async fn client(change: &Change<'_>, preset: Preset) -> (Client, String) {
    let mut new = NewClient::preset(preset, "Load");
    if preset == Preset::Web {
        new.metadata.redirect_uris = vec![CALLBACK.into()];
        new.metadata.consent = ConsentMode::Implicit;
    }
    if preset == Preset::Machine {
        new.metadata.scopes = vec!["reports:read".into()];
    }
    new.metadata.id_token_signed_response_alg = SigningAlg::Es256;
    match clients::add(change, new).await.expect("a client") {
        ClientAdded::Added(client, Some(secret)) => (*client, secret.clear().to_owned()),
        _ => panic!("no confidential client"),
    }
}

/// A session that gave these proofs a moment ago: the value of its cookie.
pub async fn session(change: &Change<'_>, person: &PersonId, amr: &[Amr]) -> String {
    let (now, cookie) = (change.now, Token::<SessionCookie>::generate(&Os));
    let session = Session {
        id: SessionId::generate(now, &Os),
        person: person.clone(),
        proof: Proof { amr: amr.iter().copied().collect(), signed_in_at: Some(now), factor_at: Some(now), ..Proof::default() },
        created_at: now,
        last_seen_at: now,
        expires_at: now.plus(Duration::from_secs(24 * 60 * 60)),
        ended_at: None,
        origin: Origin::default(),
    };
    let digest = cookie.digest();
    change.store.write(async |w| w.insert_session(&session, &digest).await).await.expect("a session");
    cookie.clear().to_owned()
}
