//! Applications that register and manage themselves (RFC 7591, RFC 7592).
//! Nothing is fetched and nothing about the metadata is said before the token was found good.
use std::time::Duration;

use serde_json::{Map, Value, json};
use url::Url;

use super::address_faults::addresses;
use super::audit::{Event, record_from};
use super::client_auth::Denied;
use super::clients::{metadata_fault, needs_secret};
use super::{Failure, Network};
use crate::app::App;
use crate::model::{AuthMethod, Client, ClientId, ClientMetadata, ClientState, Entitlement, RegistrationToken, SecretId, StoredSecret};
use crate::protocol::discovery::{path, url};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::protocol::registration::{echo, metadata, refused, replacing};
use crate::store::{StoreError, Write};
use crate::world::{ClientSecret, Digest, InitialAccess, RegistrationAccess, Timestamp, Token, same};

/// Unknown tokens from one network before nobody there is listened to for a while.
const THRESHOLD: i64 = 30;
const PAUSE: Duration = Duration::from_secs(15 * 60);
const DECAY: Duration = Duration::from_secs(60 * 60);

/// A request to the registration endpoint or to a client's own configuration endpoint.
pub struct Asked {
    /// The bearer token, if there was exactly one.
    pub token: Option<String>,
    /// The body, if it was one JSON object of bearable size.
    pub body: Option<Map<String, Value>>,
    pub network: Network,
}

/// Registers a client (RFC 7591 3). Out: the answer with everything that was registered, and with the secrets in clear.
///
/// # Errors
/// `invalid_token`, the errors of RFC 7591 3.2.2, a pause.
pub async fn register(app: &App, asked: &Asked, now: Timestamp) -> Result<Value, Denied> {
    listen(app, asked, now).await?;
    let digest = Digest::of::<InitialAccess>(asked.token.as_deref().unwrap_or_default());
    let Some(held) = app.store.read(async |r| r.registration_token(&digest, now).await).await? else {
        return Err(stranger(app, asked, Reason::RegistrationToken, now).await);
    };
    let mut metadata = checked(app, asked, &ClientMetadata::default()).await?;
    // security.md K07: what a tenant's token registers is that tenant's alone.
    if held.tenant.is_some() {
        metadata.entitlement = Entitlement::Listed;
    }
    let secret = needs_secret(&metadata).then(|| Token::<ClientSecret>::generate(&*app.entropy));
    let token = Token::<RegistrationAccess>::generate(&*app.entropy);
    let client = Client {
        id: ClientId::generate(now, &*app.entropy),
        state: ClientState::Active,
        metadata,
        secrets: secret.iter().map(|secret| stored(app, secret, now)).collect(),
        tenants: held.tenant.iter().cloned().collect(),
        created_at: now,
    };
    let kept = app.store.write_or_undo(async |w| keep(app, w, &client, (&digest, &token), asked, now).await).await?;
    if kept.is_err() {
        return Err(stranger(app, asked, Reason::RegistrationToken, now).await);
    }
    app.refresh().await?;
    Ok(answer(app, &client, secret.as_ref().map(Token::clear), token.clear()))
}

/// Writes the client and counts the use that it costs, in one transaction. `Err` when the last use is gone.
async fn keep(
    app: &App,
    w: &mut Write,
    client: &Client,
    (used, token): (&Digest, &Token<RegistrationAccess>),
    asked: &Asked,
    now: Timestamp,
) -> Result<Result<RegistrationToken, ()>, StoreError> {
    let Some(held) = w.use_registration_token(used, now).await? else { return Ok(Err(())) };
    if !w.insert_client(client).await? {
        return Ok(Err(()));
    }
    w.insert_registered_client(&client.id, &token.digest(), &held.id, now).await?;
    let detail = json!({ "grant_types": client.metadata.grant_types });
    let event = Event { actor: held.id.as_str(), subject: client.id.as_str(), ..Event::of_nobody("client.register", "done") };
    let event = Event { tenant: held.tenant.as_ref(), ..event.at(&client.id).with(detail) };
    record_from(app, w, event, &asked.network, now).await?;
    Ok(Ok(held))
}

/// Tells a client its registration (RFC 7592 2.1). Its secret is not told: only its digest is known here.
///
/// # Errors
/// `invalid_token`, a pause.
pub async fn read(app: &App, id: &ClientId, asked: &Asked, now: Timestamp) -> Result<Value, Denied> {
    let client = managed(app, id, asked, now).await?;
    Ok(answer(app, &client, None, asked.token.as_deref().unwrap_or_default()))
}

