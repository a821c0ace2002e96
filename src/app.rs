//! Floor 4. Everything that a use case may reach, in one place.
//!
//! Owns: the shared parts and the snapshot of registered things (clients, tenants, keys, connections, announcements),
//! which is read from memory and rebuilt when the database's generation moves (house.md 11). People, sessions, grants and
//! whatever can be revoked are never served from here.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, RwLock};

use tokio::sync::{Notify, Semaphore};

use crate::config::Config;
use crate::credentials::Passwords;
use crate::credentials::passkey::Relying;
use crate::keys::{Authorities, EncryptionFault, JwksFault, KeyRing, Pairwise, PublicKeys, Recipient, SealError, Sealer};
use crate::mail::{Mailer, Sender};
use crate::model::{Announcement, Apis, Client, ClientId, Connection, ConnectionId, EntraPin, Tenant, TenantId};
use crate::pages::Pages;
use crate::pictures::Studio;
use crate::store::{Store, StoreError};
use crate::upstream::{Http, Upstreams};
use crate::world::{Clock, Entropy, Timestamp};

/// The shared parts of one running node.
pub struct App {
    pub store: Store,
    pub sealer: Sealer,
    /// What clients with pairwise subjects know people by.
    pub pairwise: Pairwise,
    pub mailer: Mailer,
    /// Who letters come from.
    pub sender: Sender,
    pub pages: Pages,
    pub passwords: Passwords,
    /// Who passkeys are made for. None where browsers know none: an issuer without a name or without TLS.
    pub relying: Option<Relying>,
    /// Where uploaded pictures are worked on.
    pub studio: Studio,
    /// Sign-in elsewhere.
    pub upstreams: Upstreams,
    /// The guarded HTTP client, for every address that a relying application registered (security.md K).
    pub outbound: Http,
    pub logouts: Logouts,
    /// Keys of clients by their `jwks_uri`. A cache of this node.
    pub fetched_keys: Mutex<HashMap<String, Arc<tokio::sync::Mutex<FetchedKeys>>>>,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub config: Arc<Config>,
    /// Whose word counts about clients' certificates (RFC 8705 2.1).
    pub authorities: Option<Authorities>,
    /// Names this process in leases.
    pub node: String,
    registered: RwLock<Arc<Registered>>,
}

/// A key set behind a `jwks_uri`, as it was last read.
#[derive(Default)]
pub struct FetchedKeys {
    pub set: Option<Arc<serde_json::Value>>,
    /// Those of the set that sign; none when it holds none.
    pub keys: Option<PublicKeys>,
    /// When it was last asked for, with or without success.
    pub tried_at: Option<Timestamp>,
}

/// Deliveries of logout tokens on this node.
pub struct Logouts {
    /// Rung when a session ended here, so that nobody waits for the next look into the queue.
    pub bell: Notify,
    /// Deliveries under way at once.
    pub places: Semaphore,
}

/// Registered things, immutable; replaced as a whole.
pub struct Registered {
    pub generation: i64,
    pub clients: HashMap<ClientId, Arc<Client>>,
    pub tenants: HashMap<TenantId, Arc<Tenant>>,
    pub connections: HashMap<ConnectionId, Arc<Connection>>,
    pub pins: Vec<EntraPin>,
    pub apis: Apis,
    /// Notices of the operators that were not over when this was read: running and planned ones, as readers see them.
    pub announcements: Vec<Announcement>,
    pub keys: KeyRing,
    /// What clients have keys for, parsed once. Those that registered none are not in it.
    pub client_keys: HashMap<ClientId, ClientKeys>,
}

/// The keys of a registration (`jwks`) by what they are good for, or why they are not. None: not registered for.
pub struct ClientKeys {
    /// What the client signs with.
    pub signing: Option<Result<PublicKeys, JwksFault>>,
    /// To whom its id_tokens are encrypted.
    pub id_token: Option<Result<Arc<Recipient>, EncryptionFault>>,
    pub userinfo: Option<Result<Arc<Recipient>, EncryptionFault>>,
    pub introspection: Option<Result<Arc<Recipient>, EncryptionFault>>,
}

impl ClientKeys {
    fn of(client: &Client) -> Option<(ClientId, Self)> {
        let metadata = &client.metadata;
        let recipient = |alg: &Option<String>, enc: &Option<String>| {
            let set = metadata.jwks.as_ref()?;
            alg.as_ref().map(|alg| Recipient::from_jwks(set, alg, enc.as_deref()).map(Arc::new))
        };
        let keys = Self {
            signing: metadata.jwks.as_ref().map(PublicKeys::from_jwks),
            id_token: recipient(&metadata.id_token_encrypted_response_alg, &metadata.id_token_encrypted_response_enc),
            userinfo: recipient(&metadata.userinfo_encrypted_response_alg, &metadata.userinfo_encrypted_response_enc),
            introspection: recipient(&metadata.introspection_encrypted_response_alg, &metadata.introspection_encrypted_response_enc),
        };
        keys.signing.is_some().then(|| (client.id.clone(), keys))
    }
}

