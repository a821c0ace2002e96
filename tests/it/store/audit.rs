//! The links over the audit trail. What a hash is made of is tested where it is decided (`rights::chain`).
use tenantry::model::*;
use tenantry::store::{AuditLink, AuditRow, Store};

use super::conformance;
use super::fixtures::*;

fn event(n: u32) -> AuditRow {
    AuditRow {
        id: AuditId::from_text(format!("aud_{n}")),
        at: NOW.plus(MINUTE * n),
        actor: "per_x".to_owned(),
        action: "group.add".to_owned(),
        subject: format!("grp_{n}"),
        tenant: (n != 3).then(|| tenant_id("acme")),
        client: None,
        outcome: "done".to_owned(),
        detail: serde_json::json!({ "n": n }),
        network: "192.0.2.7".to_owned(),
    }
}

fn link(position: i64, n: u32) -> AuditLink {
    let row = event(n);
    AuditLink {
        position,
        audit_id: row.id.to_string(),
        at: row.at.micros(),
        tenant_id: row.tenant.map(|tenant| tenant.to_string()),
        content: "c".to_owned(),
        personal: "p".to_owned(),
        hash: format!("h{position}"),
    }
}

async fn events_are_linked_once_and_in_order(store: &Store) {
    let (waiting, taken, twice, left, head, links) = store
        .write(async |w| {
            for n in [2, 1, 3] {
                w.record_audit(&event(n)).await?;
            }
            let waiting = w.unsealed_audit(2).await?;
            let taken = w.append_audit_link(&link(1, 1)).await?;
            let twice = w.append_audit_link(&link(1, 2)).await?;
            w.append_audit_link(&link(2, 3)).await?;
            let left = w.unsealed_audit(9).await?;
            Ok((waiting, taken, twice, left, w.audit_head().await?, w.audit_links(0, 9).await?))
        })
        .await
        .unwrap();

    assert_eq!(waiting.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["aud_1", "aud_2"]);
    assert_eq!((taken, twice), (true, false));
    assert!(left.is_empty(), "the one that lost its position is marked all the same: its transaction is undone");
    assert_eq!(head, Some(link(2, 3)));
    assert_eq!(
        links.iter().map(|(link, row)| (link.position, row.as_ref().unwrap().id.as_str())).collect::<Vec<_>>(),
        [(1, "aud_1"), (2, "aud_3")]
    );
    assert_eq!(store.read(async |r| r.stray_audit().await).await.unwrap(), 1, "aud_2");
}

async fn events_are_emptied_and_removed_while_their_links_stay(store: &Store) {
    let (emptied, again, gone, links) = store
        .write(async |w| {
            for n in 1..=3 {
                w.record_audit(&event(n)).await?;
            }
            w.append_audit_link(&link(1, 1)).await?;
            w.append_audit_link(&link(2, 3)).await?;
            let emptied = w.pseudonymise_audit(&person_id("x")).await?;
            let again = w.pseudonymise_audit(&person_id("x")).await?;
            assert!(w.has_audit_before(&tenant_id("acme"), NOW.plus(HOUR)).await?);
            assert!(!w.has_audit_before(&tenant_id("acme"), NOW).await?);
            let gone = w.retire_audit(Some(&tenant_id("acme")), NOW.plus(HOUR), 9).await?;
            Ok((emptied, again, gone, w.audit_links(0, 9).await?))
        })
        .await
        .unwrap();

    assert_eq!((emptied, again), (2, 0), "what is not sealed waits");
    assert_eq!(gone, 1, "the other tenant's and the unsealed one stay");
    assert!(links[0].1.is_none());
    let row = links[1].1.as_ref().unwrap();
    assert_eq!((row.network.as_str(), &row.detail), ("", &serde_json::Value::Null));
}

conformance! {
    events_are_linked_once_and_in_order,
    events_are_emptied_and_removed_while_their_links_stay,
}
