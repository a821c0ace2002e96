//! Support access: an administrator lets the operators into the tenant's administration, for a reason and a time. They read
//! what administrators read and change people's standing, nothing else; every page and every act stands in the tenant's
//! audit log with operator and grant (security.md I16). It ends by itself.
use std::time::Duration;

use serde_json::{Value, json};

use super::audit::{Event, record_from};
use super::people::acting::{Acting, Deed, Outcome, Refusal};
use super::{Failure, Network};
use crate::app::App;
use crate::model::{SupportGrant, SupportId, display_name};
use crate::policy::permission::{Right, TenantScope};
use crate::world::Timestamp;

/// The longest time in hours.
pub const LONGEST: u64 = 24;
/// What the operators may do to people there: addresses below the person's.
pub const STANDING: [&str; 4] = ["disable", "enable", "unlock", "wake"];

/// Lets operators in. Only an administrator does: it shows everything.
pub async fn grant(acting: &Acting<'_>, reason: &str, hours: u64) -> Outcome<()> {
    let Some(reason) = display_name(reason, 200) else { return Ok(Err(Refusal::Invalid("reason", "1 to 200 visible characters"))) };
    if !(1..=LONGEST).contains(&hours) {
        return Ok(Err(Refusal::Invalid("hours", "1 to 24 hours")));
    }
    let id = SupportId::generate(acting.now, &*acting.app.entropy);
    let deed = Deed { rights: &[Right::Policies], action: "support.grant", subject: id.as_str() };
    let grant = SupportGrant {
        id: id.clone(),
        tenant: acting.tenant().clone(),
        granted_by: acting.scope.person().clone(),
        reason,
        created_at: acting.now,
        expires_at: acting.now.plus(Duration::from_secs(hours * 3600)),
        ended_at: None,
    };
    acting
        .attempt(deed, async |w| {
            if !acting.scope.is_admin() {
                return Ok(Err(Refusal::NotHeld));
            }
            w.insert_support(&grant).await?;
            acting.done(w, deed, json!({ "hours": hours, "reason": grant.reason })).await?;
            Ok(Ok(()))
        })
        .await
}

/// Ends it before its time, in the same moment for whoever is at work.
pub async fn end(acting: &Acting<'_>, id: &SupportId) -> Outcome<()> {
    let deed = Deed { rights: &[Right::Policies], action: "support.end", subject: id.as_str() };
    acting
        .attempt(deed, async |w| {
            if !acting.scope.is_admin() {
                return Ok(Err(Refusal::NotHeld));
            }
            if !w.end_support(acting.tenant(), id, acting.now).await? {
                return Ok(Err(Refusal::NotFound));
            }
            acting.done(w, deed, json!({})).await?;
            Ok(Ok(()))
        })
        .await
}

/// Writes down that an operator looked at a page of the tenant. `route`: without what names a person.
pub async fn note_look(app: &App, scope: &TenantScope, route: &str, network: &Network, now: Timestamp) -> Result<(), Failure> {
    let Some(grant) = scope.support() else { return Ok(()) };
    let event = Event {
        action: "support.look",
        actor: scope.person().as_str(),
        subject: grant.as_str(),
        tenant: Some(scope.tenant()),
        client: None,
        outcome: "done",
        detail: marked(scope, json!({ "page": route })),
    };
    Ok(app.store.write(async |w| record_from(app, w, event, network, now).await).await?)
}

/// The detail of an event with who really acts, in the form of RFC 8693 4.1, and by which grant; or that an operator did.
pub(super) fn marked(scope: &TenantScope, detail: Value) -> Value {
    let (member, mark) = match scope.support() {
        Some(grant) => ("act", json!({ "sub": scope.person(), "grant": grant })),
        None if scope.is_of_operator() => ("by", json!("operator")),
        None => return detail,
    };
    let mut members = match detail {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    members.insert(member.to_owned(), mark);
    Value::Object(members)
}
