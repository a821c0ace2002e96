//! The operator's console and the settings of a tenant, over HTTP.
mod administrators;
mod announcements;
mod clients;
mod doors;
mod ending;
mod locations;
mod meanwhile;
mod people;
mod policies;
mod rest;
mod tenant_ending;
mod tenants;
mod why;

use crate::harness::browser::Browser;
use crate::harness::tenantry::Tenantry;
use crate::harness::world::Someone;

/// Somebody who runs the instance.
pub async fn olga(t: &Tenantry) -> Someone {
    t.person_with("olga@ops.example", |new| new.operator = true).await
}

/// A browser in which the person is signed in.
pub async fn signed_in(t: &Tenantry, person: &Someone) -> Browser {
    let mut browser = t.browser();
    browser.goto("/login/start").await;
    t.sign_in(&mut browser, person).await;
    browser
}

/// A browser of an operator.
pub async fn at_work(t: &Tenantry) -> Browser {
    let olga = olga(t).await;
    signed_in(t, &olga).await
}

/// What the audit trail says happened, newest last: actions.
pub async fn actions(t: &Tenantry) -> Vec<String> {
    let rows = t.app.store.read(async |r| r.audit_since(tenantry::world::Timestamp::from_micros(0), 1000).await).await.unwrap();
    rows.into_iter().map(|row| row.action).collect()
}
