//! Whom a change of a tenant's rules would affect.
use tenantry::model::{FactorKind, MembershipKind, MembershipState, TenantId};
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

async fn active_members_are_counted_and_named(store: &Store) {
    store
        .write(async |w| {
            w.insert_tenant(&new_tenant("acme", "1")).await?;
            w.insert_tenant(&new_tenant("globex", "2")).await?;
            for (name, kind) in
                [("anna", FactorKind::None), ("ben", FactorKind::Email), ("cleo", FactorKind::Totp), ("dora", FactorKind::None)]
            {
                w.insert_person(&new_person(name), NOW).await?;
                w.set_second_factor(&person_id(name), kind, NOW).await?;
                w.insert_membership(&new_membership(name, "acme", MembershipKind::Home)).await?;
            }
            w.set_membership_state(&membership_id("dora", "acme"), MembershipState::Left).await?;
            w.touch_membership(&membership_id("ben", "acme"), NOW.plus(DAY)).await?;
            w.set_password(&person_id("cleo"), "hash", NOW.plus(DAY)).await?;
            Ok(())
        })
        .await
        .unwrap();
    let (acme, later) = (tenant_id("acme"), NOW.plus(MINUTE));
    let none = Vec::<String>::new();

    store
        .read(async |r| {
            let name = |name: &str| format!("{name} Example");
            assert_eq!(r.members_with_factor(&acme, &[FactorKind::None], 9).await?, (1, vec![name("anna")]));
            let both = r.members_with_factor(&acme, &[FactorKind::Email, FactorKind::Totp], 1).await?;
            assert_eq!(both, (2, vec![name("ben")]));
            assert_eq!(r.members_with_factor(&tenant_id("globex"), &[FactorKind::None], 9).await?, (0, none.clone()));
            assert_eq!(r.members_with_password_before(&acme, later, 9).await?, (2, vec![name("anna"), name("ben")]));
            assert_eq!(r.members_unused_since(&acme, later, 9).await?, (2, vec![name("anna"), name("cleo")]));
            assert_eq!(r.members_unused_since(&acme, NOW, 9).await?, (0, none));
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_tenant_to_change_is_there_or_not(store: &Store) {
    store
        .write(async |w| {
            w.insert_tenant(&new_tenant("acme", "1")).await?;
            assert_eq!(w.tenant_to_change(&tenant_id("acme")).await?.expect("there").slug, "acme");
            assert!(w.tenant_to_change(&TenantId::from_text("ten_none")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

conformance!(active_members_are_counted_and_named, a_tenant_to_change_is_there_or_not);
