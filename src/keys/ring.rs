//! The ring of signing keys: what signs, what still verifies, what is published. Immutable; rebuilt when a key changes.
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use josekit::jws::{JwsSigner, JwsVerifier};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::claims::StrictClaims;
use super::jwt::{Compact, JwtError};
use super::material::{self, KeyError};
use super::seal::Sealer;
use crate::model::{KeyState, SigningAlg, SigningKeyRow};
use crate::world::Timestamp;

/// How far the clocks of two nodes may be apart.
const SKEW: Duration = Duration::from_secs(60);

/// What a token of ours is for. Pinned at every verification, so that none passes for another (RFC 8725 3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typ {
    /// RFC 9068 2.1
    AccessToken,
    /// RFC 7519 5.1
    IdToken,
    /// OpenID Connect Back-Channel Logout 2.4
    LogoutToken,
}

impl Typ {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "at+jwt",
            Self::IdToken => "JWT",
            Self::LogoutToken => "logout+jwt",
        }
    }
}

/// All stored keys, parsed once.
pub struct KeyRing {
    signing: BTreeMap<SigningAlg, Active>,
    verifying: HashMap<String, Known>,
    jwks: Arc<str>,
}

struct Active {
    kid: String,
    signer: Arc<dyn JwsSigner>,
}

struct Known {
    alg: SigningAlg,
    verifier: Arc<dyn JwsVerifier>,
    /// From when to when it may have signed something that still counts.
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Expiry {
    Checked,
    Ignored,
}

impl KeyRing {
    /// Opens and parses the stored keys. All of them are published, so rows past `retires_at` must be gone
    /// (rotation drops them); they verify nothing in any case.
    ///
    /// # Errors
    /// [`KeyError`] when an active or next key cannot be opened with this master key, or a row is no usable key.
    pub fn load(rows: &[SigningKeyRow], sealer: &Sealer) -> Result<Self, KeyError> {
        let mut ring = Self { signing: BTreeMap::new(), verifying: HashMap::new(), jwks: Arc::from("") };
        let mut published = Vec::new();
        for row in rows {
            let jwk = published_jwk(row).ok_or_else(|| KeyError::Unusable { kid: row.kid.clone(), alg: row.alg })?;
            let verifier = material::verifier(row.alg, &jwk).map_err(|_| KeyError::Unusable { kid: row.kid.clone(), alg: row.alg })?;
            published.push(jwk);
            ring.verifying.insert(row.kid.clone(), Known { alg: row.alg, verifier, from: begin(row), until: end(row) });
            if row.state != KeyState::Retired {
                // A next key is opened too: a wrong master key must be noticed before the key's day comes.
                let signer = material::signer(row, sealer)?;
                if row.state == KeyState::Active {
                    ring.signing.insert(row.alg, Active { kid: row.kid.clone(), signer });
                }
            }
        }
        ring.jwks = json!({ "keys": published }).to_string().into();
        Ok(ring)
    }

    /// The JWK set to publish (RFC 7517 5), ready to be sent.
    pub const fn jwks(&self) -> &Arc<str> {
        &self.jwks
    }

    /// Has this algorithm a key that signs?
    pub fn signs(&self, alg: SigningAlg) -> bool {
        self.signing.contains_key(&alg)
    }

    /// Signs claims with the active key of `alg`; the header carries `alg`, `kid` and `typ`.
    ///
    /// # Errors
    /// [`KeyError::NoActiveKey`], [`KeyError::Claims`] or [`KeyError::Signing`].
    pub fn sign(&self, alg: SigningAlg, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
        let active = self.signing.get(&alg).ok_or(KeyError::NoActiveKey(alg))?;
        let header = json!({ "alg": alg, "kid": active.kid, "typ": typ }).to_string();
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(serde_json::to_vec(claims)?, &mut token);
        let signature = active.signer.sign(token.as_bytes()).map_err(|_| KeyError::Signing(alg))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// Verifies a token of ours: signature, `typ`, `iss`, `exp` and `nbf`. Whom it is for (`aud`), and whether it was
    /// revoked, is for the caller to decide.
    ///
    /// # Errors
    /// A [`JwtError`].
    pub fn verify<C: DeserializeOwned>(&self, token: &str, typ: Typ, issuer: &str, now: Timestamp) -> Result<C, JwtError> {
        self.verify_with(token, typ, issuer, now, Expiry::Checked)
    }

    /// Verifies an ID token that comes back as a hint: its expiry does not matter
    /// (OpenID Connect RP-Initiated Logout 2), everything else does.
    ///
    /// # Errors
    /// A [`JwtError`].
    pub fn verify_hint<C: DeserializeOwned>(&self, token: &str, issuer: &str, now: Timestamp) -> Result<C, JwtError> {
        self.verify_with(token, Typ::IdToken, issuer, now, Expiry::Ignored)
    }

    fn verify_with<C: DeserializeOwned>(&self, token: &str, typ: Typ, issuer: &str, now: Timestamp, expiry: Expiry) -> Result<C, JwtError> {
        let compact = Compact::parse(token)?;
        compact.require_typ(typ.as_str())?;
        let known = compact.kid.as_deref().and_then(|kid| self.verifying.get(kid)).ok_or(JwtError::UnknownKey)?;
        // RFC 8725 3.1: the algorithm is the key's, not the header's.
        if compact.alg != known.alg {
            return Err(JwtError::Algorithm);
        }
        // security.md D17
        if known.from.is_some_and(|from| from > now.plus(SKEW)) || known.until.is_some_and(|until| until <= now) {
            return Err(JwtError::KeyState);
        }
        known.verifier.verify(compact.signed, &compact.signature).map_err(|_| JwtError::Signature)?;
        let claims = StrictClaims::parse(&compact.payload)?;
        if claims.text("iss")? != Some(issuer) {
            return Err(JwtError::Issuer);
        }
        let times = claims.times()?;
        times.begun(now, SKEW)?;
        if expiry == Expiry::Checked {
            times.unexpired(now, Duration::ZERO)?;
        }
        serde_json::from_value(Value::Object(claims.into_map())).map_err(|_| JwtError::Claims)
    }
}

/// A next key may already sign on another node once its time has come; before that nothing of it counts.
fn begin(row: &SigningKeyRow) -> Option<Timestamp> {
    (row.state == KeyState::Next).then_some(row.activates_at)
}

/// Until when the tokens of a key count. A retired key without a date counts for nothing.
fn end(row: &SigningKeyRow) -> Option<Timestamp> {
    match row.state {
        KeyState::Retired => Some(row.retires_at.unwrap_or(Timestamp::from_micros(i64::MIN))),
        KeyState::Active | KeyState::Next => row.retires_at,
    }
}

/// The public members alone, whatever the column holds (security.md D16).
fn published_jwk(row: &SigningKeyRow) -> Option<Map<String, Value>> {
    let stored: Map<String, Value> = serde_json::from_str(&row.public_jwk).ok()?;
    let mut jwk = Map::new();
    jwk.insert("kid".into(), row.kid.as_str().into());
    jwk.insert("use".into(), "sig".into());
    jwk.insert("alg".into(), row.alg.as_str().into());
    jwk.extend(material::public_members(&stored));
    Some(jwk)
}
