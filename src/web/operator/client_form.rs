//! The form of an application: what was typed, as a registration, or the first line that cannot be one.
use crate::app::Registered;
use crate::model::{Acr, AuthMethod, Client, ClientMetadata, ConsentMode, Entitlement, GrantType, TenantId};
use crate::pages::console::{ClientFault, ClientFaultKind, ClientForm, ClientKind};
use crate::protocol::redirect::registration_fault;
use crate::service::client_changes;
use crate::service::clients::{NewClient, Preset};
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::operator::lists::lines;

/// What a form asked for.
pub enum Asked<T> {
    Good(Box<T>),
    Faulty(ClientFault),
}

/// The form as it was typed.
pub fn typed(form: &Fields, id: Option<String>) -> ClientForm {
    let text = |name: &str| form.get(name).to_owned();
    ClientForm {
        id,
        seen: text("seen"),
        name: text("name"),
        kind: text("kind"),
        profile: text("profile"),
        keys: text("keys"),
        redirect_uris: text("redirect_uris"),
        post_logout_redirect_uris: text("post_logout_redirect_uris"),
        allowed_origins: text("allowed_origins"),
        backchannel_logout_uri: text("backchannel_logout_uri"),
        scopes: text("scopes"),
        audiences: text("audiences"),
        implicit_consent: form.get("implicit_consent") == "yes",
        required_acr: text("required_acr"),
        listed: form.get("serves") == "listed",
        tenants: text("tenants"),
        access_token_minutes: text("access_token_minutes"),
        refresh_token_idle_days: text("refresh_token_idle_days"),
        refresh_token_absolute_days: text("refresh_token_absolute_days"),
        fault: None,
    }
}

/// A registered application in the form.
pub fn of(registered: &Registered, client: &Client, kind: ClientKind) -> ClientForm {
    let metadata = &client.metadata;
    let slug = |id: &TenantId| registered.tenants.get(id).map(|tenant| tenant.slug.clone());
    ClientForm {
        id: Some(client.id.to_string()),
        seen: client_changes::seen(client).as_text().to_owned(),
        name: metadata.client_name.clone(),
        kind: kind.key().to_owned(),
        profile: String::new(),
        keys: String::new(),
        redirect_uris: metadata.redirect_uris.join("\n"),
        post_logout_redirect_uris: metadata.post_logout_redirect_uris.join("\n"),
        allowed_origins: metadata.allowed_origins.join("\n"),
        backchannel_logout_uri: metadata.backchannel_logout_uri.clone().unwrap_or_default(),
        scopes: metadata.scopes.join(" "),
        audiences: metadata.audiences.join("\n"),
        implicit_consent: metadata.consent == ConsentMode::Implicit,
        required_acr: metadata.required_acr.map(|acr| acr.to_string()).unwrap_or_default(),
        listed: metadata.entitlement == Entitlement::Listed,
        tenants: client.tenants.iter().filter_map(slug).collect::<Vec<_>>().join("\n"),
        access_token_minutes: metadata.access_token_minutes.to_string(),
        refresh_token_idle_days: metadata.refresh_token_idle_days.to_string(),
        refresh_token_absolute_days: metadata.refresh_token_absolute_days.to_string(),
        fault: None,
    }
}

/// A new application. A kind or profile that the form does not offer was not typed by a person.
pub fn new_client(registered: &Registered, typed: &ClientForm) -> Result<Asked<NewClient>, WebError> {
    let kind = ClientKind::of(&typed.kind).ok_or_else(WebError::bad_form)?;
    let preset = match (kind, typed.profile.as_str()) {
        (ClientKind::Web, "standard") => Preset::Web,
        (ClientKind::Web, "oidc") => Preset::Oidc,
        (ClientKind::Web, "fapi2") => Preset::Fapi2,
        (ClientKind::Web, "fapi2-message-signing") => Preset::Fapi2MessageSigning,
        (ClientKind::Machine, "standard") => Preset::Machine,
        (ClientKind::Spa | ClientKind::Device, "standard") => Preset::Spa,
        (_, "oidc" | "fapi2" | "fapi2-message-signing") => return Ok(faulty(ClientFaultKind::Other, "security profile: web application")),
        _ => return Err(WebError::bad_form()),
    };
    let mut metadata = preset.metadata();
    metadata.client_name = typed.name.clone();
    if matches!(kind, ClientKind::Web | ClientKind::Spa) {
        metadata.redirect_uris = lines(&typed.redirect_uris);
        metadata.post_logout_redirect_uris = lines(&typed.post_logout_redirect_uris);
    }
    if kind == ClientKind::Device {
        metadata.grant_types = vec![GrantType::DeviceCode, GrantType::RefreshToken];
        metadata.response_types = Vec::new();
    }
    if kind != ClientKind::Machine && typed.implicit_consent {
        metadata.consent = ConsentMode::Implicit;
    }
    if metadata.token_endpoint_auth_method == AuthMethod::PrivateKeyJwt && !take_keys(&mut metadata, typed.keys.trim()) {
        return Ok(faulty(ClientFaultKind::Keys, ""));
    }
    let tenants = match tenants(registered, typed) {
        Ok(tenants) => tenants,
        Err(line) => return Ok(faulty(ClientFaultKind::Tenants, &line)),
    };
    Ok(Asked::Good(Box::new(NewClient { id: None, metadata, tenants })))
}

/// Keys by address or as they are. False when neither was typed.
fn take_keys(metadata: &mut ClientMetadata, typed: &str) -> bool {
    if typed.starts_with("https://") && !typed.contains(char::is_whitespace) {
        metadata.jwks_uri = Some(typed.to_owned());
        return true;
    }
    metadata.jwks = serde_json::from_str(typed).ok().filter(|keys: &serde_json::Value| keys.get("keys").is_some_and(|k| k.is_array()));
    metadata.jwks.is_some()
}

