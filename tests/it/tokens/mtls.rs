//! Certificates of clients (RFC 8705): as proof of the client, and as the key that tokens are bound to.
use std::net::SocketAddr;
use std::sync::Arc;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use serde_json::{Value, json};
use tenantry::model::{AuthMethod, ClientMetadata, GrantType};
use tenantry::protocol::Reason;
use tenantry::server::{self, ClientCertificates, Limits, TlsFiles};
use tenantry::service::Network;
use tenantry::service::bearer::{PresentedToken, Scheme};
use tenantry::service::client_auth::{Caller, authenticated};
use tenantry::service::clients::Preset;
use tenantry::service::possession::Possession;
use tenantry::service::userinfo::userinfo;
use tenantry::web;
use tenantry::world::sha256;

use super::reasons::{params, reason};
use super::{ALL, Answer, Arena, answer, claims, redemption};
use crate::harness::key_server::KeyServer;
use crate::harness::net;
use crate::harness::tenantry::{MORNING, Tenantry};

pub struct Pair {
    key: PKey<Private>,
    certificate: X509,
}

/// A certificate for `CN=name,O=Acme,C=DE`, by itself or by an authority, in force for some days from the test's time.
fn issue(name: &str, by: Option<&Pair>, days: std::ops::Range<i64>) -> Pair {
    let key = PKey::from_ec_key(EcKey::generate(&EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap()).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    for (kind, value) in [("C", "DE"), ("O", "Acme"), ("CN", name)] {
        subject.append_entry_by_text(kind, value).unwrap();
    }
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    let serial = BigNum::from_slice(&sha256(name.as_bytes())[..8]).unwrap().to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    let at = |day: i64| Asn1Time::from_unix(MORNING.seconds() + day * 86_400).unwrap();
    builder.set_not_before(&at(days.start)).unwrap();
    builder.set_not_after(&at(days.end)).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(by.map_or(&subject, |by| by.certificate.subject_name())).unwrap();
    builder.set_pubkey(&key).unwrap();
    let mut constraints = BasicConstraints::new();
    let constraints = if name.ends_with("authority") { constraints.critical().ca().build() } else { constraints.critical().build() };
    builder.append_extension(constraints.unwrap()).unwrap();
    let names = SubjectAlternativeName::new()
        .dns("localhost")
        .dns(&format!("{name}.acme.test"))
        .build(&builder.x509v3_context(None, None))
        .unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(by.map_or(&key, |by| &by.key), MessageDigest::sha256()).unwrap();
    Pair { key, certificate: builder.build() }
}

impl Pair {
    pub fn own(name: &str) -> Self {
        issue(name, None, -1..30)
    }

    fn der(&self) -> Vec<u8> {
        self.certificate.to_der().unwrap()
    }

    fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(sha256(&self.der()))
    }

    /// As RFC 9440 writes it.
    pub fn header(&self) -> String {
        format!(":{}:", STANDARD.encode(self.der()))
    }

    pub fn jwks(&self) -> Value {
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "x5c": [STANDARD.encode(self.der())] }] })
    }

    /// A client that trusts `server` and shows this certificate.
    #[expect(clippy::disallowed_methods, reason = "the tests are foreign parties and bring their own client")]
    fn client(&self, server: &Pair) -> reqwest::Client {
        let pem = [self.key.private_key_to_pem_pkcs8().unwrap(), self.certificate.to_pem().unwrap()].concat();
        let trusted = reqwest::Certificate::from_pem(&server.certificate.to_pem().unwrap()).unwrap();
        let identity = reqwest::Identity::from_pem(&pem).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).identity(identity).timeout(net::PATIENCE).build().unwrap()
    }
}

/// An arena behind a trusted proxy on this machine that hands certificates on.
async fn behind_proxy(authority: Option<&Pair>, details: impl FnOnce(&mut ClientMetadata)) -> Arena {
    let folder = tempfile(authority);
    let t = Tenantry::start_with(|config| {
        config.server.client_certificate_header = Some("Client-Cert".to_owned());
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
        config.server.mtls_url = Some("https://mtls.id.example".to_owned());
        config.server.client_authorities_file = folder.clone();
    })
    .await;
    let tenant = t.tenant("acme").await;
    let person = t.member(&tenant, "anna@acme.example").await;
    let (client, secret) = t.client(Preset::Web, |new| details(&mut new.metadata)).await;
    Arena { t, client, secret: secret.unwrap_or_default(), tenant, person }
}