/// Replaces all that a client may set (RFC 7592 2.2). Of two at the same time one wins, and the other one is told.
///
/// # Errors
/// `invalid_token`, the errors of RFC 7591 3.2.2, a pause; [`Reason::RegistrationOvertaken`].
pub async fn replace(app: &App, id: &ClientId, asked: &Asked, now: Timestamp) -> Result<Value, Denied> {
    let mut client = managed(app, id, asked, now).await?;
    let body = asked.body.as_ref().ok_or_else(|| refused("the body"))?;
    replacing(body, id.as_str())?;
    let sent = body.get("client_secret").map(|secret| secret.as_str().unwrap_or_default());
    // RFC 7592 2.2: a client cannot choose its secret, only repeat it.
    if sent.is_some_and(|sent| !knows(&client, sent, now)) {
        return Err(refused("client_secret").into());
    }
    let known = client.metadata;
    client.metadata = checked(app, asked, &known).await?;
    let wanted = needs_secret(&client.metadata);
    let fresh = (wanted && client.secrets.is_empty()).then(|| Token::<ClientSecret>::generate(&*app.entropy));
    let dropped = if wanted { Vec::new() } else { std::mem::take(&mut client.secrets) };
    client.secrets.extend(fresh.iter().map(|secret| stored(app, secret, now)));
    let replaced = app
        .store
        .write_or_undo(async |w| {
            if !w.replace_client_metadata(id, &known, &client.metadata).await? {
                return Ok(Err(overtaken()));
            }
            for secret in &dropped {
                w.drop_client_secret(&secret.id).await?;
            }
            if fresh.is_some() {
                for secret in &client.secrets {
                    w.add_client_secret(id, secret, now).await?;
                }
            }
            record_from(app, w, own_event("client.replace", id), &asked.network, now).await.map(Ok)
        })
        .await?;
    replaced?;
    app.refresh().await?;
    let told = fresh.as_ref().map(Token::clear).or(sent.filter(|_| wanted));
    Ok(answer(app, &client, told, asked.token.as_deref().unwrap_or_default()))
}

/// Ends a client with everything that was granted to it (RFC 7592 2.3).
///
/// # Errors
/// `invalid_token`, a pause.
pub async fn remove(app: &App, id: &ClientId, asked: &Asked, now: Timestamp) -> Result<(), Denied> {
    let client = managed(app, id, asked, now).await?;
    app.store
        .write(async |w| {
            if !w.drop_registered_client(id).await? {
                return Ok(());
            }
            // The row stays: grants, deliveries and the audit trail speak of it.
            w.set_client_state(id, ClientState::Disabled).await?;
            for secret in &client.secrets {
                w.drop_client_secret(&secret.id).await?;
            }
            w.end_grants_of_client(id, now).await?;
            record_from(app, w, own_event("client.remove", id), &asked.network, now).await
        })
        .await?;
    app.refresh().await?;
    Ok(())
}

/// RFC 7592 knows no word for it: what was sent was made of a registration that is no longer the one in force.
fn overtaken() -> OAuthError {
    let text = "The registration was changed meanwhile: read it again, and send the replacement once more";
    OAuthError::new(ErrorCode::InvalidRequest, text, Reason::RegistrationOvertaken)
}

fn own_event<'a>(action: &'static str, id: &'a ClientId) -> Event<'a> {
    Event { actor: id.as_str(), subject: id.as_str(), ..Event::of_nobody(action, "done") }.at(id)
}

fn stored(app: &App, secret: &Token<ClientSecret>, now: Timestamp) -> StoredSecret {
    StoredSecret { id: SecretId::generate(now, &*app.entropy), digest: secret.digest(), expires_at: None }
}

fn knows(client: &Client, secret: &str, now: Timestamp) -> bool {
    let digest = Digest::of::<ClientSecret>(secret);
    let in_force = client.secrets.iter().filter(|known| known.expires_at.is_none_or(|end| end > now));
    in_force.fold(false, |found, known| found | same(known.digest.as_str().as_bytes(), digest.as_str().as_bytes()))
}

