//! The file of all settings: complete, explained, and settable from every layer.
use tenantry::config::{Config, DEFAULTS};

/// Every setting of the file as (section, key, the line above it).
fn settings() -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut above = "";
    let mut found = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
        } else if let Some((key, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            found.push((section.clone(), key.to_owned(), above.to_owned()));
        }
        above = line;
    }
    found
}

#[test]
fn every_setting_has_a_sentence_above_it() {
    let settings = settings();

    assert!(settings.len() > 40);
    for (section, key, above) in settings {
        assert!(above.starts_with("# ") && above.ends_with('.'), "{section}.{key}: {above:?}");
    }
}

#[test]
fn every_setting_can_be_set_by_environment_and_flag() {
    for (section, key, _) in settings() {
        let variable = format!("TENANTRY__{}__{}", section.to_uppercase(), key.to_uppercase());
        let unknown = |faults: tenantry::config::Faults| faults.list().iter().any(|fault| fault.problem.contains("unknown"));

        let by_environment = Config::load(None, std::iter::once((variable.clone(), "1".to_owned())), Vec::new());
        let by_flag = Config::load(None, std::iter::empty(), vec![(format!("{section}.{key}"), "1".to_owned())]);

        assert!(!by_environment.is_err_and(unknown), "{variable}");
        assert!(!by_flag.is_err_and(unknown), "{section}.{key}");
    }
}

#[test]
fn a_setting_that_does_not_exist_is_refused_in_every_layer() {
    let variable = ("TENANTRY__SERVER__ISSUERS".to_owned(), "x".to_owned());

    let faults = Config::load(None, std::iter::once(variable), vec![("server.listens".into(), "x".into())]).unwrap_err();

    let keys: Vec<&str> = faults.list().iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["server.issuers", "server.listens"]);
}