/// The parts that [`App::new`] puts together.
pub struct Parts {
    pub store: Store,
    pub sealer: Sealer,
    pub mailer: Mailer,
    pub sender: Sender,
    pub http: Http,
    pub outbound: Http,
    pub clock: Arc<dyn Clock>,
    pub entropy: Arc<dyn Entropy>,
    pub config: Arc<Config>,
}

/// The node cannot work with what the database holds.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the signing keys cannot be opened: {0} (is this the master key that they were sealed with?)")]
    Keys(#[from] crate::keys::KeyError),
    #[error("server.client_authorities_file holds no certificates in PEM form")]
    Authorities,
    #[error("the secret of pairwise subjects cannot be opened: {0}")]
    Pairwise(#[from] SealError),
}

impl App {
    /// Puts the parts together and loads the registered things once.
    pub async fn new(parts: Parts) -> Result<Arc<Self>, AppError> {
        let password = &parts.config.password;
        let passwords = Passwords::new(
            crate::credentials::Cost {
                memory_kib: password.memory_kib,
                iterations: password.iterations,
                parallelism: password.parallelism,
            },
            password.pool_threads(),
            password.queue as usize,
        );
        let registered = load(&parts.store, &parts.sealer, parts.clock.now()).await?;
        let pairwise = pairwise(&parts).await?;
        let mut node = [0u8; 8];
        parts.entropy.fill(&mut node);
        let file = parts.config.server.client_authorities_file.as_ref();
        let read = |path| std::fs::read(path).ok().and_then(|pem| Authorities::from_pem(&pem)).ok_or(AppError::Authorities);
        Ok(Arc::new(Self {
            authorities: file.map(read).transpose()?,
            pages: Pages::new(),
            passwords,
            relying: Relying::new(&parts.config.server.issuer, &parts.config.product.name),
            studio: Studio::default(),
            pairwise,
            node: format!("node-{:016x}", u64::from_be_bytes(node)),
            store: parts.store,
            sealer: parts.sealer,
            mailer: parts.mailer,
            sender: parts.sender,
            upstreams: Upstreams::new(parts.http),
            outbound: parts.outbound,
            fetched_keys: Mutex::default(),
            logouts: Logouts { bell: Notify::new(), places: Semaphore::new(64) },
            clock: parts.clock,
            entropy: parts.entropy,
            config: parts.config,
            registered: RwLock::new(Arc::new(registered)),
        }))
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The public URL of this instance, exactly as configured.
    pub fn issuer(&self) -> &str {
        &self.config.server.issuer
    }

    /// The snapshot in force. Take it once per request.
    pub fn registered(&self) -> Arc<Registered> {
        Arc::clone(&self.registered.read().expect("nobody panics while holding the snapshot"))
    }

    /// Rebuilds the snapshot if another generation is in the database. Called once a second and after own changes.
    pub async fn refresh(&self) -> Result<(), AppError> {
        let known = self.registered().generation;
        if self.store.read(async |r| r.generation().await).await? != known {
            let fresh = load(&self.store, &self.sealer, self.now()).await?;
            *self.registered.write().expect("nobody panics while holding the snapshot") = Arc::new(fresh);
        }
        Ok(())
    }
}

/// The secret behind pairwise subjects: made once per database, the same on every node, sealed.
async fn pairwise(parts: &Parts) -> Result<Pairwise, AppError> {
    const NAME: &str = "pairwise_secret";
    let stored = parts.store.read(async |r| r.setting(NAME).await).await?;
    let sealed = match stored {
        Some(sealed) => sealed,
        None => {
            let mut fresh = [0u8; 32];
            parts.entropy.fill(&mut fresh);
            let sealed = parts.sealer.seal(NAME, &fresh, &*parts.entropy);
            parts.store.write(async |w| w.settle_setting(NAME, &sealed).await).await?
        }
    };
    Ok(Pairwise::new(&parts.sealer.open(NAME, &sealed)?))
}

async fn load(store: &Store, sealer: &Sealer, now: Timestamp) -> Result<Registered, AppError> {
    let (generation, clients, tenants, connections, pins, apis, announcements, keys) = store
        .read(async |r| {
            Ok((
                r.generation().await?,
                r.clients().await?,
                r.tenants().await?,
                r.connections().await?,
                r.pins().await?,
                r.apis().await?,
                r.announcements_ahead(now).await?,
                r.signing_keys().await?,
            ))
        })
        .await?;
    Ok(Registered {
        generation,
        client_keys: clients.iter().filter_map(ClientKeys::of).collect(),
        clients: clients.into_iter().map(|c| (c.id.clone(), Arc::new(c))).collect(),
        tenants: tenants.into_iter().map(|t| (t.id.clone(), Arc::new(t))).collect(),
        connections: connections.into_iter().map(|c| (c.id.clone(), Arc::new(c))).collect(),
        pins,
        apis: apis.into_iter().map(|api| (api.identifier.clone(), api)).collect(),
        announcements,
        keys: KeyRing::load(&keys, sealer)?,
    })
}
