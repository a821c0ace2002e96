//! `tenant add`, `group add`, `client add`, `connection add`.
use std::path::Path;

use serde_json::Value;

use super::args::{ClientAdd, ConnectionAdd, GroupAdd, PresetName, TenantAdd};
use super::error::CliError;
use super::open::{open, text_of};
use super::output::Output;
use super::policies::preset_of;
use crate::config::Config;
use crate::model::{AuthMethod, ClientMetadata, ConsentMode, Permission};
use crate::service::clients::{self, ClientAdded, NewClient, Preset};
use crate::service::connections::{self, ClearCredential, ConnectionAdded, NewConnection};
use crate::service::groups::{self, GroupAdded};
use crate::service::tenants::{self, NewTenant, TenantAdded};

fn invalid(field: &str, demand: &str) -> CliError {
    CliError::new(format!("the {field} cannot be used"), format!("give {demand}"))
}

pub async fn add_tenant(config: &Config, output: &Output, add: TenantAdd) -> Result<(), CliError> {
    let preset = preset_of(&add.preset)?;
    let opened = open(config).await?;
    let new = NewTenant {
        number: add.number,
        slug: add.slug,
        name: add.name,
        alias: add.alias,
        color: add.color,
        logo: None,
        policy: preset.policy(),
        groups: preset.groups(),
    };
    let added = tenants::add(&opened.change(), new).await?;
    opened.store.close().await;
    match added {
        TenantAdded::Added(tenant) => output.result(
            "The tenant is registered.",
            &[("tenant", tenant.id.as_str().into()), ("number", tenant.number.into()), ("slug", tenant.slug.into())],
        ),
        TenantAdded::NumberTaken => Err(CliError::new("another tenant has this number", "give another --number")),
        TenantAdded::SlugTaken => Err(CliError::new("another tenant has or had this slug", "give another --slug")),
        TenantAdded::Invalid(field, demand) => Err(invalid(field, demand)),
    }
}

pub async fn add_group(config: &Config, output: &Output, add: GroupAdd) -> Result<(), CliError> {
    let opened = open(config).await?;
    let tenant = opened.tenant(&add.tenant).await?;
    let plain = add.permission.into_iter().map(|name| Permission { name, requires_2fa: false });
    let strong = add.permission_2fa.into_iter().map(|name| Permission { name, requires_2fa: true });
    let added = groups::add(&opened.change(), &tenant.id, &add.name, plain.chain(strong).collect()).await?;
    opened.store.close().await;
    match added {
        GroupAdded::Added(group) => {
            let permissions: Vec<String> = group.permissions.iter().map(|permission| permission.name.clone()).collect();
            let values = [("group", group.id.as_str().into()), ("name", group.name.into()), ("permissions", permissions.into())];
            output.result("The group is made.", &values)
        }
        GroupAdded::NameTaken => Err(CliError::new("the tenant has a group of this name", "give another --name")),
        GroupAdded::Invalid(field, demand) => Err(invalid(field, demand)),
    }
}

pub async fn add_client(config: &Config, output: &Output, add: ClientAdd) -> Result<(), CliError> {
    let opened = open(config).await?;
    let mut tenants = Vec::new();
    for handle in &add.tenant {
        tenants.push(opened.tenant(handle).await?.id);
    }
    let new = NewClient { tenants, ..requested(add)? };
    let added = clients::add(&opened.change(), new).await?;
    opened.store.close().await;
    match added {
        ClientAdded::Added(client, secret) => {
            let mut values: Vec<(&str, Value)> = vec![("client_id", client.id.as_str().into())];
            let sentence = if let Some(secret) = secret {
                values.push(("client_secret", secret.clear().into()));
                "The application is registered. Its secret is shown here once:"
            } else {
                "The application is registered."
            };
            values.push(("token_endpoint_auth_method", client.metadata.token_endpoint_auth_method.as_str().into()));
            values.push(("issuer", config.server.issuer.as_str().into()));
            output.result(sentence, &values)
        }
        ClientAdded::IdTaken => Err(CliError::new("the id is in use", "try again")),
        ClientAdded::Invalid(field, demand) => Err(CliError::new(format!("{field} cannot be registered"), demand)),
    }
}

