//! Registering connections to Microsoft Entra ID and the domains pinned to them (microsoft.md 2.2, 2.3).
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use url::Url;

use super::change::Change;
use crate::keys::Sealer;
use crate::model::{Connection, ConnectionId, ConnectionState, Credential, EntraPin, TenantId, display_name};
use crate::store::StoreError;
use crate::world::{Secret, token::sha256};

/// How Tenantry proves itself to Microsoft, in clear.
#[derive(Clone, Debug)]
pub enum ClearCredential {
    Secret(Secret<String>),
    /// Private key and certificate, both PEM.
    Certificate {
        key: Secret<String>,
        certificate: String,
    },
}

/// A connection as it is asked for; nothing is checked yet.
#[derive(Clone, Debug)]
pub struct NewConnection {
    pub name: String,
    /// `https://login.microsoftonline.com`, or a national cloud.
    pub cloud_host: String,
    pub tid: String,
    pub client_id: String,
    pub credential: ClearCredential,
    pub mfa_asserted: bool,
    /// Tenant and e-mail domains whose people may bind without an invitation (case B).
    pub pin: Option<(TenantId, Vec<String>)>,
    /// http is accepted for a host on this machine (the demo, tests).
    pub allow_plain_http_loopback: bool,
}

/// What became of [`add`].
#[derive(Debug)]
pub enum ConnectionAdded {
    Added(Box<Connection>),
    /// Field and what it must look like.
    Invalid(&'static str, &'static str),
}

/// Registers a connection; its credential is sealed with the connection's id as context.
pub async fn add(change: &Change<'_>, sealer: &Sealer, new: NewConnection) -> Result<ConnectionAdded, StoreError> {
    let pin = new.pin.clone();
    let connection = match checked(change, sealer, new) {
        Ok(connection) => connection,
        Err((field, demand)) => return Ok(ConnectionAdded::Invalid(field, demand)),
    };
    let pin = match pin {
        None => None,
        Some((tenant, domains)) => match domains.iter().map(|domain| checked_domain(domain)).collect::<Option<Vec<_>>>() {
            Some(domains) if !domains.is_empty() => Some(EntraPin { tenant, connection: connection.id.clone(), domains }),
            _ => return Ok(ConnectionAdded::Invalid("domain", "a domain like example.com")),
        },
    };
    change
        .store
        .write(async |w| {
            w.insert_connection(&connection).await?;
            if let Some(pin) = &pin {
                w.insert_pin(pin).await?;
            }
            let detail = json!({ "tid": connection.tid, "domains": pin.as_ref().map(|pin| &pin.domains) });
            let tenant = pin.as_ref().map(|pin| &pin.tenant);
            change.record(w, "connection.add", connection.id.as_str(), (tenant, None), detail).await
        })
        .await?;
    Ok(ConnectionAdded::Added(Box::new(connection)))
}

fn checked(change: &Change<'_>, sealer: &Sealer, new: NewConnection) -> Result<Connection, (&'static str, &'static str)> {
    let id = ConnectionId::generate(change.now, change.entropy);
    let seal = |clear: &str| sealer.seal(id.as_str(), clear.as_bytes(), change.entropy);
    let credential = match &new.credential {
        ClearCredential::Secret(secret) if secret.expose().trim().len() < 16 => {
            return Err(("secret", "the value of the client secret, not its id: 16 characters or more"));
        }
        ClearCredential::Secret(secret) => Credential::Secret { sealed: seal(secret.expose().trim()) },
        ClearCredential::Certificate { key, certificate } => {
            if !key.expose().contains("PRIVATE KEY-----") {
                return Err(("key", "a private key in PEM form"));
            }
            let der = der_of(certificate).ok_or(("certificate", "a certificate in PEM form"))?;
            Credential::Certificate { sealed: seal(key.expose()), x5t_s256: URL_SAFE_NO_PAD.encode(sha256(&der)) }
        }
    };
    Ok(Connection {
        id: id.clone(),
        name: display_name(&new.name, 80).ok_or(("name", "1 to 80 characters, none of them invisible"))?,
        cloud_host: checked_host(&new.cloud_host, new.allow_plain_http_loopback)
            .ok_or(("cloud host", "an origin like https://login.microsoftonline.com"))?,
        tid: guid(&new.tid).ok_or(("tid", "the directory's id: a GUID, never common or organizations"))?,
        client_id: guid(&new.client_id).ok_or(("client id", "the application's id: a GUID"))?,
        credential,
        state: ConnectionState::Active,
        mfa_asserted: new.mfa_asserted,
        created_at: change.now,
    })
}

/// The bytes of the first certificate of a PEM text (RFC 7468 5).
fn der_of(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let compact: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(compact).ok().filter(|der| !der.is_empty())
}

fn checked_host(text: &str, plain_loopback: bool) -> Option<String> {
    let url = Url::parse(text.trim_end_matches('/')).ok()?;
    let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let good = url.scheme() == "https" || (plain_loopback && local && url.scheme() == "http");
    let origin = url.origin().ascii_serialization();
    (good && origin == text.trim_end_matches('/')).then_some(origin)
}

fn guid(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let shape = text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    (shape && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')).then_some(text)
}

fn checked_domain(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches('@').to_lowercase();
    let label = |l: &str| !l.is_empty() && !l.starts_with('-') && !l.ends_with('-') && l.chars().all(|c| c.is_alphanumeric() || c == '-');
    (text.contains('.') && text.len() <= 253 && text.split('.').all(label)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_pinned_to_one_directory() {
        assert_eq!(guid(" 11111111-2222-3333-4444-5555555555AA "), Some("11111111-2222-3333-4444-5555555555aa".into()));
        for bad in ["common", "organizations", "consumers", "11111111-2222-3333-4444-55555555555", "{11111111-2222-3333-4444-5555555555aa}"]
        {
            assert_eq!(guid(bad), None, "{bad}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_and_only_when_allowed() {
        assert_eq!(checked_host("https://login.microsoftonline.com/", false).as_deref(), Some("https://login.microsoftonline.com"));
        assert_eq!(checked_host("http://127.0.0.1:9", true).as_deref(), Some("http://127.0.0.1:9"));
        for (bad, allowed) in [("http://127.0.0.1:9", false), ("http://login.example.com", true), ("https://x.example/y", false)] {
            assert_eq!(checked_host(bad, allowed), None, "{bad}");
        }
    }
}
