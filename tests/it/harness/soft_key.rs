//! An authenticator in software: makes passkeys and signs with them as a device does, or wrongly where a test wants it
//! (WebAuthn Level 3, 6). Its browser says the origin that the test gives it.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::browser::Browser;
use super::html::Form;

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const COPYABLE: u8 = 0x08;
const COPIED: u8 = 0x10;
const MADE: u8 = 0x40;

/// One passkey on one device, with everything that a test may bend.
#[derive(Clone)]
pub struct SoftKey {
    pkcs8: Vec<u8>,
    pub id: Vec<u8>,
    /// The person's handle, as it was told when the passkey was made.
    pub handle: Option<String>,
    /// What the browser says where it is.
    pub origin: String,
    pub rp_id: String,
    pub counter: u32,
    pub present: bool,
    pub verified: bool,
    pub synced: bool,
    /// Signs another challenge than the one that it was given.
    pub challenge: Option<String>,
    pub kind: &'static str,
    pub cross_origin: bool,
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    ring::rand::SecureRandom::fill(&SystemRandom::new(), &mut bytes).unwrap();
    bytes
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes).as_ref().to_vec()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl SoftKey {
    /// A device whose browser stands at this origin.
    pub fn at(origin: &str) -> Self {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &SystemRandom::new()).unwrap();
        Self {
            pkcs8: pkcs8.as_ref().to_vec(),
            id: random(32),
            handle: None,
            origin: origin.to_owned(),
            rp_id: "localhost".to_owned(),
            counter: 0,
            present: true,
            verified: true,
            synced: false,
            challenge: None,
            kind: "",
            cross_origin: false,
        }
    }

    /// The credential's id as it travels.
    pub fn name(&self) -> String {
        encode(&self.id)
    }

    fn pair(&self) -> EcdsaKeyPair {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8, &SystemRandom::new()).unwrap()
    }

    fn client_data(&self, kind: &str, options: &Value) -> Vec<u8> {
        let kind = if self.kind.is_empty() { kind } else { self.kind };
        let challenge = self.challenge.clone().unwrap_or_else(|| options["challenge"].as_str().unwrap().to_owned());
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": self.cross_origin }).to_string().into_bytes()
    }

    fn authenticator_data(&self, more: u8) -> Vec<u8> {
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let copied = flag(self.synced, COPYABLE | COPIED);
        let mut data = sha256(self.rp_id.as_bytes());
        data.push(flag(self.present, PRESENT) | flag(self.verified, VERIFIED) | copied | more);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// Makes the passkey (`navigator.credentials.create`).
    pub fn create(&mut self, options: &Value) -> Value {
        self.handle = Some(options["user"]["id"].as_str().unwrap().to_owned());
        let client_data = self.client_data("webauthn.create", options);
        let mut data = self.authenticator_data(MADE);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).unwrap().to_be_bytes());
        data.extend(&self.id);
        // RFC 9053: { 1: 2, 3: -7, -1: 1, -2: x, -3: y }
        let pair = self.pair();
        let point = pair.public_key().as_ref();
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(&point[1..33]);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(&point[33..]);
        // { "fmt": "none", "attStmt": {}, "authData": bytes } (RFC 8949)
        let mut object = vec![0xa3, 0x63];
        object.extend(b"fmt\x64none\x67attStmt\xa0\x68authData\x59");
        object.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        object.extend(data);
        let response = json!({ "clientDataJSON": encode(client_data), "attestationObject": encode(object) });
        json!({ "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key", "response": response })
    }

    /// Signs (`navigator.credentials.get`). The counter rises, unless the device does not count.
    pub fn sign(&mut self, options: &Value) -> Value {
        let client_data = self.client_data("webauthn.get", options);
        if self.counter > 0 {
            self.counter += 1;
        }
        let data = self.authenticator_data(0);
        let signed = [data.clone(), sha256(&client_data)].concat();
        let signature = self.pair().sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "clientDataJSON": encode(client_data), "authenticatorData": encode(data), "signature": encode(signature),
            "userHandle": self.handle,
        });
        json!({ "id": encode(&self.id), "rawId": encode(&self.id), "type": "public-key", "response": response })
    }
}

/// Sets a field of a form.
pub fn set(form: &mut Form, name: &str, value: &str) {
    match form.fields.iter_mut().find(|(field, _)| field == name) {
        Some((_, old)) => value.clone_into(old),
        None => form.fields.push((name.to_owned(), value.to_owned())),
    }
}

/// What the script of a page does first: asks for the question of the form that `css` names. Gives the form and what came.
pub async fn question(browser: &mut Browser, css: &str) -> (Form, Value) {
    let form = browser.form(css);
    let mut options = form.clone();
    options.action.set_path(&format!("{}/options", form.action.path()));
    browser.send(options).await;
    let offer = serde_json::from_str(&browser.page().body).unwrap_or_else(|_| panic!("no question: {}", browser.page()));
    (form, offer)
}

/// The whole script: asks, lets the device sign, sends the form. Gives the status of the page after it.
pub async fn show(browser: &mut Browser, css: &str, key: &mut SoftKey) -> u16 {
    let (form, offer) = question(browser, css).await;
    assert!(offer["publicKey"].is_object(), "a question was asked: {offer}");
    answer(browser, form, &offer, &key.sign(&offer["publicKey"])).await
}

/// Sends an answer to a question.
pub async fn answer(browser: &mut Browser, mut form: Form, offer: &Value, answer: &Value) -> u16 {
    set(&mut form, "challenge", offer["challenge"].as_str().unwrap());
    set(&mut form, "answer", &answer.to_string());
    browser.send(form).await;
    if browser.left().is_some() { 303 } else { browser.page().status }
}
