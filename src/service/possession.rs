//! What a request proves about a key beside its client or token: a DPoP proof (RFC 9449) or the certificate of its TLS
//! connection (RFC 8705). Tokens are bound to it, and bound tokens are worth nothing without it.
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::bearer::{self, PresentedToken, Scheme};
use crate::app::App;
use crate::keys::{SelfSigned, certificate_thumbprint, verify_self_signed};
use crate::model::{Binding, Client};
use crate::protocol::discovery::url;
use crate::protocol::dpop::{ALGORITHMS, Demand, Nonce, Proof, ProofId, TYP, Target, check, invalid, required};
use crate::protocol::error::{ErrorCode, OAuthError, Reason};
use crate::store::{StoreError, Write};
use crate::world::{Timestamp, same};

/// A server nonce is made anew this often, and is the same on every node in between.
const NONCE_STEP: Duration = Duration::from_secs(60);
/// Steps for which a nonce is good after it was made.
const NONCE_STEPS: i64 = 5;
const NONCE_CONTEXT: &str = "dpop nonce";

/// As it came with a request; nothing in it is verified.
#[derive(Clone, Debug, Default)]
pub struct Possession {
    /// The value of the one `DPoP` header.
    pub proof: Option<String>,
    /// The certificate chain of the TLS connection, in DER, the sender's own first. That it has the key is proven.
    pub certificates: Vec<Vec<u8>>,
}

impl Possession {
    /// `x5t#S256` of the sender's certificate (RFC 8705 3.1).
    fn certificate(&self) -> Option<String> {
        self.certificates.first().map(|der| certificate_thumbprint(der))
    }
}

/// The endpoint that a request was sent to.
#[derive(Clone, Copy, Debug)]
pub struct Endpoint<'a> {
    pub method: &'a str,
    pub path: &'a str,
}

/// The key that what is issued now will be bound to, and the proof of it, to be used up when something is written.
#[derive(Clone, Debug, Default)]
pub struct Holder {
    pub binding: Option<Binding>,
    proof: Option<ProofId>,
}

impl Holder {
    /// Uses the proof up, in the transaction of what it is good for. A second use of it changes nothing.
    ///
    /// # Errors
    /// The inner one is `invalid_dpop_proof`: it was used before, here or on another node (RFC 9449 11.1).
    pub async fn use_up(&self, w: &mut Write) -> Result<Result<(), OAuthError>, StoreError> {
        let Some(proof) = &self.proof else { return Ok(Ok(())) };
        let first = w.use_proof(&proof.digest, proof.expires_at).await?;
        Ok(if first { Ok(()) } else { Err(invalid(Reason::ProofReplayed)) })
    }

    /// Is there a proof to be used up?
    pub fn is_due(&self) -> bool {
        self.proof.is_some()
    }

    /// The thumbprint of the key of a DPoP proof.
    pub fn jkt(&self) -> Option<&str> {
        match &self.binding {
            Some(Binding::Jkt(jkt)) => Some(jkt),
            _ => None,
        }
    }
}

/// What a request to an endpoint for clients proves. The one place that decides what tokens are bound to.
///
/// # Errors
/// `invalid_dpop_proof`, `use_dpop_nonce`; `invalid_request` for a client that registered for bound tokens and proves no
/// key (RFC 9449 5.2).
pub fn holder(app: &App, client: &Client, possession: &Possession, at: Endpoint<'_>, now: Timestamp) -> Result<Holder, OAuthError> {
    if client.metadata.tls_client_certificate_bound_access_tokens {
        // RFC 8705 3: one key and not two; which one is registered.
        if possession.proof.is_some() {
            return Err(invalid(Reason::BindingOfAnotherKey));
        }
        let thumbprint = possession.certificate().ok_or_else(certificate_due)?;
        return Ok(Holder { binding: Some(Binding::Certificate(thumbprint)), proof: None });
    }
    match &possession.proof {
        Some(text) => {
            let (jkt, id) = proven(app, text, at, None, demand(app, Some(client)), now)?;
            Ok(Holder { binding: Some(Binding::Jkt(jkt)), proof: Some(id) })
        }
        None if client.metadata.dpop_bound_access_tokens => Err(required()),
        None => Ok(Holder::default()),
    }
}

/// The key that a pushed authorization request names by a proof (RFC 9449 10.1); it may do without. Tokens are bound, and
/// the demand for that is made, where they are issued.
///
/// # Errors
/// `invalid_dpop_proof`, `use_dpop_nonce`; `invalid_request` when `dpop_jkt` beside it names another key.
pub fn pushed(
    app: &App,
    client: &Client,
    possession: &Possession,
    jkt: Option<&str>,
    at: Endpoint<'_>,
    now: Timestamp,
) -> Result<Holder, OAuthError> {
    let Some(text) = &possession.proof else { return Ok(Holder::default()) };
    let (proven, id) = proven(app, text, at, None, demand(app, Some(client)), now)?;
    if jkt.is_some_and(|named| named != proven) {
        let text = "dpop_jkt and the DPoP proof name two keys";
        return Err(OAuthError::new(ErrorCode::InvalidRequest, text, Reason::BindingOfAnotherKey));
    }
    Ok(Holder { binding: Some(Binding::Jkt(proven)), proof: Some(id) })
}

