//! Tenants that end, and access that they give to operators.
use tenantry::model::*;
use tenantry::store::{EndingTenant, Store, TenantInserted};

use super::conformance;
use super::fixtures::*;

async fn an_ended_tenant_frees_its_names_and_keeps_its_id(store: &Store) {
    furnish(store).await;
    let ending = EndingTenant { tenant: tenant_id("acme"), ordered_by: "per_olga".to_owned(), retention_days: 7 };
    store
        .write(async |w| {
            let acme = w.tenant(&ending.tenant).await?.expect("it is there");
            w.set_tenant_look(&Tenant {
                sender_name: Some("Acme Desk".into()),
                contact: Some("Ask Ann".into()),
                greeting: Some("Hello".into()),
                ..acme
            })
            .await?;
            assert!(!w.tenant_has_ended(&ending.tenant).await?);
            assert!(w.begin_tenant_ending(&ending, NOW).await?);
            assert!(!w.begin_tenant_ending(&ending, NOW).await?);
            assert!(w.tenant_has_ended(&ending.tenant).await?);
            assert_eq!(w.ending_tenants(9).await?, std::slice::from_ref(&ending));
            let left = w.members_left(&ending.tenant, 9).await?;
            assert_eq!(left.iter().map(|m| m.person.clone()).collect::<Vec<_>>(), [person_id("ada")]);
            w.end_membership(&left[0], NOW).await?;
            assert!(w.members_left(&ending.tenant, 9).await?.is_empty());
            assert!(w.belongs_somewhere(&person_id("ada")).await?, "a guest elsewhere");
            assert!(!w.belongs_somewhere(&person_id("nobody")).await?);
            assert!(w.finish_tenant_ending(&ending.tenant, NOW).await?);
            assert!(!w.finish_tenant_ending(&ending.tenant, NOW).await?);
            assert!(w.ending_tenants(9).await?.is_empty());
            assert_eq!(w.tenants().await?.into_iter().map(|tenant| tenant.id).collect::<Vec<_>>(), [tenant_id("globex")]);
            let again = Tenant { id: tenant_id("acme2"), ..new_tenant("acme", "1001") };
            assert_eq!(w.insert_tenant(&again).await?, TenantInserted::Yes, "number and short name are free");
            let row = w.tenant(&ending.tenant).await?.expect("the row stays");
            assert_eq!((row.name.as_str(), row.state), ("erased", TenantState::Disabled));
            assert_eq!((row.sender_name, row.contact, row.greeting), (None, None, None));
            Ok(())
        })
        .await
        .unwrap();
}

async fn support_is_open_until_its_time_or_until_it_is_ended(store: &Store) {
    furnish(store).await;
    let (acme, globex) = (tenant_id("acme"), tenant_id("globex"));
    let grant = |n: u32, hours: u32| SupportGrant {
        id: SupportId::from_text(format!("sup_{n}")),
        tenant: tenant_id("acme"),
        granted_by: person_id("ada"),
        reason: "Import".to_owned(),
        created_at: NOW.plus(MINUTE * n),
        expires_at: NOW.plus(HOUR * hours),
        ended_at: None,
    };
    store
        .write(async |w| {
            w.insert_support(&grant(1, 1)).await?;
            w.insert_support(&grant(2, 4)).await?;
            assert_eq!(w.open_support(&acme, NOW).await?, Some(grant(2, 4)), "the one that lasts the longest");
            assert_eq!(w.open_support(&globex, NOW).await?, None);
            assert!(!w.end_support(&globex, &grant(2, 4).id, NOW).await?, "another tenant's");
            assert!(w.end_support(&acme, &grant(2, 4).id, NOW).await?);
            assert!(!w.end_support(&acme, &grant(2, 4).id, NOW).await?);
            assert_eq!(w.open_support(&acme, NOW).await?, Some(grant(1, 1)));
            assert_eq!(w.open_support(&acme, NOW.plus(HOUR)).await?, None, "its time is over");
            let all = w.support_grants(&acme, 9).await?;
            assert_eq!(all.iter().map(|grant| grant.id.as_str()).collect::<Vec<_>>(), ["sup_2", "sup_1"]);
            Ok(())
        })
        .await
        .unwrap();
}

conformance!(an_ended_tenant_frees_its_names_and_keeps_its_id, support_is_open_until_its_time_or_until_it_is_ended);
