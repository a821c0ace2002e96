//! The rules of a tenant from the command line.
use super::Instance;

fn with_acme() -> Instance {
    let instance = Instance::new();
    assert_eq!(instance.run(&["migrate"]).code, 0);
    instance.run(&["tenant", "add", "--number", "10042", "--slug", "acme", "--name", "Acme", "--json"]).json();
    instance
}

/// The value of one key.
fn rule(instance: &Instance, key: &str) -> String {
    let all = instance.run(&["policy", "show", "acme", "--json"]).json();
    let row = all.as_array().unwrap().iter().find(|row| row["key"] == key).unwrap_or_else(|| panic!("no {key} in {all}"));
    row["value"].as_str().unwrap().to_owned()
}

#[test]
fn c1_rules_are_shown_tried_and_set() {
    let instance = with_acme();
    assert_eq!(rule(&instance, "mfa.mode"), "default_on");

    let tried = instance.run(&["policy", "set", "acme", "mfa.mode=required", "lock.inactivity_days=0", "--try", "--json"]).json();
    assert_eq!(tried["changes"][1], "mfa.mode: default_on → required");
    assert_eq!(rule(&instance, "mfa.mode"), "default_on", "nothing was changed");
    instance.run(&["policy", "set", "acme", "mfa.methods=totp,passkey"]).refused("mfa.default");
    instance.run(&["policy", "set", "acme", "mfa.default=none", "mfa.methods=totp,passkey", "--json"]).json();

    assert_eq!(rule(&instance, "mfa.methods"), "totp,passkey");
}

#[test]
fn c1_presets_are_given_to_a_tenant() {
    let instance = with_acme();

    instance.run(&["policy", "preset", "acme", "saferpay", "--json"]).json();

    assert_eq!(rule(&instance, "mfa.step_up_permissions"), "pan:decrypt,tx:credit");
    assert_eq!(rule(&instance, "password.max_age_days"), "180");
    instance.run(&["policy", "preset", "acme", "keycloak"]).refused("konfipay");

    let new = ["tenant", "add", "--number", "7", "--slug", "seven", "--name", "Seven", "--preset"];
    instance.run(&[&new[..], &["keycloak"]].concat()).refused("konfipay");
    instance.run(&[&new[..], &["saferpay", "--json"]].concat()).json();
    let shown = instance.run(&["policy", "show", "seven", "--json"]).json().to_string();
    assert!(shown.contains("pan:decrypt,tx:credit"), "{shown}");
}

#[test]
fn what_a_rule_does_not_take_is_refused_with_what_to_do() {
    let instance = with_acme();

    instance.run(&["policy", "set", "acme", "mfa.modus=off"]).refused("policy show");
    instance.run(&["policy", "set", "acme", "mfa.mode=never"]).refused("does not take");
    instance.run(&["policy", "set", "acme", "password.max_age_days=30"]).refused("180 or more");
    instance.run(&["policy", "set", "acme", "mfa.mode"]).refused("KEY=VALUE");
    instance.run(&["policy", "show", "globex"]).refused("tenant add");
}

#[test]
fn c1_a_sign_in_that_nobody_makes_is_explained() {
    let instance = with_acme();
    let person = ["person", "add", "--email", "anna@acme.example", "--first-name", "A", "--last-name", "B", "--tenant", "acme", "--json"];
    instance.run(&person).json();
    let shop = ["client", "add", "--preset", "web", "--name", "Shop", "--redirect-uri", "https://shop.example/cb", "--json"];
    let client = instance.run(&shop).json()["client_id"].as_str().expect("an id").to_owned();
    instance.run(&["policy", "set", "acme", "mfa.mode=off", "--json"]).json();

    let explain = ["policy", "explain", "--person", "anna@acme.example", "--tenant", "acme", "--json", "--client"];
    let run = instance.run(&[explain.as_slice(), &[client.as_str()]].concat()).json();

    // Made by hand, and nobody has accepted an invitation yet.
    assert_eq!(run["because"], "nobody enters: the person is not active");
    let rules = run["rules"].as_array().expect("a list");
    let mode = rules.iter().find(|rule| rule["rule"] == "mfa.mode").expect("a line");
    assert_eq!(mode["value"], "off");
    assert!(rules.iter().any(|rule| rule["source"] == "the operator's settings"));
    instance.run(&[explain.as_slice(), &["cli_gone"]].concat()).refused("client_id");
}
