//! `/operator/people/{id}/why`: what a sign-in of this person through an application into a tenant would meet, and which
//! rules say so (issue 4, people.md C1 to C28). Nothing is written.
use std::sync::Arc;

use axum::extract::Path;
use axum::response::Response;

use super::deed::below;
use super::{find, tenant_name};
use crate::app::Registered;
use crate::model::{Client, Membership, MembershipState, Person, Tenant, TenantId};
use crate::pages::console::{Choice, EverybodyWhy, WhyFault};
use crate::service::explain::explain;
use crate::web::error::WebError;
use crate::web::extract::form::Fields;
use crate::web::extract::{Operator, Query};
use crate::web::why::{applications, choices, finding, typed};

pub async fn show(operator: Operator, Path(id): Path<String>, query: Query) -> Result<Response, WebError> {
    let person = find(&operator, &id).await?;
    let places = places(&operator, &person).await?;
    let registered = operator.app.registered();
    let clients = applications(&registered, |_| true);
    let asked = Asked::of(&query.0);
    let tenant = asked.tenant(&registered, &places);
    let client = asked.client(&clients, tenant.map(AsRef::as_ref));
    let fault = match (client, tenant) {
        (None, _) if !asked.client.is_empty() => Some((WhyFault::Client, asked.client.clone())),
        (_, None) if !asked.named().is_empty() => Some((WhyFault::Tenant, asked.named().to_owned())),
        _ => None,
    };
    let found = match (client, tenant) {
        (Some(client), Some(tenant)) if fault.is_none() => {
            let run = explain(&operator.app, &person.id, client, &tenant.id, operator.now).await?.ok_or_else(WebError::not_found)?;
            Some(finding(run, client, tenant, |id| Some(tenant_name(&operator.app, id))))
        }
        _ => None,
    };
    let belongs = tenant.filter(|tenant| places.iter().any(|place| place.value == tenant.id.as_str()));
    let content = EverybodyWhy {
        id: person.id.to_string(),
        name: person.name(),
        clients: choices(&clients),
        client: client.map_or_else(String::new, |client| client.id.to_string()),
        tenant: belongs.map_or_else(String::new, |tenant| tenant.id.to_string()),
        // What names no tenant of the person stays where it can be typed.
        other: if belongs.is_some() { String::new() } else { asked.named().to_owned() },
        tenants: places,
        typed: fault.as_ref().map_or_else(String::new, |(_, typed)| typed.clone()),
        fault: fault.map(|(fault, _)| fault),
        found,
    };
    let page = below(&operator, &person);
    if content.fault.is_some() { page.refuse(&content) } else { page.show(&content) }
}

/// The tenants of the person, as they are offered.
async fn places(operator: &Operator, person: &Person) -> Result<Vec<Choice>, WebError> {
    let memberships = operator.app.store.read(async |r| r.memberships_of(&person.id).await).await?;
    let registered = operator.app.registered();
    let place = |membership: &Membership| {
        let tenant = registered.tenants.get(&membership.tenant)?;
        Some(Choice { value: tenant.id.to_string(), text: format!("{} ({})", tenant.display_name(), tenant.number) })
    };
    Ok(memberships.iter().filter(|membership| membership.state != MembershipState::Left).filter_map(place).collect())
}

/// What the address asks about.
struct Asked {
    client: String,
    tenant: String,
    /// A tenant that was typed; it counts before the one that was chosen.
    other: String,
}

impl Asked {
    fn of(query: &Fields) -> Self {
        let text = |name: &str| typed(query.get(name));
        Self { client: text("client"), tenant: text("tenant"), other: text("other") }
    }

    fn named(&self) -> &str {
        if self.other.is_empty() { &self.tenant } else { &self.other }
    }

    /// The tenant that is named by id, number or slug; the person's first one where none is.
    fn tenant<'a>(&self, registered: &'a Registered, places: &[Choice]) -> Option<&'a Arc<Tenant>> {
        if self.named().is_empty() {
            return registered.tenants.get(&TenantId::from_text(places.first()?.value.as_str()));
        }
        registered.tenants.values().find(|tenant| tenant.is_called(self.named()))
    }

    /// The application that is named; where none is, the first that serves the tenant.
    fn client<'a>(&self, clients: &[&'a Client], tenant: Option<&Tenant>) -> Option<&'a Client> {
        if self.client.is_empty() {
            let serving = clients.iter().find(|client| tenant.is_some_and(|tenant| client.serves(&tenant.id)));
            return serving.or(clients.first()).copied();
        }
        clients.iter().find(|client| client.id.as_str() == self.client).copied()
    }
}
