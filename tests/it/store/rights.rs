//! What a person has to say where, and the figures of the consoles' start pages.
use tenantry::model::*;
use tenantry::store::{Attempt, AuditFilter, AuditRow, InstanceFigures, Store, TenantFigures};

use super::conformance;
use super::fixtures::*;

async fn memberships_come_with_the_permissions_of_one_kind_and_of_their_own_tenant(store: &Store) {
    furnish(store).await;
    let anna = new_membership("ada", "acme", MembershipKind::Home);
    let (own, foreign) = (GroupId::from_text("grp_own"), GroupId::from_text("grp_foreign"));
    let found = store
        .write(async |w| {
            for (name, strong) in [("ours:b", false), ("ours:a", true), ("oursish", false), ("theirs:a", false)] {
                w.define_permission(name, strong).await?;
            }
            w.insert_group(&own, &tenant_id("acme"), "Own").await?;
            w.insert_group(&GroupId::from_text("grp_more"), &tenant_id("acme"), "More").await?;
            w.insert_group(&foreign, &tenant_id("globex"), "Foreign").await?;
            for (group, permission) in
                [("grp_own", "ours:b"), ("grp_own", "ours:a"), ("grp_own", "oursish"), ("grp_more", "ours:a"), ("grp_foreign", "theirs:a")]
            {
                w.grant_permission(&GroupId::from_text(group), permission).await?;
            }
            let ours = w.memberships_of(&person_id("ada")).await?;
            for membership in &ours {
                w.add_group_member(&own, &membership.id).await?;
                w.add_group_member(&GroupId::from_text("grp_more"), &membership.id).await?;
            }
            w.memberships_with_permissions(&person_id("ada"), "ours:").await
        })
        .await
        .unwrap();

    let here = found.iter().find(|(membership, _)| membership.tenant == anna.tenant).unwrap();
    assert_eq!(here.1, ["ours:a", "ours:b"]);
    assert!(found.iter().filter(|(membership, _)| membership.tenant != anna.tenant).all(|(_, permissions)| permissions.is_empty()));
    let all = store.read(async |r| r.memberships_of(&person_id("ada")).await).await.unwrap();
    assert_eq!(found.len(), all.len(), "every membership once");
}

async fn a_tenants_people_are_counted_by_state(store: &Store) {
    let figures = async |dormant| store.read(async |r| r.tenant_figures(&tenant_id("crew"), dormant, NOW).await).await.unwrap();
    let people = [
        ("a", PersonState::Active, MembershipState::Active),
        ("b", PersonState::Active, MembershipState::Active),
        ("c", PersonState::Active, MembershipState::Invited),
        ("d", PersonState::Invited, MembershipState::Active),
        ("e", PersonState::Deactivated, MembershipState::Active),
        ("f", PersonState::Active, MembershipState::Disabled),
        ("g", PersonState::Active, MembershipState::Left),
    ];
    store
        .write(async |w| {
            w.insert_tenant(&new_tenant("crew", "2001")).await?;
            for (name, state, member) in people {
                w.insert_person(&tenantry::store::NewPerson { state, ..new_person(name) }, NOW).await?;
                let kind = if name == "b" { MembershipKind::Guest } else { MembershipKind::Home };
                w.insert_membership(&Membership { state: member, ..new_membership(name, "crew", kind) }).await?;
            }
            w.set_second_factor(&person_id("a"), FactorKind::Email, NOW).await
        })
        .await
        .unwrap();

    let expected = TenantFigures { invited: 2, active: 2, deactivated: 2, locked: 0, guests: 1, without_factor: 1 };
    assert_eq!(figures(None).await, expected);
    let paused = store.write(async |w| w.claim_attempt("person:per_b", 1, HOUR, DAY, NOW).await).await.unwrap();
    assert_eq!(paused, Attempt::Allowed { failures: 1 });
    assert_eq!(figures(None).await, TenantFigures { active: 1, locked: 1, without_factor: 0, ..expected });
    assert_eq!(figures(Some(NOW.plus(DAY))).await.locked, 2, "unused for too long");
}

async fn the_instance_is_counted(store: &Store) {
    let before = store.read(async |r| r.instance_figures(NOW, NOW).await).await.unwrap();
    furnish(store).await;
    store
        .write(async |w| {
            w.set_tenant_state(&tenant_id("globex"), TenantState::Disabled).await?;
            w.insert_person(&tenantry::store::NewPerson { operator: true, ..new_person("root") }, NOW).await
        })
        .await
        .unwrap();

    let figures = store.read(async |r| r.instance_figures(NOW, NOW).await).await.unwrap();

    assert_eq!(before, InstanceFigures::default());
    assert_eq!((figures.tenants, figures.disabled_tenants, figures.weak_operators), (1, 1, 1));
    assert!(figures.people >= 3 && figures.clients == 1 && figures.sessions == 1);
}

