//! What can be typed: commands, their arguments, help with examples.
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Tenantry: an OAuth 2 / OpenID Connect identity provider for business applications, with tenants.
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, propagate_version = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Common {
    /// Configuration file (TOML). Without one the defaults, the environment and flags count.
    #[arg(long, short, global = true, env = "TENANTRY_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set one setting, for instance --set server.listen=0.0.0.0:8443; may be repeated.
    #[arg(long, global = true, value_name = "SECTION.KEY=VALUE", value_parser = setting)]
    pub set: Vec<(String, String)>,
    /// Print the result as JSON.
    #[arg(long, global = true)]
    pub json: bool,
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write it as SECTION.KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve: bring the database up to date, make keys where there are none, listen.
    #[command(after_help = "Examples:\n  tenantry serve\n  tenantry serve --config /etc/tenantry.toml\n  \
        TENANTRY__DATABASE__URL=postgres://tenantry@db/tenantry tenantry serve --issuer https://login.example.com")]
    Serve(Serve),
    /// Try everything on this machine, without any configuration: a made-up world with three applications.
    #[command(after_help = "Examples:\n  tenantry demo\n  tenantry demo --port 9080 --data /tmp/tenantry-demo")]
    Demo(Demo),
    /// Bring the database up to date and stop.
    #[command(after_help = "Example:\n  tenantry migrate --config /etc/tenantry.toml")]
    Migrate,
    /// Name every fault of the configuration at once, or print what is in force with secrets masked.
    #[command(after_help = "Example:\n  tenantry check-config --config /etc/tenantry.toml")]
    CheckConfig,
    /// The people who run the instance.
    #[command(subcommand)]
    Operator(Operator),
    /// Customer organisations.
    #[command(subcommand)]
    Tenant(Tenant),
    /// The rules of a tenant: second factors, passwords, locks, invitations and the rest.
    #[command(subcommand)]
    Policy(super::policies::Policy),
    /// People.
    #[command(subcommand)]
    Person(Person),
    /// Who is in which tenant.
    #[command(subcommand)]
    Member(Member),
    /// Groups of a tenant.
    #[command(subcommand)]
    Group(Group),
    /// Relying applications.
    #[command(subcommand)]
    Client(Client),
    /// APIs: resource servers that access tokens are for.
    #[command(subcommand)]
    Api(super::api::Api),
    /// The audit trail.
    #[command(subcommand)]
    Audit(super::audit::Audit),
    /// Connections to Microsoft Entra ID.
    #[command(subcommand)]
    Connection(Connection),
    /// Signing keys.
    #[command(subcommand)]
    Keys(Keys),
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port to listen on (server.listen).
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<String>,
    /// Public address (server.issuer).
    #[arg(long, value_name = "URL")]
    pub issuer: Option<String>,
    /// Refuse to start instead of migrating when the database is not up to date.
    #[arg(long)]
    pub no_migrate: bool,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Folder of the demo world; it is made at the first start.
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// First of the six ports, 8080 unless the folder's world was made for others.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}

#[derive(Debug, Subcommand)]
pub enum Operator {
    /// Print a new one-time link with which the first operator makes an account. Earlier links end.
    BootstrapLink,
}

#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// Register a tenant.
    #[command(after_help = "Example:\n  tenantry tenant add --number 10042 --slug acme --name 'Acme Ltd'")]
    Add(TenantAdd),
    /// Let nobody enter the tenant any more. What was granted in it ends, and its applications are told.
    #[command(after_help = "Example:\n  tenantry tenant disable --tenant acme")]
    Disable(TenantNamed),
    /// Let its people enter the tenant again. They sign in anew.
    #[command(after_help = "Example:\n  tenantry tenant enable --tenant acme")]
    Enable(TenantNamed),
}

#[derive(Debug, Args)]
pub struct TenantNamed {
    /// Id, number or slug.
    #[arg(long)]
    pub tenant: String,
}

#[derive(Debug, Args)]
pub struct TenantAdd {
    /// Customer or company number; unique.
    #[arg(long)]
    pub number: String,
    /// Handle for addresses: a-z, 0-9 and -; unique.
    #[arg(long)]
    pub slug: String,
    #[arg(long)]
    pub name: String,
    /// Name that people see, where it differs.
    #[arg(long)]
    pub alias: Option<String>,
    /// Colour of pages, like #1a5fb4.
    #[arg(long)]
    pub color: Option<String>,
    /// Rules and groups to begin with: default, konfipay, promio or saferpay.
    #[arg(long, default_value = "default")]
    pub preset: String,
}

#[derive(Debug, Subcommand)]
pub enum Person {
    /// Register a person: with a password from a file, or with an invitation link that is printed once.
    #[command(after_help = "Examples:\n  \
        tenantry person add --email anna@example.com --first-name Anna --last-name Arndt --tenant acme\n  \
        tenantry person add --email op@example.com --first-name Olga --last-name Ott --operator --password-file - < password.txt")]
    Add(PersonAdd),
    /// Send the invitation letter, for the first time or again. Earlier links of the person into this tenant end.
    #[command(after_help = "Example:\n  tenantry person invite --person anna@example.com --tenant acme --method microsoft")]
    Invite(PersonInvite),
    /// Replace what a person tells beside name and address: the claims of the scopes profile, address and phone.
    #[command(after_help = "Example:\n  tenantry person profile --person anna@example.com --file profile.json")]
    Profile(super::profile::PersonProfile),
}