/// The client that was asked for, still without its tenants.
fn requested(add: ClientAdd) -> Result<NewClient, CliError> {
    let preset = match add.preset {
        PresetName::Web => Preset::Web,
        PresetName::Spa => Preset::Spa,
        PresetName::Machine => Preset::Machine,
        PresetName::Oidc => Preset::Oidc,
        PresetName::Fapi2 => Preset::Fapi2,
        PresetName::Fapi2MessageSigning => Preset::Fapi2MessageSigning,
    };
    let mut new = NewClient::preset(preset, &add.name);
    let metadata = &mut new.metadata;
    metadata.redirect_uris = add.redirect_uri;
    metadata.post_logout_redirect_uris = add.post_logout_redirect_uri;
    metadata.audiences = add.audience;
    metadata.allowed_origins = add.origin;
    if !add.scope.is_empty() {
        metadata.scopes = add.scope;
    }
    if add.first_party {
        metadata.consent = ConsentMode::Implicit;
    }
    if let Some(file) = &add.jwks_file {
        let text = text_of(file)?;
        let jwks = serde_json::from_str(text.expose())
            .map_err(|_| CliError::new(format!("{} is not JSON", file.display()), "give a JWK set: {\"keys\": […]}"))?;
        metadata.jwks = Some(jwks);
        metadata.token_endpoint_auth_method = AuthMethod::PrivateKeyJwt;
    }
    if let Some(file) = &add.metadata_file {
        new.metadata = overlaid(&new.metadata, file)?;
    }
    Ok(new)
}

/// The metadata with the members of a JSON file laid over it.
fn overlaid(metadata: &ClientMetadata, file: &Path) -> Result<ClientMetadata, CliError> {
    let text = text_of(file)?;
    let fault = |cause: String| CliError::new(format!("{} is not client metadata: {cause}", file.display()), "give a JSON object");
    let given: serde_json::Map<String, Value> = serde_json::from_str(text.expose()).map_err(|e| fault(e.to_string()))?;
    let mut all = match serde_json::to_value(metadata) {
        Ok(Value::Object(members)) => members,
        _ => return Err(fault("it cannot be laid over the preset".into())),
    };
    all.extend(given);
    serde_json::from_value(Value::Object(all)).map_err(|e| fault(e.to_string()))
}

pub async fn add_connection(config: &Config, output: &Output, add: ConnectionAdd) -> Result<(), CliError> {
    let credential = match (&add.secret_file, &add.certificate_file, &add.key_file) {
        (None, Some(certificate), Some(key)) => {
            ClearCredential::Certificate { key: text_of(key)?, certificate: text_of(certificate)?.expose().clone() }
        }
        (Some(secret), ..) => ClearCredential::Secret(text_of(secret)?),
        _ => return Err(CliError::new("no credential is given", "give --secret-file, or --certificate-file with --key-file")),
    };
    let opened = open(config).await?;
    let sealer = opened.sealer(config).await?;
    let pin = match &add.tenant {
        Some(handle) => Some((opened.tenant(handle).await?.id, add.domain)),
        None => None,
    };
    let new = NewConnection {
        name: add.name,
        cloud_host: add.cloud_host,
        tid: add.tid,
        client_id: add.client_id,
        credential,
        mfa_asserted: add.mfa_asserted,
        pin,
        allow_plain_http_loopback: config.upstream.allow_plain_http_loopback,
    };
    let added = connections::add(&opened.change(), &sealer, new).await?;
    opened.store.close().await;
    match added {
        ConnectionAdded::Added(connection) => {
            output.result("The connection is registered.", &[("connection", connection.id.as_str().into()), ("tid", connection.tid.into())])
        }
        ConnectionAdded::Invalid(field, demand) => Err(invalid(field, demand)),
    }
}