/// What a registered application becomes. The kind of it stays.
pub fn changed(registered: &Registered, client: &Client, typed: &ClientForm) -> Result<Asked<(ClientMetadata, Vec<TenantId>)>, WebError> {
    let mut metadata = client.metadata.clone();
    metadata.client_name = typed.name.trim().to_owned();
    metadata.scopes = typed.scopes.split_whitespace().map(str::to_owned).collect();
    metadata.audiences = lines(&typed.audiences);
    let word = |scope: &&String| scope.len() > 200 || !scope.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    if let Some(scope) = metadata.scopes.iter().find(word) {
        return Ok(faulty(ClientFaultKind::Scopes, scope));
    }
    let known = |identifier: &&String| !registered.apis.contains_key(*identifier) && !client.metadata.audiences.contains(identifier);
    if let Some(unknown) = metadata.audiences.iter().find(known) {
        return Ok(faulty(ClientFaultKind::Audiences, unknown));
    }
    let kind = ClientKind::of(&typed.kind);
    if !take_lifetimes(&mut metadata, typed, kind) {
        return Ok(faulty(ClientFaultKind::Lifetimes, ""));
    }
    if matches!(kind, Some(ClientKind::Web | ClientKind::Spa)) {
        metadata.redirect_uris = lines(&typed.redirect_uris);
        metadata.post_logout_redirect_uris = lines(&typed.post_logout_redirect_uris);
    }
    if kind == Some(ClientKind::Machine) {
        return Ok(Asked::Good(Box::new((metadata, client.tenants.clone()))));
    }
    metadata.allowed_origins = lines(&typed.allowed_origins);
    metadata.backchannel_logout_uri = Some(typed.backchannel_logout_uri.trim().to_owned()).filter(|uri| !uri.is_empty());
    metadata.consent = if typed.implicit_consent { ConsentMode::Implicit } else { ConsentMode::Ask };
    metadata.required_acr = match typed.required_acr.as_str() {
        "" => None,
        text => Some(Acr::parse(text).ok_or_else(WebError::bad_form)?),
    };
    metadata.entitlement = if typed.listed { Entitlement::Listed } else { Entitlement::Any };
    match tenants(registered, typed) {
        Ok(tenants) => Ok(Asked::Good(Box::new((metadata, tenants)))),
        Err(line) => Ok(faulty(ClientFaultKind::Tenants, &line)),
    }
}

fn take_lifetimes(metadata: &mut ClientMetadata, typed: &ClientForm, kind: Option<ClientKind>) -> bool {
    let number = |text: &str, most: u32| text.trim().parse::<u32>().ok().filter(|n| (1..=most).contains(n));
    let Some(minutes) = number(&typed.access_token_minutes, 24 * 60) else { return false };
    metadata.access_token_minutes = minutes;
    if kind == Some(ClientKind::Machine) {
        return true;
    }
    let (Some(idle), Some(whole)) = (number(&typed.refresh_token_idle_days, 3650), number(&typed.refresh_token_absolute_days, 3650)) else {
        return false;
    };
    (metadata.refresh_token_idle_days, metadata.refresh_token_absolute_days) = (idle, whole);
    idle <= whole
}

/// The tenants that were typed, or the first line that is none. Only those that the form asks for.
fn tenants(registered: &Registered, typed: &ClientForm) -> Result<Vec<TenantId>, String> {
    if !typed.listed {
        return Ok(Vec::new());
    }
    let mut found: Vec<TenantId> = Vec::new();
    for line in lines(&typed.tenants) {
        let tenant = registered.tenants.values().find(|tenant| tenant.is_called(&line)).ok_or_else(|| line.clone())?;
        if !found.contains(&tenant.id) {
            found.push(tenant.id.clone());
        }
    }
    // A new application with an empty list would serve everybody, which is the other choice.
    if found.is_empty() { Err(String::new()) } else { Ok(found) }
}

fn faulty<T>(kind: ClientFaultKind, value: &str) -> Asked<T> {
    Asked::Faulty(ClientFault { kind, value: value.to_owned() })
}

/// What registering refused, in the words of the form: the first line that is to blame.
pub fn fault(field: &str, demand: &str, typed: &ClientForm) -> ClientFault {
    let blamed = |text: &str| lines(text).into_iter().find(|uri| registration_fault(uri).is_some() || !uri.starts_with("http"));
    let said = |kind, value: Option<String>| ClientFault { kind, value: value.unwrap_or_else(|| format!("{field}: {demand}")) };
    match field {
        "client_name" => said(ClientFaultKind::Name, None),
        "redirect_uris" if lines(&typed.redirect_uris).is_empty() => said(ClientFaultKind::RedirectsMissing, None),
        "redirect_uris" => match blamed(&typed.redirect_uris) {
            Some(line) => said(ClientFaultKind::Redirects, Some(line)),
            None => said(ClientFaultKind::Other, None),
        },
        "post_logout_redirect_uris" => match blamed(&typed.post_logout_redirect_uris) {
            Some(line) => said(ClientFaultKind::Logout, Some(line)),
            None => said(ClientFaultKind::Other, None),
        },
        "allowed_origins" => said(ClientFaultKind::Origins, quoted(demand)),
        "backchannel_logout_uri" => said(ClientFaultKind::Backchannel, None),
        "consent" => said(ClientFaultKind::Consent, None),
        "jwks" | "jwks_uri" => said(ClientFaultKind::Keys, None),
        _ => said(ClientFaultKind::Other, None),
    }
}

/// What a demand quotes.
fn quoted(demand: &str) -> Option<String> {
    let (_, rest) = demand.split_once('"')?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}
