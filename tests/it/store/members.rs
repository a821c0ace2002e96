//! What administrators change about people, groups and locations, and how a membership ends with all that hangs on it.
use tenantry::model::*;
use tenantry::store::{EmailGiven, Store};

use super::conformance;
use super::fixtures::*;

fn group_id(name: &str) -> GroupId {
    GroupId::from_text(format!("grp_{name}"))
}

async fn i10_the_last_administrator_is_noticed(store: &Store) {
    furnish(store).await;
    let (ada, bob) = (membership_id("ada", "globex"), membership_id("bob", "globex"));

    store
        .write(async |w| {
            w.hold_tenant(&tenant_id("globex")).await?;
            w.set_admin(&bob, true).await?;
            assert!(!w.has_other_admin(&tenant_id("globex"), &bob).await?);
            w.set_admin(&ada, true).await?;
            assert!(w.has_other_admin(&tenant_id("globex"), &bob).await?);
            assert!(w.disable_person(&person_id("ada"), false, NOW).await?);
            assert!(!w.has_other_admin(&tenant_id("globex"), &bob).await?, "who cannot sign in administers nothing");
            Ok(())
        })
        .await
        .unwrap();
}

async fn s15_disabling_is_taken_back_to_what_it_was(store: &Store) {
    furnish(store).await;
    let (ada, guest) = (person_id("ada"), membership_id("ada", "globex"));

    store
        .write(async |w| {
            assert!(w.disable_membership(&guest).await? && !w.disable_membership(&guest).await?);
            assert_eq!(w.enable_membership(&guest).await?, Some(MembershipState::Active));
            assert_eq!(w.enable_membership(&guest).await?, None);
            w.wake_membership(&guest, NOW.plus(HOUR)).await?;
            assert_eq!(w.membership_by_id(&guest).await?.unwrap().idle_since(), NOW.plus(HOUR));
            assert!(w.disable_person(&ada, false, NOW).await? && !w.disable_person(&ada, false, NOW).await?);
            assert_eq!(w.enable_person(&ada, false, NOW).await?, Some(PersonState::Invited), "the address was never proven");
            assert!(w.activate_person(&ada, NOW).await? && w.disable_person(&ada, true, NOW).await?);
            assert_eq!(w.enable_person(&ada, false, NOW).await?, None, "an operator did it");
            assert_eq!(w.enable_person(&ada, true, NOW).await?, Some(PersonState::Active));
            Ok(())
        })
        .await
        .unwrap();
}

async fn s25_an_address_takes_the_place_of_the_user_name(store: &Store) {
    furnish(store).await;
    let una = person_id("una");
    let mut nameless = new_person("una");
    nameless.email = None;
    let name = Username::parse("una").unwrap();

    store
        .write(async |w| {
            w.insert_person(&nameless, NOW).await?;
            assert!(w.insert_username(&una, &tenant_id("acme"), &name, NOW).await?);
            assert_eq!(w.give_email(&una, &email("ada"), NOW).await?, EmailGiven::Taken);
            assert_eq!(w.give_email(&una, &email("una"), NOW).await?, EmailGiven::Yes);
            assert_eq!(w.give_email(&una, &email("una2"), NOW).await?, EmailGiven::HasOne);
            let person = w.person(&una).await?.unwrap();
            assert_eq!((person.state, person.email_verified, person.username), (PersonState::Invited, false, None));
            assert!(person.has_password && !w.remove_username(&una).await?);
            assert!(w.set_names(&una, "Una", "Upton", NOW).await? && !w.set_names(&person_id("no"), "A", "B", NOW).await?);
            assert_eq!(w.person(&una).await?.unwrap().name(), "Una Upton");
            Ok(())
        })
        .await
        .unwrap();
}