/// Is this network listened to?
async fn listen(app: &App, asked: &Asked, now: Timestamp) -> Result<(), Denied> {
    match app.store.read(async |r| r.pause(&counter(&asked.network), now).await).await? {
        Some(until) => Err(Denied::Paused { until }),
        None => Ok(()),
    }
}

fn counter(network: &Network) -> String {
    format!("register:{}", network.as_str())
}

/// Counts a token that is good for nothing here. It has 256 random bits: counting keeps the noise down, guessing is hopeless.
async fn stranger(app: &App, asked: &Asked, reason: Reason, now: Timestamp) -> Denied {
    let counted = app.store.write(async |w| w.claim_attempt(&counter(&asked.network), THRESHOLD, PAUSE, DECAY, now).await).await;
    match counted {
        Ok(_) => OAuthError::new(ErrorCode::InvalidToken, "The token is not good for this", reason).into(),
        Err(error) => Failure::from(error).into(),
    }
}

/// The client that the registration access token belongs to. Unknown, gone, disabled and another one's look alike
/// (RFC 7592 2.1).
async fn managed(app: &App, id: &ClientId, asked: &Asked, now: Timestamp) -> Result<Client, Denied> {
    listen(app, asked, now).await?;
    let digest = Digest::of::<RegistrationAccess>(asked.token.as_deref().unwrap_or_default());
    let found = app
        .store
        .read(async |r| match r.registered_client(&digest).await? {
            Some(own) if own == *id => r.client(id).await,
            _ => Ok(None),
        })
        .await?;
    match found.filter(|client| client.state == ClientState::Active) {
        Some(client) => Ok(client),
        None => Err(stranger(app, asked, Reason::RegistrationClient, now).await),
    }
}

/// What is asked for, if it may be registered.
async fn checked(app: &App, asked: &Asked, own: &ClientMetadata) -> Result<ClientMetadata, Denied> {
    let body = asked.body.as_ref().ok_or_else(|| refused("the body"))?;
    let metadata = metadata(body, own)?;
    let by_certificate = match metadata.token_endpoint_auth_method {
        AuthMethod::TlsClientAuth => app.config.server.sees_certificates() && app.authorities.is_some(),
        AuthMethod::SelfSignedTlsClientAuth => app.config.server.sees_certificates(),
        _ => true,
    };
    if !by_certificate {
        return Err(refused("token_endpoint_auth_method").into());
    }
    if let Some((field, _)) = metadata_fault(&metadata) {
        return Err(refused(field).into());
    }
    // security.md K02, K04: no address that the guarded client would refuse for what is written in it.
    let inner = |uri: &str| !Url::parse(uri).is_ok_and(|url| app.outbound.permits(&url));
    if let Some((field, _)) = addresses(&metadata).into_iter().find(|(_, uri)| inner(uri)) {
        return Err(refused(field).into());
    }
    sector(app, &metadata).await?;
    Ok(metadata)
}

/// OpenID Connect Dynamic Client Registration 5: the document behind `sector_identifier_uri` lists every redirect URI.
async fn sector(app: &App, metadata: &ClientMetadata) -> Result<(), OAuthError> {
    let Some(uri) = &metadata.sector_identifier_uri else { return Ok(()) };
    let listed = app.outbound.get_json::<Vec<String>>(uri).await.unwrap_or_else(|fault| {
        tracing::warn!(cause = %fault, "a sector identifier document was not read");
        Vec::new()
    });
    if metadata.redirect_uris.iter().all(|uri| listed.contains(uri)) {
        return Ok(());
    }
    let text = "sector_identifier_uri does not list every redirect URI";
    Err(OAuthError::new(ErrorCode::InvalidClientMetadata, text, Reason::RegistrationSector))
}

/// RFC 7591 3.2.1, RFC 7592 3.
fn answer(app: &App, client: &Client, secret: Option<&str>, token: &str) -> Value {
    let mut told = echo(&client.metadata);
    let place = format!("{}/{}", url(app.issuer(), path::REGISTER), client.id);
    let mut add = |name: &str, value: Value| told.insert(name.to_owned(), value);
    add("client_id", client.id.as_str().into());
    add("client_id_issued_at", client.created_at.seconds().into());
    add("registration_access_token", token.into());
    add("registration_client_uri", place.into());
    if !client.secrets.is_empty() {
        add("client_secret_expires_at", 0.into());
    }
    if let Some(secret) = secret {
        add("client_secret", secret.into());
    }
    Value::Object(told)
}