fn certificate_due() -> OAuthError {
    let text = "The client must send its TLS certificate";
    OAuthError::new(ErrorCode::InvalidRequest, text, Reason::CertificateMissing)
}

/// What a request proves about the key that its access token is bound to; the proof is still to be used up.
///
/// # Errors
/// `invalid_token` for a bound token without its key, or a token sent as `DPoP` that is not bound (RFC 9449 7.1, 7.2);
/// `invalid_dpop_proof`, `use_dpop_nonce`.
pub(super) fn of_token(
    app: &App,
    client: Option<&Client>,
    sent: &PresentedToken,
    bound: Option<&Binding>,
    at: Endpoint<'_>,
    now: Timestamp,
) -> Result<Option<ProofId>, OAuthError> {
    match (bound, sent.scheme) {
        (None, Scheme::Bearer) => Ok(None),
        (None | Some(Binding::Certificate(_)), Scheme::Dpop) => Err(bearer::invalid(Reason::TokenUnbound)),
        (Some(Binding::Jkt(_)), Scheme::Bearer) => Err(bearer::invalid(Reason::TokenBound)),
        (Some(Binding::Certificate(bound)), Scheme::Bearer) => match sent.possession.certificate() {
            None => Err(bearer::invalid(Reason::CertificateMissing)),
            Some(found) if same(found.as_bytes(), bound.as_bytes()) => Ok(None),
            Some(_) => Err(bearer::invalid(Reason::BindingOfAnotherKey)),
        },
        (Some(Binding::Jkt(bound)), Scheme::Dpop) => {
            let text = sent.possession.proof.as_deref().ok_or_else(|| invalid(Reason::ProofMissing))?;
            let (jkt, id) = proven(app, text, at, Some(&sent.token), demand(app, client), now)?;
            // RFC 9449 4.3, number 12.
            if same(jkt.as_bytes(), bound.as_bytes()) { Ok(Some(id)) } else { Err(bearer::invalid(Reason::BindingOfAnotherKey)) }
        }
    }
}

fn demand(app: &App, client: Option<&Client>) -> Demand {
    let demanded = app.config.server.require_dpop_nonces || client.is_some_and(|client| client.metadata.require_dpop_nonce);
    if demanded { Demand::Nonce } else { Demand::Nothing }
}

/// Verifies a proof down to its single use, which is decided where it is written. Gives the thumbprint of its key.
///
/// # Errors
/// `invalid_dpop_proof`, `use_dpop_nonce`.
fn proven(
    app: &App,
    text: &str,
    at: Endpoint<'_>,
    token: Option<&str>,
    demand: Demand,
    now: Timestamp,
) -> Result<(String, ProofId), OAuthError> {
    let proof = read(text).ok_or_else(|| invalid(Reason::ProofMalformed))?;
    let mut urls = vec![url(app.issuer(), at.path)];
    urls.extend(app.config.server.mtls_url.as_deref().map(|alias| url(alias, at.path)));
    let nonce = proof.nonce.as_deref().map_or(Nonce::Absent, |nonce| known(app, nonce, now));
    let id = check(&proof, &Target { method: at.method, urls: &urls, token }, nonce, demand, now)?;
    Ok((proof.jkt, id))
}

/// RFC 9449 4.3, numbers 2 to 7. A claim of a wrong type spoils the proof (security.md D05, D07).
fn read(text: &str) -> Option<Proof> {
    let SelfSigned { jkt, claims } = verify_self_signed(text, TYP, ALGORITHMS).ok()?;
    let claim = |name: &str| claims.text(name).map(|text| text.map(str::to_owned)).ok();
    Some(Proof {
        jkt,
        jti: claim("jti")?,
        htm: claim("htm")?,
        htu: claim("htu")?,
        iat: claims.times().ok()?.iat,
        ath: claim("ath")?,
        nonce: claim("nonce")?,
    })
}

/// The nonce for proofs of the next minutes (RFC 9449 8). Nothing is stored: it is a time and its keyed digest.
pub fn nonce(app: &App, now: Timestamp) -> String {
    nonce_of(app, step(now))
}

fn nonce_of(app: &App, step: i64) -> String {
    let step = step.to_be_bytes();
    let tag = app.sealer.mac(NONCE_CONTEXT, &step);
    URL_SAFE_NO_PAD.encode([&step[..], &tag[..16]].concat())
}

fn known(app: &App, nonce: &str, now: Timestamp) -> Nonce {
    let latest = step(now);
    // One step ahead: the clock of the node that made it may be a little fast.
    let current = (latest - NONCE_STEPS..=latest + 1).any(|step| same(nonce.as_bytes(), nonce_of(app, step).as_bytes()));
    if current { Nonce::Ours } else { Nonce::Stale }
}

fn step(now: Timestamp) -> i64 {
    now.seconds().div_euclid(i64::try_from(NONCE_STEP.as_secs()).expect("a minute fits"))
}
