//! The TLS listener: both versions of HTTP, and a certificate that is replaced while it runs.
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Instance;
use crate::harness::net::PATIENCE;
use crate::harness::process::Process;

struct Pair {
    certificate: PathBuf,
    key: PathBuf,
}

/// Has openssl make a certificate for localhost, good for a day.
fn make_pair(folder: &Path, name: &str) -> Pair {
    let pair = Pair { certificate: folder.join(format!("{name}.pem")), key: folder.join(format!("{name}.key")) };
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"])
        .args([
            "-subj",
            &format!("/CN={name}"),
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-out")
        .arg(&pair.certificate)
        .arg("-keyout")
        .arg(&pair.key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    pair
}

impl Pair {
    fn copy_to(&self, place: &Pair) {
        std::fs::copy(&self.certificate, &place.certificate).unwrap();
        std::fs::copy(&self.key, &place.key).unwrap();
    }

    /// A client that trusts this certificate and no other.
    #[expect(clippy::disallowed_methods, reason = "the tests are foreign parties and bring their own client")]
    fn client(&self) -> reqwest::Client {
        tenantry::server::install_provider();
        let trusted = reqwest::Certificate::from_pem(&std::fs::read(&self.certificate).unwrap()).unwrap();
        reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).timeout(PATIENCE).build().unwrap()
    }
}

fn hang_up(process: &Process) {
    let asked = Command::new("sh").args(["-c", &format!("kill -HUP {}", process.id())]).status().unwrap();
    assert!(asked.success());
}

#[tokio::test]
async fn the_certificate_is_replaced_while_the_server_runs_and_a_broken_one_is_not_taken() {
    let instance = Instance::new();
    let folder = instance.folder.path();
    let (first, second) = (make_pair(folder, "first"), make_pair(folder, "second"));
    let place = Pair { certificate: folder.join("served.pem"), key: folder.join("served.key") };
    first.copy_to(&place);
    let certificate = format!("server.tls_certificate_file={}", place.certificate.display());
    let key = format!("server.tls_key_file={}", place.key.display());

    let (mut process, address) = instance.serve(&["--issuer", "https://localhost", "--set", &certificate, "--set", &key]).await;
    let url = format!("https://{address}/healthz");
    let answer = first.client().get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
    assert!(second.client().get(&url).send().await.is_err());

    second.copy_to(&place);
    hang_up(&process);
    process.line("was read again").await;
    assert_eq!(second.client().get(&url).send().await.unwrap().status(), 200);
    assert!(first.client().get(&url).send().await.is_err());

    std::fs::copy(&first.key, &place.key).unwrap();
    hang_up(&process);
    process.line("the old one stays").await;
    assert_eq!(second.client().get(&url).send().await.unwrap().status(), 200);
}

#[test]
fn a_key_of_another_certificate_is_refused_at_the_start() {
    let instance = Instance::new();
    let (first, second) = (make_pair(instance.folder.path(), "first"), make_pair(instance.folder.path(), "second"));

    let certificate = format!("server.tls_certificate_file={}", first.certificate.display());
    let key = format!("server.tls_key_file={}", second.key.display());
    let done = instance.run(&["serve", "--issuer", "https://localhost", "--set", &certificate, "--set", &key]);

    done.refused("TLS:");
}

/// A client that shows this certificate and trusts that one.
#[expect(clippy::disallowed_methods, reason = "the tests are foreign parties and bring their own client")]
fn showing(own: &Pair, trusted: &Pair) -> reqwest::Client {
    tenantry::server::install_provider();
    let pem = [std::fs::read(&own.key).unwrap(), std::fs::read(&own.certificate).unwrap()].concat();
    let identity = reqwest::Identity::from_pem(&pem).unwrap();
    let trusted = reqwest::Certificate::from_pem(&std::fs::read(&trusted.certificate).unwrap()).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).identity(identity).timeout(PATIENCE).build().unwrap()
}

/// Registers an application that proves itself by this certificate; gives its id.
fn registered(instance: &Instance, own: &Pair) -> String {
    let pem = std::fs::read_to_string(&own.certificate).unwrap();
    let der: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let metadata = serde_json::json!({
        "token_endpoint_auth_method": "self_signed_tls_client_auth",
        "tls_client_certificate_bound_access_tokens": true,
        "jwks": { "keys": [{ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "x5c": [der] }] },
    });
    let file = instance.folder.path().join("job.json");
    std::fs::write(&file, metadata.to_string()).unwrap();
    let file = file.to_str().unwrap();
    let add = ["client", "add", "--preset", "machine", "--name", "Job", "--scope", "orders", "--metadata-file", file, "--json"];
    instance.run(&add).json()["client_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_second_listener_asks_for_certificates_and_serves_the_endpoints_for_clients_alone() {
    let instance = Instance::new();
    let folder = instance.folder.path();
    let (server, own, other) = (make_pair(folder, "server"), make_pair(folder, "job"), make_pair(folder, "thief"));
    assert_eq!(instance.run(&["migrate"]).code, 0);
    let job = registered(&instance, &own);
    let certificate = format!("server.tls_certificate_file={}", server.certificate.display());
    let key = format!("server.tls_key_file={}", server.key.display());
    let args = ["serve", "--issuer", "https://localhost", "--set", &certificate, "--set", &key];
    let second = ["--set", "server.mtls_listen=127.0.0.1:0", "--set", "server.mtls_url=https://mtls.localhost"];
    let mut process = Process::tenantry(&[&args[..], &second].concat(), &instance.env());
    let (mut people, mut clients) = (None, None);
    while people.is_none() || clients.is_none() {
        let line = process.line("127.0.0.1:").await;
        let port = line.split("127.0.0.1:").nth(1).unwrap().chars().take_while(char::is_ascii_digit).collect::<String>();
        let place = if line.contains("certificates") { &mut clients } else { &mut people };
        *place = Some(port);
    }
    let (people, clients) = (people.unwrap(), clients.unwrap());
    let form = [("grant_type", "client_credentials"), ("client_id", job.as_str())];
    let ask = async |client: &reqwest::Client, port: &str| {
        let answer = client.post(format!("https://localhost:{port}/token")).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<serde_json::Value>().await.unwrap())
    };
    let (own, other, bare) = (showing(&own, &server), showing(&other, &server), server.client());

    let (status, tokens) = ask(&own, &clients).await;
    assert_eq!((status, tokens["token_type"].as_str()), (200, Some("Bearer")), "{tokens}");
    for (client, port, why) in [
        (&other, &clients, "another certificate"),
        (&bare, &clients, "none: it is asked for, and a client may do without"),
        (&own, &people, "the first listener asks nobody"),
    ] {
        let (status, refused) = ask(client, port).await;
        assert_eq!((status, refused["error"].as_str()), (401, Some("invalid_client")), "{why}");
    }
    let status = async |port: &str, path: &str| own.get(format!("https://localhost:{port}{path}")).send().await.unwrap().status().as_u16();
    for path in ["/", "/login", "/authorize", "/device", "/end-session", "/account/security", "/jwks", "/healthz", "/register"] {
        assert_eq!(status(&clients, path).await, 404, "{path}");
    }
    assert_eq!((status(&people, "/healthz").await, status(&people, "/jwks").await, status(&clients, "/userinfo").await), (200, 200, 401));
    for path in ["/token", "/introspect", "/revoke", "/par", "/device_authorization"] {
        assert_eq!(status(&clients, path).await, 405, "{path} takes POST");
    }
    let document = own.get(format!("https://localhost:{people}/.well-known/openid-configuration")).send().await.unwrap();
    let document: serde_json::Value = document.json().await.unwrap();
    let aliases = document["mtls_endpoint_aliases"].as_object().unwrap();
    for (name, url) in aliases {
        let path = url.as_str().unwrap().strip_prefix("https://mtls.localhost").unwrap();
        assert_ne!(status(&clients, path).await, 404, "{name} is announced, so it answers");
    }
    process.ask_to_stop();
    assert!(process.ended().await.success(), "both listeners end");
}
