//! Tenants, memberships, groups, locations.
use tenantry::model::*;
use tenantry::store::{Store, TenantInserted};

use super::conformance;
use super::fixtures::*;

async fn a_tenant_is_found_by_id_number_and_slug(store: &Store) {
    furnish(store).await;

    store
        .read(async |r| {
            let tenants = r.tenants().await?;
            assert_eq!(tenants.iter().map(|t| t.slug.as_str()).collect::<Vec<_>>(), ["acme", "globex"]);
            for handle in ["ten_acme", "1001", "acme"] {
                assert_eq!(r.tenant_by_handle(handle).await?.unwrap().id, tenant_id("acme"), "{handle}");
            }
            assert!(r.tenant_by_handle("initech").await?.is_none());
            let tenant = r.tenant(&tenant_id("acme")).await?.unwrap();
            assert_eq!((tenant.name.as_str(), tenant.color.as_deref(), tenant.policy.lock_threshold), ("ACME", Some("#336699"), 7));
            assert!(r.tenant(&tenant_id("initech")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn numbers_and_slugs_belong_to_one_tenant(store: &Store) {
    furnish(store).await;
    let same_number = new_tenant("initech", "1001");
    let mut same_slug = new_tenant("initech", "1003");
    same_slug.slug = "acme".into();

    let (first, second, third) = store
        .write(async |w| {
            let first = w.insert_tenant(&same_number).await?;
            let second = w.insert_tenant(&same_slug).await?;
            Ok((first, second, w.insert_tenant(&new_tenant("initech", "1003")).await?))
        })
        .await
        .unwrap();

    assert_eq!((first, second, third), (TenantInserted::NumberTaken, TenantInserted::SlugTaken, TenantInserted::Yes));
}

async fn a_changed_tenant_raises_the_generation(store: &Store) {
    furnish(store).await;
    let before = store.read(async |r| r.generation().await).await.unwrap();
    let policy = TenantPolicy { mfa_mode: MfaMode::Required, ..TenantPolicy::default() };

    store.write(async |w| w.set_tenant_state(&tenant_id("acme"), TenantState::Disabled).await).await.unwrap();
    let between = store.read(async |r| r.generation().await).await.unwrap();
    store.write(async |w| w.set_tenant_policy(&tenant_id("acme"), &policy).await).await.unwrap();
    let after = store.read(async |r| r.generation().await).await.unwrap();

    assert!(before < between && between < after);
    let tenant = store.read(async |r| r.tenant(&tenant_id("acme")).await).await.unwrap().unwrap();
    assert_eq!((tenant.state, tenant.policy), (TenantState::Disabled, policy));
}

async fn k38_a_person_has_one_home_and_one_membership_per_tenant(store: &Store) {
    furnish(store).await;
    let mut second_home = new_membership("bob", "acme", MembershipKind::Home);
    let mut again = new_membership("ada", "acme", MembershipKind::Guest);
    again.id = MembershipId::from_text("mem_again");

    let (home, twice, guest) = store
        .write(async |w| {
            let home = w.insert_membership(&second_home).await?;
            let twice = w.insert_membership(&again).await?;
            second_home.kind = MembershipKind::Guest;
            Ok((home, twice, w.insert_membership(&second_home).await?))
        })
        .await
        .unwrap();

    assert_eq!((home, twice, guest), (false, false, true));
}

async fn an_accepted_invitation_wakes_no_membership_that_was_ended(store: &Store) {
    furnish(store).await;
    let acme = membership_id("ada", "acme");

    store
        .write(async |w| {
            for (before, after) in [
                (MembershipState::Invited, MembershipState::Active),
                (MembershipState::Active, MembershipState::Active),
                (MembershipState::Disabled, MembershipState::Disabled),
                (MembershipState::Left, MembershipState::Left),
            ] {
                w.set_membership_state(&acme, before).await?;
                assert_eq!(w.activate_membership(&acme, NOW).await?, after == MembershipState::Active, "{before}");
                assert_eq!(w.membership_by_id(&acme).await?.unwrap().state, after, "{before}");
            }
            Ok(())
        })
        .await
        .unwrap();
}

async fn k37_access_to_apis_is_for_homes_alone(store: &Store) {
    furnish(store).await;
    let (home, guest) = (membership_id("ada", "acme"), membership_id("ada", "globex"));

    store
        .write(async |w| {
            for allowed in [false, true] {
                assert!(w.set_api_access(&home, allowed).await?);
                assert_eq!(w.membership_by_id(&home).await?.unwrap().api_access, allowed);
            }
            assert!(w.set_api_access(&guest, false).await?, "a guest may lose it");
            assert!(!w.set_api_access(&guest, true).await?);
            assert!(!w.membership_by_id(&guest).await?.unwrap().api_access);
            assert!(!w.set_api_access(&membership_id("no", "one"), false).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn memberships_come_with_the_last_used_first(store: &Store) {
    furnish(store).await;
    let (acme, globex) = (membership_id("ada", "acme"), membership_id("ada", "globex"));
    let untouched = store.read(async |r| r.memberships_of(&person_id("ada")).await).await.unwrap();

    store
        .write(async |w| {
            w.touch_membership(&globex, NOW).await?;
            assert!(w.set_membership_state(&acme, MembershipState::Disabled).await?);
            assert!(!w.set_membership_state(&membership_id("no", "one"), MembershipState::Left).await?);
            Ok(())
        })
        .await
        .unwrap();

    assert_eq!(untouched.iter().map(|m| &m.id).collect::<Vec<_>>(), [&acme, &globex]);
    store
        .read(async |r| {
            let all = r.memberships_of(&person_id("ada")).await?;
            assert_eq!(all.iter().map(|m| &m.id).collect::<Vec<_>>(), [&globex, &acme]);
            assert_eq!((all[0].last_used_at, all[1].last_used_at, all[1].state), (Some(NOW), None, MembershipState::Disabled));
            let one = r.membership(&person_id("ada"), &tenant_id("globex")).await?.unwrap();
            assert_eq!((one.id, one.kind, one.api_access, one.admin), (globex.clone(), MembershipKind::Guest, true, false));
            assert!(r.membership(&person_id("bob"), &tenant_id("acme")).await?.is_none());
            assert_eq!(r.membership_by_id(&acme).await?.unwrap().person, person_id("ada"));
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_memberships_details_are_sorted_and_without_duplicates(store: &Store) {
    furnish(store).await;
    let member = membership_id("ada", "acme");

    store
        .write(async |w| {
            w.define_permission("orders.read", true).await?;
            w.define_permission("orders.read", false).await?;
            w.define_permission("admin", true).await?;
            for (id, name, permissions) in [("grp_1", "Sales", &["orders.read"][..]), ("grp_2", "Admins", &["orders.read", "admin"])] {
                let group = GroupId::from_text(id);
                assert!(w.insert_group(&group, &tenant_id("acme"), name).await?);
                for permission in permissions {
                    w.grant_permission(&group, permission).await?;
                    w.grant_permission(&group, permission).await?;
                }
                assert!(w.add_group_member(&group, &member).await?);
                assert!(w.add_group_member(&group, &member).await?);
            }
            assert!(!w.insert_group(&GroupId::from_text("grp_3"), &tenant_id("acme"), "SALES").await?);
            for (id, name) in [("loc_2", "Bern"), ("loc_1", "Zug")] {
                let location = location(id, "acme", name);
                w.insert_location(&location).await?;
                assert!(w.limit_to_location(&member, &location.id).await?);
            }
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let details = r.membership_details(&member).await?;
            assert_eq!(details.groups, ["Admins", "Sales"]);
            let permissions: Vec<(&str, bool)> = details.permissions.iter().map(|p| (p.name.as_str(), p.requires_2fa)).collect();
            assert_eq!(permissions, [("admin", true), ("orders.read", false)]);
            assert_eq!(details.locations, ["loc_1", "loc_2"]);
            assert!(r.membership_by_id(&member).await?.unwrap().limited_to_locations);
            let group = r.group_by_name(&tenant_id("acme"), "admins").await?.unwrap();
            assert_eq!((group.name.as_str(), group.permissions.len()), ("Admins", 2));
            assert!(r.group_by_name(&tenant_id("globex"), "admins").await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn groups_and_locations_of_another_tenant_are_refused(store: &Store) {
    furnish(store).await;
    let (group, stranger) = (GroupId::from_text("grp_1"), membership_id("bob", "globex"));
    let place = location("loc_1", "acme", "Bern");

    let (added, limited) = store
        .write(async |w| {
            w.insert_group(&group, &tenant_id("acme"), "Sales").await?;
            w.insert_location(&place).await?;
            Ok((w.add_group_member(&group, &stranger).await?, w.limit_to_location(&stranger, &place.id).await?))
        })
        .await
        .unwrap();

    assert_eq!((added, limited), (false, false));
    let details = store.read(async |r| r.membership_details(&stranger).await).await.unwrap();
    assert!(details.groups.is_empty() && details.locations.is_empty());
}

fn location(id: &str, tenant: &str, name: &str) -> Location {
    Location { id: LocationId::from_text(id), tenant: tenant_id(tenant), name: name.into(), website: None }
}

conformance! {
    a_tenant_is_found_by_id_number_and_slug,
    numbers_and_slugs_belong_to_one_tenant,
    a_changed_tenant_raises_the_generation,
    k38_a_person_has_one_home_and_one_membership_per_tenant,
    an_accepted_invitation_wakes_no_membership_that_was_ended,
    k37_access_to_apis_is_for_homes_alone,
    memberships_come_with_the_last_used_first,
    a_memberships_details_are_sorted_and_without_duplicates,
    groups_and_locations_of_another_tenant_are_refused,
}
