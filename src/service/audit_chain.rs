//! Seals the audit trail: a chain of keyed hashes over what was written, so that deletion, change and reordering show
//! (docs/decisions/0006-audit-chain.md).
use std::collections::BTreeMap;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::Failure;
use super::audit_retention::RETIRE;
use crate::app::App;
use crate::keys::Sealer;
use crate::model::ClientId;
use crate::store::{AuditLink, AuditRow, Store, StoreError};
use crate::world::Timestamp;

/// Links that one transaction appends at most.
const BATCH: i64 = 200;
const LEASE: Duration = Duration::from_secs(60);

/// Appends a link for every event that has none, on one node at a time. The lease is renewed in the transaction that
/// appends, so that two nodes never chain at once.
pub async fn seal(app: &App) -> Result<(), Failure> {
    loop {
        let now = app.now();
        // Asked first, so that nobody takes the writer's turn for nothing.
        if app.store.read(async |r| r.unsealed_audit(1).await).await?.is_empty() {
            return Ok(());
        }
        let sealed = app
            .store
            .write_or_undo(async |w| {
                if !w.take_lease("audit-chain", &app.node, now, now.plus(LEASE)).await? {
                    return Ok(Err(()));
                }
                let head = w.audit_head().await?;
                let mut last = head.map(|link| (link.position, link.hash)).unwrap_or_default();
                let rows = w.unsealed_audit(BATCH).await?;
                for row in &rows {
                    let link = link(&app.sealer, &last, row);
                    if !w.append_audit_link(&link).await? {
                        return Ok(Err(()));
                    }
                    last = (link.position, link.hash);
                }
                Ok(Ok(rows.len()))
            })
            .await?;
        if !sealed.is_ok_and(|n| i64::try_from(n).is_ok_and(|n| n == BATCH)) {
            return Ok(());
        }
    }
}

/// The link after `last` that holds an event.
fn link(sealer: &Sealer, last: &(i64, String), row: &AuditRow) -> AuditLink {
    let mut link = AuditLink {
        position: last.0 + 1,
        audit_id: row.id.to_string(),
        at: row.at.micros(),
        tenant_id: row.tenant.as_ref().map(ToString::to_string),
        content: content(sealer, row),
        personal: personal(sealer, row),
        hash: String::new(),
    };
    link.hash = hash(sealer, &last.1, &link);
    link
}

/// Keyed with the master key: whoever changes the database cannot make the chain fit again. Parts are told apart by
/// their places in a JSON array (security.md E14).
fn digest(sealer: &Sealer, context: &str, parts: &[Option<&str>]) -> String {
    let text = serde_json::to_vec(parts).expect("texts are JSON");
    URL_SAFE_NO_PAD.encode(sealer.mac(context, &text))
}

fn content(sealer: &Sealer, row: &AuditRow) -> String {
    let at = row.at.micros().to_string();
    let parts = [
        Some(row.id.as_str()),
        Some(&at),
        Some(&row.actor),
        Some(&row.action),
        Some(&row.subject),
        row.tenant.as_ref().map(crate::model::TenantId::as_str),
        row.client.as_ref().map(ClientId::as_str),
        Some(&row.outcome),
    ];
    digest(sealer, "audit-content", &parts)
}

fn personal(sealer: &Sealer, row: &AuditRow) -> String {
    digest(sealer, "audit-personal", &[Some(row.id.as_str()), Some(&row.network), Some(&row.detail.to_string())])
}

fn hash(sealer: &Sealer, before: &str, link: &AuditLink) -> String {
    let (position, at) = (link.position.to_string(), link.at.to_string());
    let parts = [
        Some(before),
        Some(&position),
        Some(&link.audit_id),
        Some(&at),
        link.tenant_id.as_deref(),
        Some(&link.content),
        Some(&link.personal),
    ];
    digest(sealer, "audit-link", &parts)
}

/// What is wrong at a position of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Breach {
    /// A link is missing before this one.
    Gap,
    /// The link itself was changed, or stands elsewhere than it did.
    Link,
    /// The event is gone although its time was not over.
    Deleted,
    /// The event says something else than it did.
    Changed,
    /// Events that claim to be sealed and are in no link.
    Stray,
    /// The last links that somebody noted are not there.
    Shortened,
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Position and hash of the last link: worth noting down outside the database.
    pub head: (i64, String),
    /// Events whose description of a person was removed.
    pub pseudonymised: i64,
    /// Events that were removed after their time.
    pub retired: i64,
    /// The first breach, and where.
    pub breach: Option<(i64, Breach)>,
}

