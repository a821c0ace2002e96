//! What applications are told, arranged by commands: `person profile`, `api add`, and `client preview`, which shows it.
use serde_json::{Value, json};

use super::{Done, Instance};

const ANNA: &str = "anna@acme.example";
const LEDGER: &str = "https://ledger.example";
const PAY: &str = "https://pay.example";

/// Anna, at home in acme as a buyer, and an application that may use the APIs.
struct Told {
    instance: Instance,
}

impl Told {
    fn new() -> Self {
        let told = Self { instance: Instance::new() };
        told.good(&["migrate"]);
        told.good(&["tenant", "add", "--number", "1", "--slug", "acme", "--name", "Acme"]);
        told.good(&["tenant", "add", "--number", "2", "--slug", "globex", "--name", "Globex"]);
        let password = told.file("password.txt", "nineteen purple kettles\n");
        let anna = ["--email", ANNA, "--first-name", "Anna", "--last-name", "Arndt", "--password-file", &password];
        told.good(&[&["person", "add", "--tenant", "acme"], &anna[..]].concat());
        told.good(&["group", "add", "--tenant", "acme", "--name", "Buyers", "--permission", "orders:read"]);
        told.good(&["member", "add", "--person", ANNA, "--tenant", "acme", "--group", "Buyers"]);
        told
    }

    fn good(&self, args: &[&str]) -> Done {
        let done = self.instance.run(args);
        assert_eq!(done.code, 0, "{args:?}: {}", done.stderr);
        done
    }

    fn json(&self, args: &[&str]) -> Value {
        self.instance.run(&[args, &["--json"]].concat()).json()
    }