fn tempfile(authority: Option<&Pair>) -> Option<std::path::PathBuf> {
    let pem = authority?.certificate.to_pem().unwrap();
    let path = std::env::temp_dir().join(format!("tenantry-authority-{}.pem", authority?.thumbprint()));
    std::fs::write(&path, pem).unwrap();
    Some(path)
}

async fn with_header(a: &Arena, headers: &[(&str, String)], form: &[(&str, &str)]) -> Answer {
    let form = [form, &[("client_id", a.client.id.as_str())]].concat();
    let mut request = net::client().post(a.t.url("/token")).form(&form);
    for (name, value) in headers {
        request = request.header(*name, value);
    }
    answer(request).await
}

fn machine(m: &mut ClientMetadata) {
    m.grant_types = vec![GrantType::ClientCredentials];
    m.scopes = vec!["orders".to_owned()];
}

const MACHINE: &[(&str, &str)] = &[("grant_type", "client_credentials")];

/// Serves the arena's routes over TLS, asking for certificates.
async fn serve_tls(a: &Arena, server: &Pair) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    server::install_provider();
    let folder = std::env::temp_dir();
    let (certificate, key) =
        (folder.join(format!("tenantry-{}.pem", server.thumbprint())), folder.join(format!("tenantry-{}.key", server.thumbprint())));
    std::fs::write(&certificate, server.certificate.to_pem().unwrap()).unwrap();
    std::fs::write(&key, server.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (router, limits) = (web::router(Arc::clone(&a.t.app)), Limits::from(&a.t.app.config.server));
    let files = TlsFiles { certificate, key, client_certificates: ClientCertificates::Asked };
    let served = tokio::spawn(async move {
        let _ = server::run(listener, router, limits, Some(files), std::future::pending()).await;
    });
    (address, served)
}

