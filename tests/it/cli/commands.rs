//! What is registered by commands, and what they refuse.
use super::Instance;

fn migrated() -> Instance {
    let instance = Instance::new();
    let done = instance.run(&["migrate"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
    instance
}

const ANNA: &[&str] = &["person", "add", "--email", "anna@acme.example", "--first-name", "Anna", "--last-name", "Arndt"];

#[test]
fn check_config_names_every_fault_at_once() {
    let instance = Instance::new();
    let file = instance.folder.path().join("tenantry.toml");
    std::fs::write(&file, "[server]\nissuer = \"http://login.example.com\"\nlissten = \"x\"\n[mail]\nport = \"smtp\"\n").unwrap();

    let done = instance.run_with(
        &["check-config", "--config", file.to_str().unwrap(), "--set", "sign_in.lock_threshold=0"],
        &[("TENANTRY__LOG__LEVEL", "loud"), ("TENANTRY__NOWHERE", "x")],
    );

    assert_eq!(done.code, 2);
    assert!(done.stderr.contains("6 faults"), "{}", done.stderr);
    for part in ["server.issuer", "did you mean server.listen?", "mail.port", "log.level", "TENANTRY__NOWHERE", "sign_in.lock_threshold"] {
        assert!(done.stderr.contains(part), "{part:?} is not in {}", done.stderr);
    }
}

#[test]
fn check_config_masks_secrets() {
    let done = Instance::new().run_with(
        &["check-config"],
        &[("TENANTRY__MAIL__USERNAME", "tenantry"), ("TENANTRY__MAIL__PASSWORD", "geheim"), ("TENANTRY__LOG__LEVEL", "warn")],
    );

    assert_eq!(done.code, 0, "{}", done.stderr);
    assert!(done.stdout.contains("level = \"warn\"  # environment"), "{}", done.stdout);
    assert!(done.stdout.contains("password = \"[secret]\"") && !done.stdout.contains("geheim"), "{}", done.stdout);
}

#[test]
fn tenants_groups_people_and_members_are_registered() {
    let instance = migrated();
    let tenant = instance.run(&["tenant", "add", "--number", "10042", "--slug", "acme", "--name", "Acme", "--json"]).json();
    instance.run(&["tenant", "add", "--number", "10043", "--slug", "globex", "--name", "Globex", "--json"]).json();
    instance.run(&["group", "add", "--tenant", "globex", "--name", "Buyers", "--permission", "orders:read", "--json"]).json();
    let person = instance.run(&[ANNA, &["--tenant", "10042", "--json"]].concat()).json();

    let member =
        instance.run(&["member", "add", "--person", "Anna@acme.example", "--tenant", "globex", "--group", "buyers", "--json"]).json();

    assert!(tenant["tenant"].as_str().unwrap().starts_with("ten_"));
    assert!(person["invitation_link"].as_str().unwrap().starts_with("http://localhost:8080/invitation/tni_"));
    assert_eq!(member["kind"], "guest");
    assert_eq!(member["person"], person["person"]);
    assert_eq!(member["groups"][0], "Buyers");
}

#[test]
fn s19_people_without_an_address_are_registered_with_a_user_name() {
    let instance = migrated();
    instance.run(&["tenant", "add", "--number", "1", "--slug", "acme", "--name", "Acme"]);
    let una = ["person", "add", "--first-name", "Una", "--last-name", "Upton"];

    let made = instance.run(&[&una[..], &["--tenant", "acme", "--json", "--username"]].concat()).json();
    let chosen = instance.run(&[&una[..], &["--tenant", "acme", "--username", "Una.Upton", "--json"]].concat()).json();

    assert_eq!((made["username"].as_str().unwrap().len(), chosen["username"].as_str()), (11, Some("una.upton")));
    assert!(made["invitation_link"].as_str().unwrap().contains("/invitation/tni_"));
    let person = made["username"].as_str().unwrap();
    let again = instance.run(&["member", "add", "--person", person, "--tenant", "acme", "--json"]).json();
    assert_eq!(again["person"], made["person"]);
    instance.run(&[&una[..], &["--tenant", "acme", "--username", "una.upton"]].concat()).refused("give another");
    instance.run(&[&una[..], &["--tenant", "acme", "--username", "Una Upton"]].concat()).refused("the user name cannot be used");
    for (args, missing) in [([&una[..], &["--username", "una"]].concat(), "--tenant"), (una.to_vec(), "--email")] {
        let done = instance.run(&args);
        assert!(done.code == 2 && done.stderr.contains(missing), "{}", done.stderr);
    }
}

#[test]
fn k33_an_invitation_letter_is_sent_and_sent_again() {
    let instance = migrated();
    instance.run(&["tenant", "add", "--number", "1", "--slug", "acme", "--name", "Acme"]);
    instance.run(&["tenant", "add", "--number", "2", "--slug", "globex", "--name", "Globex"]);
    instance.run(&[ANNA, &["--tenant", "acme"]].concat());
    let invite = ["person", "invite", "--person", "anna@acme.example", "--tenant", "acme", "--method", "microsoft", "--json"];

    let (first, second) = (instance.run(&invite).json(), instance.run(&invite).json());

    assert!(first["invitation"].as_str().unwrap().starts_with("inv_"));
    assert_ne!(first["invitation"], second["invitation"]);
    instance.run(&["person", "invite", "--person", "anna@acme.example", "--tenant", "globex"]).refused("member add");
    instance.run(&["person", "invite", "--person", "b@acme.example", "--tenant", "acme"]).refused("person add");
}

#[test]
fn what_is_taken_or_unknown_is_refused_with_what_to_do() {
    let instance = migrated();
    let acme = ["tenant", "add", "--number", "1", "--slug", "acme", "--name", "Acme"];
    assert_eq!(instance.run(&acme).code, 0);
    assert_eq!(instance.run(&[ANNA, &["--tenant", "acme"]].concat()).code, 0);

    instance.run(&acme).refused("--number");
    instance.run(&["tenant", "add", "--number", "2", "--slug", "acme", "--name", "Acme"]).refused("--slug");
    instance.run(&["tenant", "add", "--number", "2", "--slug", "A B", "--name", "Acme"]).refused("the slug cannot be used");
    instance.run(&[ANNA, &["--tenant", "acme"]].concat()).refused("member add");
    instance.run(&[ANNA, &["--tenant", "nobody"]].concat()).refused("tenant add");
    instance.run(ANNA).refused("--tenant");
    instance.run(&["member", "add", "--person", "x@y.example", "--tenant", "acme"]).refused("person add");
    instance.run(&["member", "add", "--person", "anna@acme.example", "--tenant", "acme", "--group", "X"]).refused("group add");
}

#[test]
fn a_weak_password_is_refused_and_a_good_one_makes_an_operator() {
    let instance = migrated();
    let file = instance.folder.path().join("password.txt");
    let add = [ANNA, &["--operator", "--password-file", file.to_str().unwrap()]].concat();

    std::fs::write(&file, "short\n").unwrap();
    instance.run(&add).refused("12 characters");
    std::fs::write(&file, "nineteen purple kettles\n").unwrap();
    assert_eq!(instance.run(&add).code, 0);

    instance.run(&["operator", "bootstrap-link"]).refused("there is an operator already");
}

#[test]
fn a_new_bootstrap_link_can_be_had_at_any_time_before_the_first_operator() {
    let instance = migrated();

    let first = instance.run(&["operator", "bootstrap-link", "--json"]).json();
    let second = instance.run(&["operator", "bootstrap-link", "--json"]).json();

    assert_ne!(first["bootstrap_link"], second["bootstrap_link"]);
}

#[test]
fn a_client_secret_is_shown_once_and_public_clients_have_none() {
    let instance = migrated();
    let add = |args: &[&str]| instance.run(&[&["client", "add", "--json", "--preset"], args].concat());

    let web = add(&["web", "--name", "Shop", "--redirect-uri", "https://shop.example/cb"]).json();
    let spa = add(&["spa", "--name", "Board", "--redirect-uri", "https://board.example/"]).json();
    let machine = add(&["machine", "--name", "Job", "--scope", "reports:read"]).json();

    assert!(web["client_secret"].as_str().unwrap().starts_with("tns_"));
    assert!(machine["client_secret"].as_str().unwrap().starts_with("tns_"));
    assert_eq!(spa.get("client_secret"), None);
    assert_eq!(spa["token_endpoint_auth_method"], "none");
}

#[test]
fn a_redirect_uri_that_cannot_be_registered_is_named() {
    let instance = migrated();

    for bad in ["http://shop.example/cb", "https://shop.example/*", "https://shop.example/#x", "/cb", "https://shop.example/?code=1"] {
        instance
            .run(&["client", "add", "--preset", "web", "--name", "Shop", "--redirect-uri", bad])
            .refused("redirect_uris cannot be registered");
    }
}

#[test]
fn a_connection_is_registered_with_a_sealed_credential() {
    let instance = migrated();
    let secret = instance.folder.path().join("entra.secret");
    std::fs::write(&secret, "S3cret~value.of-the-application\n").unwrap();
    let (tid, client) = ("11111111-2222-3333-4444-555555555555", "66666666-7777-8888-9999-aaaaaaaaaaaa");
    let file = secret.to_str().unwrap();
    let add = |tid: &str| {
        instance.run(&["connection", "add", "--name", "Acme", "--tid", tid, "--client-id", client, "--secret-file", file, "--json"])
    };

    add("common").refused("the tid cannot be used");
    let done = add(tid).json();

    assert_eq!(done["tid"], tid);
    let database = std::fs::read(instance.folder.path().join("data/tenantry.db")).unwrap();
    assert!(!database.windows(12).any(|window| window == b"S3cret~value"), "the secret is in clear in the database");
}

#[test]
fn r18_a_new_key_is_published_before_it_signs_unless_asked_otherwise() {
    let instance = migrated();
    let states = || {
        let keys = instance.run(&["keys", "list", "--json"]).json();
        let of = |state: &str| keys.as_array().unwrap().iter().filter(|key| key["state"] == state).count();
        (of("active"), of("next"), of("retired"))
    };

    instance.run(&["keys", "rotate"]);
    assert_eq!(states(), (4, 4, 0));
    instance.run(&["keys", "rotate"]);
    assert_eq!(states(), (4, 4, 0));
    instance.run(&["keys", "rotate", "--now"]);
    assert_eq!(states(), (4, 0, 4));
}

#[test]
fn an_application_has_two_secrets_at_most_and_never_none() {
    let instance = Instance::new();
    assert_eq!(instance.run(&["migrate"]).code, 0);
    let json = |args: &[&str]| instance.run(&[args, &["--json"]].concat()).json();
    let web = json(&["client", "add", "--preset", "oidc", "--name", "Shop", "--redirect-uri", "https://shop.example.com/cb"]);
    let id = web["client_id"].as_str().unwrap();

    let more = json(&["client", "secret", "add", "--client", id]);
    assert!(more["client_secret"].as_str().unwrap().starts_with("tns_"));
    instance.run(&["client", "secret", "add", "--client", id]).refused("two secrets are in force");
    let second = more["secret"].as_str().unwrap();
    assert!(instance.run(&["client", "secret", "list", "--client", id, "--json"]).stdout.contains(second));
    json(&["client", "secret", "retire", "--client", id, "--secret", second]);
    instance.run(&["client", "secret", "retire", "--client", id, "--secret", second]).refused("no such secret");
    let first = instance.run(&["client", "secret", "list", "--client", id, "--json"]).json();
    let first = first[0]["secret"].as_str().unwrap();
    instance.run(&["client", "secret", "retire", "--client", id, "--secret", first]).refused("the only secret in force");
}

#[test]
fn a_fapi_2_application_needs_keys() {
    let instance = Instance::new();
    assert_eq!(instance.run(&["migrate"]).code, 0);
    let add = ["client", "add", "--preset", "fapi2", "--name", "Bank", "--redirect-uri", "https://bank.example.com/cb"];

    instance.run(&add).refused("jwks cannot be registered");
    let keys = instance.folder.path().join("keys.json");
    std::fs::write(&keys, r#"{"keys":[]}"#).unwrap();
    let bank = instance.run(&[&add[..], &["--jwks-file", keys.to_str().unwrap(), "--json"]].concat()).json();
    assert_eq!(bank["token_endpoint_auth_method"], "private_key_jwt");
    assert_eq!(bank.get("client_secret"), None);
}
