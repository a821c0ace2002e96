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
