//! The faults that settings can have, and which layer wins.
use super::*;

fn load(flags: &[(&str, &str)]) -> Result<Config, Faults> {
    Config::load(None, std::iter::empty(), flags.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect())
}

fn faulty_keys(flags: &[(&str, &str)]) -> Vec<String> {
    load(flags).map_or_else(|faults| faults.list().iter().map(|fault| fault.key.clone()).collect(), |_| Vec::new())
}

#[test]
fn the_embedded_defaults_are_complete_and_without_fault() {
    let config = load(&[]).expect("defaults have no faults");
    assert_eq!(config.server.issuer, "http://localhost:8080");
    assert_eq!(config.master_key_file(), PathBuf::from("tenantry-data/keys/master.key"));
}

#[test]
fn a_test_configuration_has_no_faults() {
    let config = Config::for_tests("http://localhost:4711", "sqlite:/tmp/x/t.db");
    assert_eq!(config.data_folder(), PathBuf::from("/tmp/x"));
}

#[test]
fn all_faults_are_named_at_once() {
    let keys = faulty_keys(&[
        ("server.issuer", "http://login.example.com"),
        ("server.listen", "everywhere"),
        ("server.body_timeout_seconds", "soon"),
        ("server.trusted_proxies", "10.0.0.0/8, proxy"),
        ("sign_in.lock_threshold", "0"),
        ("mail.mode", "pigeon"),
        ("mail.pasword", "x"),
        ("sever.listen", "x"),
        ("alone", "x"),
    ]);
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "alone",
            "mail.mode",
            "mail.pasword",
            "server.body_timeout_seconds",
            "server.issuer",
            "server.listen",
            "server.trusted_proxies",
            "sever.listen",
            "sign_in.lock_threshold"
        ]
    );
}

#[test]
fn an_unknown_key_gets_the_nearest_name_proposed() {
    let faults = load(&[("mail.pasword", "x")]).unwrap_err();
    assert_eq!(faults.list()[0].remedy, "did you mean mail.password?");
}

#[test]
fn h01_only_a_bare_origin_is_an_issuer() {
    for bad in [
        "login.example.com",
        "http://login.example.com",
        "https://login.example.com/",
        "https://login.example.com/a",
        "https://login.example.com:443",
        "https://LOGIN.example.com",
        "https://me@login.example.com",
        "https://login.example.com?x",
        "https://login.example.com#x",
        "ftp://login.example.com",
        "http://localhost.example.com",
        "http://127.0.0.1.nip.io",
    ] {
        assert_eq!(faulty_keys(&[("server.issuer", bad)]), ["server.issuer"], "{bad}");
    }
    for good in
        ["https://login.example.com", "https://login.example.com:8443", "http://localhost:8080", "http://[::1]:1", "http://127.0.0.1"]
    {
        assert!(load(&[("server.issuer", good)]).is_ok(), "{good}");
    }
}

#[test]
fn later_layers_win() {
    let folder = std::env::temp_dir().join(format!("tenantry-config-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("layers.toml");
    std::fs::write(&file, "[sign_in]\nflow_minutes = 11\nlock_minutes = 11\nlock_threshold = 11\n").unwrap();
    let env = [("TENANTRY__SIGN_IN__LOCK_MINUTES", "12"), ("TENANTRY__SIGN_IN__LOCK_THRESHOLD", "12"), ("PATH", "/")];
    let env = env.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned()));

    let config = Config::load(Some(&file), env, vec![("sign_in.lock_threshold".into(), "13".into())]).unwrap();

    assert_eq!((config.sign_in.flow_minutes, config.sign_in.lock_minutes, config.sign_in.lock_threshold), (11, 12, 13));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn secrets_are_masked_wherever_the_configuration_is_shown() {
    let key = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=";
    let config = load(&[
        ("database.url", "postgres://tenantry:geheim@db/tenantry?sslpassword=geheim"),
        ("keys.master_key", key),
        ("mail.username", "m"),
        ("mail.password", "geheim"),
    ])
    .unwrap();
    for shown in [config.masked().to_owned(), format!("{config:?}")] {
        assert!(!shown.contains("geheim") && !shown.contains(key), "{shown}");
    }
    assert!(config.masked().contains("[secret]"));
}

#[test]
fn o02_a_short_or_malformed_master_key_is_refused() {
    for bad in ["secret", "c2hvcnQ=", "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTIzNDU2Nzg5MA=="] {
        assert_eq!(faulty_keys(&[("keys.master_key", bad)]), ["keys.master_key"], "{bad}");
    }
}

#[test]
fn f05_trusting_every_proxy_is_refused() {
    assert_eq!(faulty_keys(&[("server.trusted_proxies", "0.0.0.0/0")]), ["server.trusted_proxies"]);
    let config = load(&[("server.trusted_proxies", "10.1.2.3, fd00::/8")]).unwrap();
    assert_eq!(config.server.trusted_proxies.len(), 2);
}

#[test]
fn letters_are_not_sent_in_the_clear_to_another_machine() {
    let smtp = [("mail.mode", "smtp"), ("mail.host", "mail.example.com"), ("mail.from", "a@example.com"), ("mail.tls", "none")];
    assert_eq!(faulty_keys(&smtp), ["mail.tls"]);
}
