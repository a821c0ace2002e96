//! Sealing of stored secrets (security.md D20) and keyed digests, both under one master key.
use std::collections::BTreeSet;
use std::sync::Arc;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;
use zeroize::Zeroizing;

use crate::world::{Entropy, Secret, same};

const VERSION: &str = "v1";

/// Why a sealed text could not be opened. None of them tells anything about the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("the text is not 32 random bytes in base64")]
    NotAMasterKey,
    #[error("the sealed text is malformed")]
    Malformed,
    #[error("the text was sealed with another master key")]
    OtherKey,
    #[error("the sealed text was changed, or belongs to another place")]
    Forged,
}

/// The one key under which everything at rest is sealed. Kept in a file or given by the environment, never stored.
pub struct MasterKey(Secret<[u8; 32]>);

impl MasterKey {
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new([0u8; 32]);
        entropy.fill(&mut *bytes);
        Self(Secret::new(*bytes))
    }

    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Secret::new(bytes))
    }

    /// Reads the key as [`MasterKey::to_text`] writes it; base64url and missing padding are fine too, and white
    /// space around it is ignored.
    ///
    /// # Errors
    /// [`SealError::NotAMasterKey`] when it is not 32 bytes, or so regular that nobody drew it at random
    /// (security.md O02).
    pub fn from_text(text: &str) -> Result<Self, SealError> {
        let plain: Zeroizing<String> = Zeroizing::new(text.trim().trim_end_matches('=').replace('+', "-").replace('/', "_"));
        let decoded = Zeroizing::new(URL_SAFE_NO_PAD.decode(plain.as_bytes()).map_err(|_| SealError::NotAMasterKey)?);
        let bytes = Zeroizing::new(<[u8; 32]>::try_from(decoded.as_slice()).map_err(|_| SealError::NotAMasterKey)?);
        let different: BTreeSet<u8> = bytes.iter().copied().collect();
        let text = plain.as_bytes();
        let repeats = (1..=text.len() / 2).any(|unit| text.iter().zip(&text[unit..]).all(|(a, b)| a == b));
        if different.len() < 16 || repeats {
            return Err(SealError::NotAMasterKey);
        }
        Ok(Self(Secret::new(*bytes)))
    }

    /// The key as base64 text, for the key file and the configuration.
    pub fn to_text(&self) -> Secret<String> {
        Secret::new(STANDARD.encode(self.0.expose()))
    }

    /// A key of its own for each purpose (HMAC-SHA256 as the expanding function, RFC 5869 2.3 with one block).
    fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, self.0.expose());
        let tag = hmac::sign(&root, format!("tenantry {purpose}\u{1}").as_bytes());
        Zeroizing::new(tag.as_ref().try_into().expect("an HMAC-SHA256 tag has 32 bytes"))
    }
}

/// Seals, opens and authenticates under the master key. Cheap to clone.
#[derive(Clone)]
pub struct Sealer(Arc<Inner>);

struct Inner {
    key_id: String,
    aead: LessSafeKey,
    mac: hmac::Key,
}

impl Sealer {
    pub fn new(master: MasterKey) -> Self {
        let aead = UnboundKey::new(&AES_256_GCM, &*master.derive("seal")).expect("an AES-256 key has 32 bytes");
        Self(Arc::new(Inner {
            key_id: URL_SAFE_NO_PAD.encode(&master.derive("key id")[..6]),
            aead: LessSafeKey::new(aead),
            mac: hmac::Key::new(hmac::HMAC_SHA256, &*master.derive("mac")),
        }))
    }

    /// Eight characters that name the master key without telling it.
    pub fn key_id(&self) -> &str {
        &self.0.key_id
    }

    /// Encrypts with AES-256-GCM under a fresh random nonce. `context` says where the text belongs (kind and id);
    /// the same context must be given to open it, so that sealed texts cannot be moved between rows.
    pub fn seal(&self, context: &str, plain: &[u8], entropy: &dyn Entropy) -> String {
        let mut nonce = [0u8; NONCE_LEN];
        entropy.fill(&mut nonce);
        let mut buffer = plain.to_vec();
        self.0
            .aead
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(self.aad(context)), &mut buffer)
            .expect("sealing fails only beyond 64 GiB");
        format!("{VERSION}.{}.{}.{}", self.0.key_id, URL_SAFE_NO_PAD.encode(nonce), URL_SAFE_NO_PAD.encode(buffer))
    }

    /// Decrypts what [`Sealer::seal`] made with the same context.
    ///
    /// # Errors
    /// [`SealError::Malformed`], [`SealError::OtherKey`] or [`SealError::Forged`].
    pub fn open(&self, context: &str, sealed: &str) -> Result<Secret<Vec<u8>>, SealError> {
        let mut parts = sealed.split('.');
        let (Some(VERSION), Some(key_id), Some(nonce), Some(text), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SealError::Malformed);
        };
        if !same(key_id.as_bytes(), self.0.key_id.as_bytes()) {
            return Err(SealError::OtherKey);
        }
        let nonce = URL_SAFE_NO_PAD.decode(nonce).map_err(|_| SealError::Malformed)?;
        let nonce = Nonce::try_assume_unique_for_key(&nonce).map_err(|_| SealError::Malformed)?;
        let mut buffer = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| SealError::Malformed)?);
        let plain = self.0.aead.open_in_place(nonce, Aad::from(self.aad(context)), &mut buffer).map_err(|_| SealError::Forged)?;
        Ok(Secret::new(plain.to_vec()))
    }

    /// HMAC-SHA256 under a key of its own. Different contexts never give the same value for the same data.
    pub fn mac(&self, context: &str, data: &[u8]) -> [u8; 32] {
        let mut tag = hmac::Context::with_key(&self.0.mac);
        tag.update(&(context.len() as u64).to_be_bytes());
        tag.update(context.as_bytes());
        tag.update(data);
        tag.sign().as_ref().try_into().expect("an HMAC-SHA256 tag has 32 bytes")
    }

    fn aad(&self, context: &str) -> String {
        format!("{VERSION}.{}.{context}", self.0.key_id)
    }
}