    /// A file in the instance's folder.
    fn file(&self, name: &str, text: &str) -> String {
        let path = self.instance.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn client(&self, more: &[&str]) -> String {
        let add = ["client", "add", "--preset", "web", "--name", "Shop", "--redirect-uri", "https://shop.example/cb"];
        self.json(&[&add[..], more].concat())["client_id"].as_str().unwrap().to_owned()
    }

    fn preview(&self, client: &str, scope: &str) -> Value {
        self.preview_in("acme", client, scope)
    }

    fn preview_in(&self, tenant: &str, client: &str, scope: &str) -> Value {
        self.json(&["client", "preview", "--client", client, "--person", ANNA, "--tenant", tenant, "--scope", scope])
    }
}

#[test]
fn a_preview_shows_what_real_tokens_say_and_weigh() {
    let told = Told::new();
    let client = told.client(&[]);

    let shown = told.preview(&client, "openid profile email tenant groups permissions nobody-knows");

    assert_eq!(shown["scope"], "email groups openid permissions profile tenant");
    for token in ["id_token", "access_token", "userinfo"] {
        assert_eq!((&shown[token]["tenant"], &shown[token]["groups"]), (&json!("acme"), &json!(["Buyers"])), "{token}: {shown}");
    }
    assert_eq!((&shown["id_token"]["aud"], &shown["access_token"]["client_id"]), (&json!(client), &json!(client)));
    assert_eq!((&shown["userinfo"]["email"], &shown["userinfo"]["given_name"]), (&json!("anna@acme.example"), &json!("Anna")));
    assert_eq!(shown["budget_bytes"], 3072);
    let largest = &shown["largest"][0];
    assert_eq!((&largest["person"], &largest["tenant"]), (&shown["id_token"]["sub"], &shown["id_token"]["tenant_id"]));
    for size in ["id_token_bytes", "access_token_bytes"] {
        assert!(shown[size].as_u64().is_some_and(|bytes| (300..3072).contains(&bytes)), "{size}: {shown}");
        assert_eq!(largest[size], shown[size]);
    }

    let without = told.preview(&client, "tenant");
    assert_eq!((&without["id_token"], &without["id_token_bytes"], without["access_token"].get("groups")), (&Value::Null, &json!(0), None));
}

#[test]
fn a_preview_of_nobody_or_nothing_says_what_is_missing() {
    let told = Told::new();
    let client = told.client(&["--tenant", "globex"]);
    let preview = |client: &str, person: &str, tenant: &str| {
        told.instance.run(&["client", "preview", "--client", client, "--person", person, "--tenant", tenant])
    };

    preview("cli_0", ANNA, "acme").refused("there is no such application");
    preview(&client, "b@acme.example", "acme").refused("there is no such person");
    preview(&client, ANNA, "initech").refused("there is no tenant \"initech\"");
    preview(&client, ANNA, "globex").refused("the person is not in this tenant");
    let done = told.good(&["client", "preview", "--client", &client, "--person", ANNA, "--tenant", "acme"]);
    assert!(done.stdout.starts_with("What the application would be told"), "{}", done.stdout);
}

#[test]
fn a_profile_is_replaced_as_a_whole_and_told() {
    let told = Told::new();
    let client = told.client(&["--scope", "openid", "--scope", "profile", "--scope", "phone", "--scope", "address"]);
    let set = |text: &str| {
        let file = told.file("profile.json", text);
        told.instance.run(&["person", "profile", "--person", ANNA, "--file", &file, "--json"])
    };
    let userinfo = || told.preview(&client, "openid profile phone address")["userinfo"].clone();

    let first =
        set(r#"{"nickname": "Annie", "birthdate": "1984-02-29", "phone_number": "+49 30 1234567", "address": {"country": "DE"}}"#).json();
    let before = userinfo();
    assert_eq!((&first["person"], &before["nickname"]), (&before["sub"], &json!("Annie")));
    assert_eq!((&before["phone_number"], &before["address"]), (&json!("+49 30 1234567"), &json!({ "country": "DE" })));

    set(r#"{"zoneinfo": "Europe/Berlin"}"#).json();
    let after = userinfo();
    assert_eq!((&after["zoneinfo"], after.get("nickname"), after.get("address")), (&json!("Europe/Berlin"), None, None));

    set(r#"{"birthdate": "29.02.1984"}"#).refused("the member birthdate cannot be used");
    set(r#"{"website": "javascript:alert(1)"}"#).refused("the member website cannot be used");
    set(r#"{"shoe_size": 38}"#).refused("is not a profile");
    set("[]").refused("is not a profile");
    assert_eq!(userinfo(), after, "what was refused changed nothing");
    let file = told.file("profile.json", "{}");
    told.instance.run(&["person", "profile", "--person", "b@acme.example", "--file", &file]).refused("there is no such person");
    told.instance.run(&["person", "profile", "--person", ANNA, "--file", "/nowhere.json"]).refused("cannot be read");
}

#[test]
fn a_registered_api_is_named_in_tokens_and_its_faults_are_told() {
    let told = Told::new();
    let types = told.file("payments.json", r#"[{"type": "payment", "label": "A payment", "members": {"amount": {"kind": "string"}}}]"#);
    let api = |identifier: &str, more: &[&str]| {
        told.instance.run(&[&["api", "add", "--identifier", identifier, "--name", "Pay", "--json"], more].concat())
    };

    let pay = api(PAY, &["--scope", "pay", "--details-file", &types, "--token-format", "jwt", "--token-minutes", "2"]).json();
    assert_eq!((pay["api"].as_str().unwrap().starts_with("api_"), &pay["identifier"]), (true, &json!(PAY)));
    let shown = told.preview(&told.client(&["--audience", PAY, "--scope", "pay"]), "pay");
    let token = &shown["access_token"];
    assert_eq!((&token["aud"], &token["scope"]), (&json!(PAY), &json!("pay")));
    assert_eq!(token["exp"].as_i64().unwrap() - token["iat"].as_i64().unwrap(), 120, "the API's minutes count");

    api(PAY, &[]).refused("another API has this identifier");
    api("/pay", &[]).refused("the identifier cannot be used");
    api("https://pay.example/#x", &[]).refused("the identifier cannot be used");
    api("https://other.example", &["--scope", "email"]).refused("the scopes cannot be used");
    api("https://other.example", &["--token-minutes", "0"]).refused("the access_token_minutes cannot be used");
    let broken = told.file("broken.json", r#"[{"kind": "payment"}]"#);
    api("https://other.example", &["--details-file", &broken]).refused("does not list types");
    let twice = told.file("twice.json", r#"[{"type": "a", "label": "A"}, {"type": "a", "label": "B"}]"#);
    api("https://other.example", &["--details-file", &twice]).refused("the authorization_details cannot be used");
}

#[test]
fn k35_k37_a_registered_api_that_wants_api_access_is_for_people_at_home_alone() {
    let told = Told::new();
    told.good(&["api", "add", "--identifier", LEDGER, "--name", "Ledger", "--requires-api-access"]);
    told.good(&["api", "add", "--identifier", PAY, "--name", "Pay"]);
    told.good(&["member", "add", "--person", ANNA, "--tenant", "globex"]);
    let both = told.client(&["--audience", LEDGER, "--audience", PAY]);
    let ledger_alone = told.client(&["--audience", LEDGER, "--scope", "reports"]);

    let (home, guest) = (told.preview(&both, "openid groups"), told.preview_in("globex", &both, "openid groups"));
    let (home, guest) = (&home["access_token"], &guest["access_token"]);
    assert_eq!((&home["aud"], &home["api_access"]), (&json!([LEDGER, PAY, "http://localhost:8080"]), &json!("full")));
    assert_eq!(home.get("groups"), None);
    assert_eq!((&guest["aud"], guest.get("api_access")), (&json!([PAY, "http://localhost:8080"]), None));
    told.instance
        .run(&["client", "preview", "--client", &ledger_alone, "--person", ANNA, "--tenant", "globex"])
        .refused("no token would be issued");
}