#[derive(Debug, Args)]
pub struct PersonInvite {
    /// E-mail address or id.
    #[arg(long)]
    pub person: String,
    /// Id, number or slug.
    #[arg(long)]
    pub tenant: String,
    /// How the invitation can be accepted.
    #[arg(long, value_enum, default_value_t = Method::Any)]
    pub method: Method,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// With a new password.
    Password,
    /// With a Microsoft account.
    Microsoft,
    /// With either.
    Any,
}

#[derive(Debug, Args)]
pub struct PersonAdd {
    /// Without one the person has a user name and is reached by the administrator alone.
    #[arg(long, required_unless_present = "username")]
    pub email: Option<String>,
    /// User name in the home tenant; without a value the system makes one up.
    #[arg(long, value_name = "NAME", requires = "tenant", num_args = 0..=1)]
    pub username: Option<Option<String>>,
    #[arg(long)]
    pub first_name: String,
    #[arg(long)]
    pub last_name: String,
    /// Language of pages and letters.
    #[arg(long, default_value = "en")]
    pub locale: String,
    /// Home tenant: id, number or slug. Without a password it is needed.
    #[arg(long, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// May arrange the people of the tenant.
    #[arg(long, requires = "tenant")]
    pub admin: bool,
    /// May run the instance.
    #[arg(long)]
    pub operator: bool,
    /// File with the password, `-` for standard input. Without it an invitation link is printed.
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// File with the profile as JSON: members of the scopes profile, address and phone.
    #[arg(long, value_name = "FILE")]
    pub profile_file: Option<PathBuf>,
    /// Second factor to begin with.
    #[arg(long, value_enum, default_value_t = Factor::Email)]
    pub second_factor: Factor,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Factor {
    /// A code by e-mail.
    Email,
    /// None, where the tenant's policy allows it.
    None,
}

#[derive(Debug, Subcommand)]
pub enum Member {
    /// Put a person into a tenant, as a guest unless --home, and into groups of it.
    #[command(after_help = "Example:\n  tenantry member add --person anna@example.com --tenant globex --group Buyers")]
    Add(MemberAdd),
}

#[derive(Debug, Args)]
pub struct MemberAdd {
    /// E-mail address or id.
    #[arg(long)]
    pub person: String,
    /// Id, number or slug.
    #[arg(long)]
    pub tenant: String,
    /// This tenant becomes the person's home; there is only one.
    #[arg(long)]
    pub home: bool,
    #[arg(long)]
    pub admin: bool,
    /// Names of groups of the tenant; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub group: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Group {
    /// Make a group with permissions.
    #[command(after_help = "Example:\n  \
        tenantry group add --tenant acme --name Buyers --permission orders:read --permission-2fa orders:approve")]
    Add(GroupAdd),
}

#[derive(Debug, Args)]
pub struct GroupAdd {
    /// Id, number or slug.
    #[arg(long)]
    pub tenant: String,
    #[arg(long)]
    pub name: String,
    /// Permission of the group; may be repeated.
    #[arg(long)]
    pub permission: Vec<String>,
    /// Permission that needs a strong second factor in the session; may be repeated.
    #[arg(long)]
    pub permission_2fa: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Client {
    /// Register a relying application. Its secret is printed once.
    #[command(after_help = "Examples:\n  \
        tenantry client add --preset web --name Shop --redirect-uri https://shop.example.com/callback\n  \
        tenantry client add --preset spa --name Board --redirect-uri https://board.example.com/ --origin https://board.example.com\n  \
        tenantry client add --preset machine --name 'Nightly job' --scope reports:read")]
    Add(ClientAdd),
    /// What the application is told about a person: the claims of real tokens, and how large they get.
    #[command(
        after_help = "Example:\n  tenantry client preview --client cli_01… --person anna@example.com --tenant acme --scope 'openid groups'"
    )]
    Preview(super::preview::ClientPreview),
    /// Secrets of an application: two may be in force at once, so that it can change from one to the other.
    #[command(subcommand)]
    Secret(ClientSecret),
    /// What the application was told about sessions that ended (back-channel logout), the newest first.
    #[command(after_help = "Example:\n  tenantry client deliveries cli_01h… --limit 20")]
    Deliveries(super::deliveries::ClientDeliveries),
    /// Tokens with which applications register themselves (registration.enabled).
    #[command(subcommand)]
    RegistrationToken(super::registration_tokens::RegistrationToken),
}

#[derive(Debug, Subcommand)]
pub enum ClientSecret {
    /// Make a second secret. It is printed once.
    #[command(after_help = "Example:\n  tenantry client secret add --client cli_01h…")]
    Add(ClientNamed),
    /// List the secrets, without what is secret.
    List(ClientNamed),
    /// End a secret at once.
    #[command(after_help = "Example:\n  tenantry client secret retire --client cli_01h… --secret sec_01h…")]
    Retire(SecretRetire),
}