async fn a_tenants_log_is_read_from_the_newest_on_and_narrowed(store: &Store) {
    furnish(store).await;
    let row = |n: i64, action: &str, actor: &str, tenant: &str| AuditRow {
        id: AuditId::from_text(format!("aud_{n}")),
        at: NOW.plus(MINUTE * u32::try_from(n / 2).unwrap()),
        actor: actor.to_owned(),
        action: action.to_owned(),
        subject: "per_x".to_owned(),
        tenant: Some(tenant_id(tenant)),
        client: None,
        outcome: "done".to_owned(),
        detail: serde_json::Value::Null,
        network: "local".to_owned(),
    };
    let rows = [
        row(1, "group.add", "per_a", "acme"),
        row(2, "groups", "per_a", "acme"),
        row(3, "group", "per_b", "acme"),
        row(4, "member.add", "per_b", "acme"),
        row(5, "group.add", "per_a", "globex"),
    ];
    let filter = |who: &str, kind: &str| AuditFilter { tenant: tenant_id("acme"), who: who.into(), kind: kind.into(), until: None };
    let ids = async |filter: AuditFilter, before| {
        let found = store.read(async |r| r.audit_of_tenant(&filter, before, 10).await).await.unwrap();
        found.into_iter().map(|row| row.id.to_string().replace("aud_", "")).collect::<String>()
    };
    store
        .write(async |w| {
            for row in &rows {
                w.record_audit(row).await?;
            }
            Ok(())
        })
        .await
        .unwrap();

    assert_eq!(ids(filter("", ""), None).await, "4321");
    assert_eq!(ids(filter("", ""), Some((NOW.plus(MINUTE), "aud_3"))).await, "21", "of one moment, by id");
    assert_eq!(ids(filter("per_b", ""), None).await, "43");
    assert_eq!(ids(filter("per_x", ""), None).await, "4321", "also to whom it was done");
    assert_eq!(ids(filter("", "group"), None).await, "31", "whole words");
    assert_eq!(ids(AuditFilter { until: Some(NOW.plus(MINUTE)), ..filter("", "") }, None).await, "1");
    let of_x = store.read(async |r| r.audit_of_subject("per_x", None, 2).await).await.unwrap();
    assert_eq!(of_x.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["aud_5", "aud_4"]);
}

async fn a_person_sees_and_ends_what_is_the_persons_own(store: &Store) {
    furnish(store).await;
    let ada = person_id("ada");
    let grant = new_grant(grant_id());
    let (sessions, before, chosen, revoked, again, after) = store
        .write(async |w| {
            w.remember_tenant(&session_id(), &client_id(), &tenant_id("acme"), NOW).await?;
            w.choose_session_tenant(&session_id(), &tenant_id("globex"), NOW).await?;
            w.record_consent(&ada, &grant.tenant, &grant.client, "openid", NOW).await?;
            let sessions = w.sessions_of(&ada, NOW).await?;
            let before = w.applications_of(&ada, NOW).await?;
            let chosen = w.remembered_tenant(&session_id(), &client_id()).await?;
            let revoked = w.revoke_application(&ada, &grant.tenant, &grant.client, NOW).await?;
            let again = w.revoke_application(&ada, &grant.tenant, &grant.client, NOW).await?;
            Ok((sessions, before, chosen, revoked, again, w.applications_of(&ada, NOW).await?))
        })
        .await
        .unwrap();

    assert_eq!(sessions.iter().map(|session| session.id.clone()).collect::<Vec<_>>(), [session_id()]);
    assert_eq!((before.len(), &before[0].client, &before[0].tenant), (1, &grant.client, &grant.tenant));
    assert_eq!(chosen, Some(tenant_id("globex")), "for the application that had been told another one, too");
    assert_eq!((revoked, again, after.len()), (true, false, 0));
    assert!(store.read(async |r| r.grant(&grant_id()).await).await.unwrap().unwrap().ended_at.is_some());
}

conformance! {
    memberships_come_with_the_permissions_of_one_kind_and_of_their_own_tenant,
    a_tenants_people_are_counted_by_state,
    the_instance_is_counted,
    a_tenants_log_is_read_from_the_newest_on_and_narrowed,
    a_person_sees_and_ends_what_is_the_persons_own,
}
