//! The first start and the ones after it: migration, master key, bootstrap link, health, stop.
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Instance, mode, set_mode};
use crate::harness::net;

#[tokio::test]
async fn the_first_start_makes_a_private_key_and_prints_a_link_that_the_second_does_not() {
    let instance = Instance::new();

    let (mut first, address) = instance.serve(&[]).await;
    let ready = net::client().get(format!("http://{address}/readyz")).send().await.unwrap();
    first.ask_to_stop();
    let status = first.ended().await;

    assert!(first.output().contains("http://localhost:8080/bootstrap/tno_"), "{}", first.output());
    assert_eq!(ready.status(), 200);
    assert!(status.success());
    assert_eq!(mode(&instance.key_file()), 0o600);
    assert_eq!(mode(instance.key_file().parent().unwrap()), 0o700);

    let (mut second, _) = instance.serve(&[]).await;
    second.ask_to_stop();
    second.ended().await;
    assert!(!second.output().contains("bootstrap"), "{}", second.output());
}

#[tokio::test]
async fn no_secret_is_in_the_log_of_a_first_start() {
    let instance = Instance::new();

    let (mut process, _) = instance.serve(&["--set", "log.level=trace"]).await;
    process.ask_to_stop();
    process.ended().await;

    let key = std::fs::read_to_string(instance.key_file()).unwrap();
    let output = process.output();
    assert!(!output.contains(key.trim()), "{output}");
    assert_eq!(output.matches("tno_").count(), 1, "{output}");
}

#[test]
fn o07_a_key_file_that_others_may_read_is_refused() {
    let instance = Instance::new();
    instance.run(&["migrate"]);
    make_key(&instance);
    set_mode(&instance.key_file(), 0o640);

    let done = instance.run(&["serve"]);

    done.refused("chmod 600");
}

#[test]
fn o02_a_short_or_example_key_file_is_refused() {
    let instance = Instance::new();
    instance.run(&["migrate"]);
    make_key(&instance);

    for bad in ["", "secret", "c2hvcnQ", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="] {
        std::fs::write(instance.key_file(), bad).unwrap();
        instance.run(&["serve"]).refused("does not hold 32 random bytes");
    }
}

#[test]
fn a_sealed_database_is_never_given_a_new_key() {
    let instance = Instance::new();
    instance.run(&["migrate"]);
    make_key(&instance);

    std::fs::remove_file(instance.key_file()).unwrap();
    instance.run(&["serve"]).refused("put the original file back");
    assert!(!instance.key_file().exists());

    let other = [("TENANTRY__KEYS__MASTER_KEY", "3q2+7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ/+8=")];
    instance.run_with(&["serve"], &other).refused("is not the one of the database");
}

#[test]
fn a_named_key_file_that_is_missing_is_not_made() {
    let instance = Instance::new();
    let file = instance.folder.path().join("mounted.key");

    let done = instance.run(&["serve", "--set", &format!("keys.master_key_file={}", file.display())]);

    done.refused("does not exist");
    assert!(!file.exists());
}

#[test]
fn a_database_that_is_not_up_to_date_is_refused_without_migration() {
    let instance = Instance::new();

    instance.run(&["serve", "--no-migrate"]).refused("tenantry migrate");
    instance.run(&["tenant", "add", "--number", "1", "--slug", "acme", "--name", "Acme"]).refused("tenantry migrate");
    assert!(!instance.key_file().exists());
}

#[tokio::test]
async fn r29_a_stop_lets_the_request_under_way_finish() {
    let instance = Instance::new();
    let (mut process, address) = instance.serve(&[]).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head =
        "POST /authorize HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 11\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();

    process.ask_to_stop();
    process.line("no new connections").await;
    stream.write_all(b"client_id=x").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("connection: close"), "{answer}");
    assert!(process.ended().await.success());
    assert!(process.output().contains("every request was answered"), "{}", process.output());
}

/// Makes the master key as the first command that needs it does.
fn make_key(instance: &Instance) {
    let done = instance.run(&["keys", "rotate"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(instance.key_file().exists());
}