#[derive(Debug, Args)]
pub struct ClientNamed {
    /// Id of the application.
    #[arg(long, value_name = "ID")]
    pub client: String,
}

#[derive(Debug, Args)]
pub struct SecretRetire {
    /// Id of the application.
    #[arg(long, value_name = "ID")]
    pub client: String,
    /// Id of the secret, as `client secret list` shows it.
    #[arg(long, value_name = "ID")]
    pub secret: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PresetName {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs in a browser or on a device: PKCE alone.
    Spa,
    /// Acts for itself, without people.
    Machine,
    /// As OpenID Connect Core has it: a secret, and PKCE only if the application sends it.
    Oidc,
    /// FAPI 2.0 Security Profile: keys instead of secrets, PAR, tokens bound to a key. Needs --jwks-file.
    Fapi2,
    /// FAPI 2.0 Message Signing on top: signed requests, answers and introspection.
    Fapi2MessageSigning,
}

#[derive(Debug, Args)]
pub struct ClientAdd {
    #[arg(long, value_enum)]
    pub preset: PresetName,
    /// Name that people see when they are asked for consent.
    #[arg(long)]
    pub name: String,
    /// Where people are sent back to; compared exactly; may be repeated.
    #[arg(long, value_name = "URI")]
    pub redirect_uri: Vec<String>,
    /// Where people may be sent after logging out; may be repeated.
    #[arg(long, value_name = "URI")]
    pub post_logout_redirect_uri: Vec<String>,
    /// Scopes the application may ask for, instead of the preset's; may be repeated.
    #[arg(long)]
    pub scope: Vec<String>,
    /// Resource servers that its access tokens are for; may be repeated.
    #[arg(long)]
    pub audience: Vec<String>,
    /// Origins whose scripts may call the token endpoint; may be repeated.
    #[arg(long)]
    pub origin: Vec<String>,
    /// Tenants whose people may enter; without any, all. May be repeated.
    #[arg(long)]
    pub tenant: Vec<String>,
    /// File with the public keys (JWK set) of an application that signs instead of keeping a secret.
    #[arg(long, value_name = "FILE")]
    pub jwks_file: Option<PathBuf>,
    /// An application of the house: people are not asked for consent.
    #[arg(long)]
    pub first_party: bool,
    /// File with further registration members as JSON (names of RFC 7591 and of docs/developers/clients.md); they win over the flags.
    #[arg(long, value_name = "FILE")]
    pub metadata_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Connection {
    /// Register a connection to one Microsoft Entra directory.
    #[command(after_help = "Examples:\n  \
        tenantry connection add --name 'Acme at Microsoft' --tid 1b2c… --client-id 5d6e… --secret-file entra.secret\n  \
        tenantry connection add --name Acme --tid 1b2c… --client-id 5d6e… --certificate-file c.pem --key-file k.pem \\\n    \
        --tenant acme --domain acme.example")]
    Add(ConnectionAdd),
}

#[derive(Debug, Args)]
pub struct ConnectionAdd {
    #[arg(long)]
    pub name: String,
    /// Directory (tenant) id: a GUID.
    #[arg(long)]
    pub tid: String,
    /// Application (client) id: a GUID.
    #[arg(long)]
    pub client_id: String,
    /// Origin of the directory's cloud.
    #[arg(long, default_value = "https://login.microsoftonline.com", value_name = "URL")]
    pub cloud_host: String,
    /// File with the client secret's value, `-` for standard input.
    #[arg(long, value_name = "FILE", required_unless_present = "certificate_file", conflicts_with = "certificate_file")]
    pub secret_file: Option<PathBuf>,
    /// Certificate (PEM) registered at Microsoft, instead of a secret.
    #[arg(long, value_name = "FILE", requires = "key_file")]
    pub certificate_file: Option<PathBuf>,
    /// Private key (PEM) of the certificate.
    #[arg(long, value_name = "FILE", requires = "certificate_file")]
    pub key_file: Option<PathBuf>,
    /// The directory's admin states that Conditional Access demands a second factor for this application.
    #[arg(long)]
    pub mfa_asserted: bool,
    /// Tenant whose people may bind by domain, without an invitation: id, number or slug.
    #[arg(long, requires = "domain")]
    pub tenant: Option<String>,
    /// E-mail domain that the directory is proven to own; may be repeated.
    #[arg(long, requires = "tenant")]
    pub domain: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List the signing keys.
    List,
    /// Publish the next keys; they sign once every application has had the time to read them.
    #[command(after_help = "Examples:\n  tenantry keys rotate\n  tenantry keys rotate --now    (a key may have leaked)")]
    Rotate(KeysRotate),
}

#[derive(Debug, Args)]
pub struct KeysRotate {
    /// The new keys sign at once. Applications that keep the key set for long refuse new tokens until they read it again.
    #[arg(long)]
    pub now: bool,
}
