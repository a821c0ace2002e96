//! What a person has to say where, and the figures of the consoles' start pages.
use tenantry::model::*;
use tenantry::store::{Attempt, InstanceFigures, Store, TenantFigures};

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

conformance! {
    memberships_come_with_the_permissions_of_one_kind_and_of_their_own_tenant,
    a_tenants_people_are_counted_by_state,
    the_instance_is_counted,
}