/// Goes through the whole chain.
///
/// In: events from before `kept_since` may be gone; `noted` is a head that was written down earlier.
pub async fn verify(
    store: &Store,
    sealer: &Sealer,
    kept_since: Option<Timestamp>,
    noted: Option<(i64, &str)>,
) -> Result<Verified, StoreError> {
    let mut out = Verified { head: (0, String::new()), pseudonymised: 0, retired: 0, breach: None };
    let mut gone = Gone::default();
    loop {
        let links = store.read(async |r| r.audit_links(out.head.0, 500).await).await?;
        if links.is_empty() {
            break;
        }
        for (link, row) in links {
            let found = judge(sealer, &out.head, &link, row.as_ref(), kept_since);
            match found {
                Ok(Held::Whole) => gone.heed(row.as_ref()),
                Ok(Held::Missing) => gone.missing(&link),
                Ok(Held::Pseudonymised) => out.pseudonymised += 1,
                Ok(Held::Retired) => out.retired += 1,
                Err(breach) => return Ok(Verified { breach: Some((link.position, breach)), ..out }),
            }
            if noted.is_some_and(|(position, hash)| position == link.position && hash != link.hash) {
                return Ok(Verified { breach: Some((link.position, Breach::Link)), ..out });
            }
            out.head = (link.position, link.hash);
        }
    }
    match gone.judge() {
        Ok(retired) => out.retired += retired,
        Err(position) => return Ok(Verified { breach: Some((position, Breach::Deleted)), ..out }),
    }
    if noted.is_some_and(|(position, _)| position > out.head.0) {
        out.breach = Some((out.head.0 + 1, Breach::Shortened));
    } else if store.read(async |r| r.stray_audit().await).await? > 0 {
        out.breach = Some((out.head.0, Breach::Stray));
    }
    Ok(out)
}

/// Events that are missing, and what the chain itself says about it: sealed announcements of what a tenant's rules let go
/// (`audit_retention`). Nobody makes one up without the master key.
#[derive(Default)]
struct Gone {
    /// By tenant: how many, the latest of them, and its position.
    missing: BTreeMap<Option<String>, (i64, i64, i64)>,
    /// By tenant: everything from before this moment may be gone.
    allowed: BTreeMap<String, i64>,
}

impl Gone {
    fn missing(&mut self, link: &AuditLink) {
        let (count, at, position) = self.missing.entry(link.tenant_id.clone()).or_insert((0, i64::MIN, link.position));
        *count += 1;
        if link.at > *at {
            (*at, *position) = (link.at, link.position);
        }
    }

    fn heed(&mut self, row: Option<&AuditRow>) {
        let Some(row) = row.filter(|row| row.action == RETIRE && row.tenant.is_none()) else { return };
        if let Some(before) = row.detail.get("before").and_then(Value::as_i64) {
            let allowed = self.allowed.entry(row.subject.clone()).or_insert(before);
            *allowed = before.max(*allowed);
        }
    }

    /// How many are rightly gone, or the position of one that is not.
    fn judge(&self) -> Result<i64, i64> {
        let mut retired = 0;
        for (tenant, (count, at, position)) in &self.missing {
            let allowed = tenant.as_ref().and_then(|tenant| self.allowed.get(tenant));
            if allowed.is_none_or(|before| at >= before) {
                return Err(*position);
            }
            retired += count;
        }
        Ok(retired)
    }
}

enum Held {
    Whole,
    /// Whether rightly is told by the rest of the chain.
    Missing,
    Pseudonymised,
    Retired,
}

fn judge(
    sealer: &Sealer,
    last: &(i64, String),
    link: &AuditLink,
    row: Option<&AuditRow>,
    kept_since: Option<Timestamp>,
) -> Result<Held, Breach> {
    if link.position != last.0 + 1 {
        return Err(Breach::Gap);
    }
    if hash(sealer, &last.1, link) != link.hash {
        return Err(Breach::Link);
    }
    let Some(row) = row else {
        return if kept_since.is_some_and(|since| link.at < since.micros()) { Ok(Held::Retired) } else { Ok(Held::Missing) };
    };
    if content(sealer, row) != link.content {
        return Err(Breach::Changed);
    }
    if personal(sealer, row) == link.personal {
        return Ok(Held::Whole);
    }
    if row.network.is_empty() && row.detail == Value::Null { Ok(Held::Pseudonymised) } else { Err(Breach::Changed) }
}