#[tokio::test]
async fn a_self_signed_certificate_proves_the_client_and_binds_its_tokens() {
    let (own, other, server) = (Pair::own("job"), Pair::own("thief"), Pair::own("server"));
    let jwks = own.jwks();
    let a = Arena::with(|m| {
        m.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
        m.jwks = Some(jwks);
        m.tls_client_certificate_bound_access_tokens = true;
    })
    .await;
    let (address, served) = serve_tls(&a, &server).await;
    let url = |path: &str| format!("https://localhost:{}{path}", address.port());
    let code = a.db_code(ALL).await;
    let form = [&redemption(&code)[..], &[("client_id", a.client.id.as_str())]].concat();
    let userinfo = async |client: reqwest::Client, token: &str| answer(client.get(url("/userinfo")).bearer_auth(token)).await;

    let stolen = answer(other.client(&server).post(url("/token")).form(&form)).await;
    let plain = answer(net::client().post(a.t.url("/token")).form(&form)).await;
    let tokens = answer(own.client(&server).post(url("/token")).form(&form)).await.good();
    let token = tokens.text("access_token");

    assert_eq!(stolen.error(), (401, "invalid_client"));
    assert_eq!(plain.error(), (401, "invalid_client"));
    assert_eq!(tokens.text("token_type"), "Bearer");
    assert_eq!(claims(token)["cnf"], json!({ "x5t#S256": own.thumbprint() }));
    assert_eq!(userinfo(own.client(&server), token).await.good().text("sub"), a.person.id.as_str());
    assert_eq!(userinfo(other.client(&server), token).await.error(), (401, "invalid_token"));
    assert_eq!(a.userinfo(token).await.error(), (401, "invalid_token"));
    let form = [("token", token), ("client_id", a.client.id.as_str())];
    let told = answer(own.client(&server).post(url("/introspect")).form(&form)).await.good().body;
    assert_eq!((&told["cnf"]["x5t#S256"], &told["token_type"]), (&json!(own.thumbprint()), &json!("Bearer")));
    served.abort();
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_proves_the_client_that_it_names() {
    let (authority, stranger) = (Pair::own("authority"), Pair::own("other authority"));
    let a = behind_proxy(Some(&authority), |m| {
        machine(m);
        m.token_endpoint_auth_method = AuthMethod::TlsClientAuth;
        m.tls_client_auth_subject_dn = Some("CN=job,O=Acme,C=DE".to_owned());
        m.tls_client_certificate_bound_access_tokens = true;
    })
    .await;
    let good = issue("job", Some(&authority), -1..30);
    let show = async |pair: &Pair| with_header(&a, &[("client-cert", pair.header())], MACHINE).await;

    let tokens = show(&good).await.good();
    assert_eq!(claims(tokens.text("access_token"))["cnf"]["x5t#S256"], json!(good.thumbprint()));
    for bad in [
        issue("jobs", Some(&authority), -1..30),
        issue("job", Some(&stranger), -1..30),
        issue("job", None, -1..30),
        issue("job", Some(&authority), -9..-1),
        issue("job", Some(&authority), 1..30),
    ] {
        assert_eq!(show(&bad).await.error(), (401, "invalid_client"));
    }
    assert_eq!(with_header(&a, &[], MACHINE).await.error(), (401, "invalid_client"));
    assert_eq!(with_header(&a, &[("client-cert", "x".into())], MACHINE).await.error(), (400, "invalid_request"));
    let twice = [("client-cert", good.header()), ("client-cert", good.header())];
    assert_eq!(with_header(&a, &twice, MACHINE).await.error(), (400, "invalid_request"));
}

#[tokio::test]
async fn a_name_among_the_alternatives_and_an_intermediate_authority_count() {
    let authority = Pair::own("authority");
    let between = issue("between authority", Some(&authority), -1..30);
    let good = issue("job", Some(&between), -1..30);
    let a = behind_proxy(Some(&authority), |m| {
        machine(m);
        m.token_endpoint_auth_method = AuthMethod::TlsClientAuth;
        m.tls_client_auth_san_dns = Some("job.acme.test".to_owned());
    })
    .await;

    let chain = [("client-cert", good.header()), ("client-cert-chain", between.header())];
    let tokens = with_header(&a, &chain, MACHINE).await.good();
    assert!(claims(tokens.text("access_token")).get("cnf").is_none(), "not registered for bound tokens");
    assert_eq!(with_header(&a, &chain[..1], MACHINE).await.error(), (401, "invalid_client"));
}

#[tokio::test]
async fn the_header_of_a_stranger_means_nothing() {
    let own = Pair::own("job");
    let jwks = own.jwks();
    let t = Tenantry::start_with(|config| {
        config.server.client_certificate_header = Some("Client-Cert".to_owned());
        config.server.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    })
    .await;
    let off = Tenantry::start().await;

    for t in [t, off] {
        let jwks = jwks.clone();
        let (client, _) = t
            .client(Preset::Machine, |new| {
                machine(&mut new.metadata);
                new.metadata.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
                new.metadata.jwks = Some(jwks);
            })
            .await;
        let form = [MACHINE, &[("client_id", client.id.as_str())]].concat();
        let request = net::client().post(t.url("/token")).header("client-cert", own.header()).form(&form);
        assert_eq!(answer(request).await.error(), (401, "invalid_client"));
    }
}

#[tokio::test]
async fn a_registered_key_proves_a_renewed_certificate() {
    let own = Pair::own("job");
    let key = own.key.ec_key().unwrap();
    let mut context = openssl::bn::BigNumContext::new().unwrap();
    let (mut x, mut y) = (BigNum::new().unwrap(), BigNum::new().unwrap());
    key.public_key().affine_coordinates(key.group(), &mut x, &mut y, &mut context).unwrap();
    let part = |n: &BigNum| URL_SAFE_NO_PAD.encode(n.to_vec_padded(32).unwrap());
    let jwks = json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": part(&x), "y": part(&y) }] });
    let a = behind_proxy(None, |m| {
        machine(m);
        m.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
        m.jwks = Some(jwks);
    })
    .await;

    assert_eq!(with_header(&a, &[("client-cert", own.header())], MACHINE).await.status, 200);
    assert_eq!(with_header(&a, &[("client-cert", Pair::own("job").header())], MACHINE).await.error(), (401, "invalid_client"));
}

#[tokio::test]
async fn each_certificate_that_is_refused_has_its_reason() {
    let (own, other) = (Pair::own("job"), Pair::own("thief"));
    let jwks = own.jwks();
    let a = behind_proxy(None, |m| {
        m.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
        m.jwks = Some(jwks);
        m.tls_client_certificate_bound_access_tokens = true;
    })
    .await;
    let (vouched, _) =
        a.t.client(Preset::Machine, |new| {
            machine(&mut new.metadata);
            new.metadata.token_endpoint_auth_method = AuthMethod::TlsClientAuth;
            new.metadata.tls_client_auth_san_dns = Some("job.acme.test".to_owned());
        })
        .await;
    let network = || Network::of(std::net::IpAddr::from([127, 0, 0, 1]));
    let proved = async |id: &str, certificates: Vec<Vec<u8>>| {
        let caller = Caller { authorization: None, possession: Possession { proof: None, certificates }, network: network() };
        reason(authenticated(&a.t.app, &a.t.app.registered(), &caller, &params(&[("client_id", id)]), a.now(), async |_| Ok(())).await)
    };
    let id = a.client.id.as_str();

    assert_eq!(proved(id, vec![own.der()]).await, None);
    assert_eq!(proved(id, vec![]).await, Some(Reason::CertificateMissing));
    assert_eq!(proved(id, vec![other.der()]).await, Some(Reason::CertificateOfAnother));
    assert_eq!(proved(id, vec![vec![1, 2, 3]]).await, Some(Reason::CertificateOfAnother));
    assert_eq!(proved(vouched.id.as_str(), vec![own.der()]).await, Some(Reason::CertificateUntrusted));

    let code = a.db_code(ALL).await;
    let tokens = with_header(&a, &[("client-cert", own.header())], &redemption(&code)).await.good();
    let asked = async |certificates: Vec<Vec<u8>>, scheme| {
        let possession = Possession { proof: None, certificates };
        let token = tokens.text("access_token").to_owned();
        reason(userinfo(&a.t.app, &PresentedToken { token, scheme, method: "GET", possession, network: network() }, a.now()).await)
    };
    assert_eq!(asked(vec![own.der()], Scheme::Bearer).await, None);
    assert_eq!(asked(vec![], Scheme::Bearer).await, Some(Reason::CertificateMissing));
    assert_eq!(asked(vec![other.der()], Scheme::Bearer).await, Some(Reason::BindingOfAnotherKey));
    assert_eq!(asked(vec![own.der()], Scheme::Dpop).await, Some(Reason::TokenUnbound));
}

#[tokio::test]
async fn the_metadata_names_certificates_only_where_they_are_seen() {
    let authority = Pair::own("authority");
    let with = behind_proxy(Some(&authority), |_| {}).await;
    let without = Arena::new().await;
    let document = async |a: &Arena| answer(net::client().get(a.t.url("/.well-known/openid-configuration"))).await.good().body;

    let (with, without) = (document(&with).await, document(&without).await);

    let methods = with["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&json!("tls_client_auth")) && methods.contains(&json!("self_signed_tls_client_auth")));
    assert_eq!(with["mtls_endpoint_aliases"]["token_endpoint"], "https://mtls.id.example/token");
    assert_eq!(with["tls_client_certificate_bound_access_tokens"], true);
    assert!(without.get("mtls_endpoint_aliases").is_none());
    assert!(!without["token_endpoint_auth_methods_supported"].to_string().contains("tls"));
}

#[tokio::test]
async fn a_self_signed_certificate_is_found_behind_the_jwks_uri() {
    let (server, own, renewed) = (KeyServer::start().await, Pair::own("job"), Pair::own("job"));
    let uri = server.uri.clone();
    let a = behind_proxy(None, |m| {
        machine(m);
        m.token_endpoint_auth_method = AuthMethod::SelfSignedTlsClientAuth;
        m.jwks_uri = Some(uri);
    })
    .await;
    let show = async |pair: &Pair| with_header(&a, &[("client-cert", pair.header())], MACHINE).await;

    assert_eq!(show(&own).await.error(), (401, "invalid_client"), "no keys yet");
    server.show(Some(own.jwks()));
    a.t.later(std::time::Duration::from_secs(60));
    assert_eq!((show(&own).await.status.as_u16(), show(&own).await.status.as_u16(), server.asked()), (200, 200, 2));
    server.show(Some(renewed.jwks()));
    assert_eq!(show(&renewed).await.error(), (401, "invalid_client"));
    assert_eq!(server.asked(), 2, "nobody makes us ask more than once a minute");
    a.t.later(std::time::Duration::from_secs(60));
    assert_eq!(show(&renewed).await.status, 200);
    assert_eq!(show(&own).await.error(), (401, "invalid_client"), "it stands there no more");
}
