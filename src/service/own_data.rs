//! Everything that is kept about a person, for that person (GDPR Art. 15, 20). No secret, no token, and nothing about
//! other people: who else acted is told as a role.
use serde_json::{Value, json};

use super::Failure;
use crate::app::App;
use crate::model::{Person, PersonId};
use crate::store::{AuditRow, OwnConsent, OwnSession};
use crate::world::Timestamp;

/// Lines of the audit trail that are given out, the newest.
const LINES: i64 = 5000;
/// Sessions and consents likewise.
const ROWS: i64 = 1000;

/// Collects it from one snapshot.
pub async fn collect(app: &App, person: &Person, now: Timestamp) -> Result<Value, Failure> {
    let id = &person.id;
    let (places, sessions, consents, lines, picture) = app
        .store
        .read(async |r| {
            let mut places = Vec::new();
            for membership in r.memberships_of(id).await? {
                let details = r.membership_details(&membership.id).await?;
                places.push((membership, details));
            }
            let (sessions, consents) = (r.own_sessions(id, ROWS).await?, r.own_consents(id, ROWS).await?);
            Ok((places, sessions, consents, r.audit_of_person(id, LINES).await?, r.picture_of(id).await?))
        })
        .await?;
    let registered = app.registered();
    let tenant = |id: &crate::model::TenantId| registered.tenants.get(id).map(|tenant| tenant.display_name().to_owned());
    let memberships: Vec<Value> = places
        .iter()
        .map(|(membership, details)| {
            json!({
                "organisation": tenant(&membership.tenant), "tenant_id": membership.tenant, "kind": membership.kind,
                "state": membership.state, "administrator": membership.admin, "api_access": membership.api_access,
                "groups": details.groups, "limited_to_locations": membership.limited_to_locations, "locations": details.locations,
                "since": text(membership.created_at), "last_used": membership.last_used_at.map(text),
            })
        })
        .collect();
    let client = |id: &crate::model::ClientId| registered.clients.get(id).map(|client| client.metadata.client_name.clone());
    let consent = |consent: &OwnConsent| {
        json!({
            "application": client(&consent.client), "client_id": consent.client, "organisation": tenant(&consent.tenant),
            "scope": consent.scope, "granted": text(consent.granted_at),
        })
    };
    Ok(json!({
        "made": text(now),
        "details": details(person),
        "picture": picture.map(|_| format!("{}/picture/{id}", app.issuer())),
        "memberships": memberships,
        "sessions": sessions.iter().map(session).collect::<Vec<_>>(),
        "consents": consents.iter().map(consent).collect::<Vec<_>>(),
        "activity": lines.iter().map(|line| told(line, id)).collect::<Vec<_>>(),
    }))
}

fn details(person: &Person) -> Value {
    json!({
        "id": person.id, "email": person.email.as_ref().map(|email| email.as_str()), "email_verified": person.email_verified,
        "username": person.username.as_ref().map(|name| name.as_str()), "first_name": person.first_name,
        "last_name": person.last_name, "language": person.locale, "profile": person.profile, "state": person.state,
        "second_factor": person.second_factor, "has_password": person.has_password, "operator": person.operator,
        "last_sign_in": person.last_login_at.map(text), "created": text(person.created_at), "changed": text(person.updated_at),
    })
}

fn session(session: &OwnSession) -> Value {
    json!({
        "began": text(session.created_at), "last_used": text(session.last_seen_at), "ends": text(session.expires_at),
        "ended": session.ended_at.map(text), "browser": session.origin.agent.browser, "system": session.origin.agent.system,
        "network": session.origin.network,
    })
}

/// A line of the audit trail. Where a request came from is told only of one's own.
fn told(line: &AuditRow, person: &PersonId) -> Value {
    let by = match line.actor.as_str() {
        actor if actor == person.as_str() => "you",
        actor if actor.starts_with(PersonId::PREFIX) => "another person",
        _ => "the system",
    };
    json!({
        "at": text(line.at), "what": line.action, "outcome": line.outcome, "by": by, "tenant_id": line.tenant,
        "client_id": line.client, "network": (by == "you").then_some(&line.network),
    })
}

/// RFC 3339, in UTC.
fn text(at: Timestamp) -> String {
    crate::pages::console::Moment::of(at).machine
}