async fn k45_a_membership_ends_with_all_that_hangs_on_it(store: &Store) {
    furnish(store).await;
    let home = membership_id("ada", "acme");
    let group = group_id("sales");
    let place = Location { id: LocationId::from_text("loc_1"), tenant: tenant_id("acme"), name: "Bern".into(), website: None };

    store
        .write(async |w| {
            w.insert_group(&group, &tenant_id("acme"), "Sales").await?;
            w.add_group_member(&group, &home).await?;
            w.insert_location(&place).await?;
            w.limit_to_location(&home, &place.id).await?;
            w.record_consent(&person_id("ada"), &tenant_id("acme"), &client_id(), "openid", NOW).await?;
            w.remember_tenant(&session_id(), &client_id(), &tenant_id("acme"), NOW).await?;
            w.insert_invitation(&new_invitation("inv_1"), &digest("i"), NOW).await?;
            let membership = w.membership_by_id(&home).await?.unwrap();
            assert!(w.end_membership(&membership, NOW).await? && !w.end_membership(&membership, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .write(async |w| {
            assert_eq!(w.membership_by_id(&home).await?.unwrap().state, MembershipState::Left);
            assert!(w.groups_of_membership(&home).await?.is_empty() && w.locations_of_membership(&home).await?.is_empty());
            assert!(w.remembered_tenant(&session_id(), &client_id()).await?.is_none());
            assert!(w.consent(&person_id("ada"), &tenant_id("acme"), &client_id()).await?.is_none());
            assert!(w.open_invitations(&person_id("ada"), NOW).await?.is_empty());
            assert!(w.grant(&grant_id()).await?.unwrap().ended_at.is_some());
            let mut elsewhere = new_membership("ada", "globex", MembershipKind::Home);
            assert_eq!(w.revive_membership(&elsewhere).await?, None, "she never left Globex");
            elsewhere = new_membership("ada", "acme", MembershipKind::Guest);
            elsewhere.id = MembershipId::from_text("mem_other");
            assert_eq!(w.revive_membership(&elsewhere).await?, Some(home.clone()));
            let back = w.membership_by_id(&home).await?.unwrap();
            assert_eq!((back.kind, back.state, back.admin), (MembershipKind::Guest, MembershipState::Active, false));
            Ok(())
        })
        .await
        .unwrap();
}

async fn k40_a_declined_invitation_is_over(store: &Store) {
    furnish(store).await;
    let mut invitation = new_invitation("inv_1");
    invitation.created_by = Some(person_id("bob"));
    invitation.letter = Some(LetterId::from_text("let_1"));
    let letter = QueuedLetter { id: LetterId::from_text("let_1"), sealed: "sealed".into(), attempts: 0, created_at: NOW };

    store
        .write(async |w| {
            w.queue_letter(&letter, NOW).await?;
            w.insert_invitation(&invitation, &digest("i"), NOW).await?;
            let (found, state) = w.newest_invitation(&invitation.membership).await?.unwrap();
            assert_eq!((found.created_by, found.letter, state), (invitation.created_by, invitation.letter, Some(LetterState::Queued)));
            w.open_invitation(&invitation.id, NOW.plus(MINUTE)).await?;
            w.open_invitation(&invitation.id, NOW.plus(HOUR)).await?;
            assert_eq!(w.invitation(&invitation.id).await?.unwrap().opened_at, Some(NOW.plus(MINUTE)));
            assert!(w.decline_invitation(&invitation.id, NOW).await? && !w.decline_invitation(&invitation.id, NOW).await?);
            assert!(!w.accept_invitation(&invitation.id, NOW).await?);
            assert_eq!(w.revoke_invitations(&invitation.membership, NOW).await?, 0);
            assert!(w.newest_invitation(&membership_id("bob", "globex")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn s10_groups_are_listed_renamed_filled_and_deleted(store: &Store) {
    furnish(store).await;
    let (acme, home) = (tenant_id("acme"), membership_id("ada", "acme"));

    store
        .write(async |w| {
            w.define_permission("orders:read", true).await?;
            w.ensure_permission("orders:read").await?;
            w.ensure_permission("admin").await?;
            let known = w.permissions().await?;
            assert_eq!(
                known.iter().map(|p| (p.name.as_str(), p.requires_2fa)).collect::<Vec<_>>(),
                [("admin", false), ("orders:read", true)]
            );
            for (id, name) in [("b", "Sales"), ("a", "Zoo")] {
                assert!(w.insert_group(&group_id(id), &acme, name).await?);
            }
            for name in ["orders:read", "admin"] {
                w.grant_permission(&group_id("b"), name).await?;
            }
            w.add_group_member(&group_id("b"), &home).await?;
            let all = w.groups_of(&acme).await?;
            assert_eq!(all.iter().map(|g| (g.name.as_str(), g.permissions.len())).collect::<Vec<_>>(), [("Sales", 2), ("Zoo", 0)]);
            assert_eq!(w.group_sizes(&acme).await?, [(group_id("b"), 1)]);
            assert_eq!(w.groups_of_membership(&home).await?[0].permissions, all[0].permissions);
            assert!(w.group(&tenant_id("globex"), &group_id("b")).await?.is_none(), "another tenant's group is not there");
            assert!(!w.rename_group(&all[0], "ZOO").await? && w.rename_group(&all[0], "Buyers").await?);
            w.open_group(&all[0], true, false).await?;
            for name in ["orders:read", "admin"] {
                assert!(w.revoke_permission(&group_id("b"), name).await? && !w.revoke_permission(&group_id("b"), name).await?);
            }
            let changed = w.group(&acme, &group_id("b")).await?.unwrap();
            assert_eq!((changed.name.as_str(), changed.self_join, changed.self_leave), ("Buyers", true, false));
            assert!(changed.permissions.is_empty());
            assert!(w.remove_group_member(&group_id("b"), &home).await? && !w.remove_group_member(&group_id("b"), &home).await?);
            assert!(w.delete_group(&changed).await? && !w.delete_group(&changed).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn s41_taking_a_location_away_never_opens_the_others(store: &Store) {
    furnish(store).await;
    let (acme, home) = (tenant_id("acme"), membership_id("ada", "acme"));
    let place = |id: &str, name: &str| Location { id: LocationId::from_text(id), tenant: acme.clone(), name: name.into(), website: None };
    let (bern, zug) = (place("loc_1", "Bern"), place("loc_2", "Zug"));

    store
        .write(async |w| {
            for location in [&zug, &bern] {
                w.insert_location(location).await?;
            }
            assert_eq!(w.locations_of(&acme).await?.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["Bern", "Zug"]);
            assert!(w.change_location(&place("loc_1", "Thun")).await?);
            let foreign = Location { tenant: tenant_id("globex"), ..place("loc_1", "Genf") };
            assert!(!w.change_location(&foreign).await? && !w.delete_location(&tenant_id("globex"), &bern.id).await?);
            w.limit_to_location(&home, &bern.id).await?;
            assert_eq!(w.locations_of_membership(&home).await?[0].name, "Thun");
            w.limit_to_location(&home, &zug.id).await?;
            assert!(w.unlimit_to_location(&home, &zug.id).await? && !w.unlimit_to_location(&home, &zug.id).await?);
            assert!(w.delete_location(&acme, &bern.id).await?);
            let limited = w.membership_by_id(&home).await?.unwrap().limited_to_locations;
            assert!(limited && w.locations_of_membership(&home).await?.is_empty());
            w.clear_locations(&home, false).await?;
            assert!(!w.membership_by_id(&home).await?.unwrap().limited_to_locations);
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    i10_the_last_administrator_is_noticed,
    s15_disabling_is_taken_back_to_what_it_was,
    s25_an_address_takes_the_place_of_the_user_name,
    k45_a_membership_ends_with_all_that_hangs_on_it,
    k40_a_declined_invitation_is_over,
    s10_groups_are_listed_renamed_filled_and_deleted,
    s41_taking_a_location_away_never_opens_the_others,
}
