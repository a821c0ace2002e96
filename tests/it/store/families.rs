//! What token requests read in one statement says the same as its parts read one by one.
use tenantry::model::*;
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

async fn a_token_comes_with_its_grant(store: &Store) {
    furnish(store).await;
    let access = AccessTokenRow {
        id: TokenId::from_text("tok_1"),
        grant: Some(grant_id()),
        client: client_id(),
        scope: "openid".into(),
        opaque: None,
        expires_at: NOW.plus(MINUTE),
        revoked_at: None,
    };
    let own = AccessTokenRow { id: TokenId::from_text("tok_2"), grant: None, ..access.clone() };
    store
        .write(async |w| {
            w.insert_code(&digest("code"), &new_code()).await?;
            w.insert_refresh_token(&new_refresh("r1")).await?;
            w.insert_access_token(&access).await?;
            w.insert_access_token(&own).await
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let alone = format!("{:?}", r.grant(&grant_id()).await?.unwrap());
            let (code, grant) = r.code_family(&digest("code")).await?.unwrap();
            assert_eq!(format!("{code:?}"), format!("{:?}", r.code(&digest("code")).await?.unwrap()));
            assert_eq!(format!("{grant:?}"), alone);
            let (refresh, grant) = r.refresh_family(&new_refresh("r1").digest).await?.unwrap();
            assert_eq!(format!("{refresh:?}"), format!("{:?}", r.refresh_token(&new_refresh("r1").digest).await?.unwrap()));
            assert_eq!(format!("{grant:?}"), alone);
            let (token, grant) = r.access_family(&access.id).await?.unwrap();
            assert_eq!(format!("{token:?}"), format!("{:?}", r.access_token(&access.id).await?.unwrap()));
            assert_eq!(format!("{grant:?}"), alone);
            assert!(r.access_family(&own.id).await?.is_none(), "a client's own token has no grant");
            assert!(r.code_family(&digest("other")).await?.is_none());
            assert!(r.refresh_family(&digest("other")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_seat_is_a_person_with_the_membership_and_the_home(store: &Store) {
    furnish(store).await;

    store
        .read(async |r| {
            for tenant in ["acme", "globex"] {
                let seat = r.seat(&person_id("ada"), &tenant_id(tenant)).await?.unwrap();
                let membership = r.membership(&person_id("ada"), &tenant_id(tenant)).await?.unwrap();
                assert_eq!(format!("{:?}", seat.person), format!("{:?}", r.person(&person_id("ada")).await?.unwrap()));
                assert_eq!(format!("{:?}", seat.membership), format!("{membership:?}"));
                assert_eq!(seat.home, Some(tenant_id("acme")));
            }
            assert!(r.seat(&person_id("bob"), &tenant_id("acme")).await?.is_none(), "Bob is not in Acme");
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    a_token_comes_with_its_grant,
    a_seat_is_a_person_with_the_membership_and_the_home,
}
