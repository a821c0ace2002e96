//! APIs, profiles, and access tokens that are random text.
use tenantry::model::*;
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

fn api() -> Api {
    let kind = MemberKind::Texts;
    let members = [("actions".to_owned(), MemberRule { kind, required: true, one_of: vec!["read".into()] })].into();
    let types = vec![DetailsType { name: "orders".into(), label: "Orders".into(), members }];
    Api {
        id: ApiId::from_text("api_1"),
        identifier: "https://api.example".into(),
        settings: ApiSettings { name: "Orders".into(), authorization_details: types, ..ApiSettings::default() },
        created_at: NOW,
    }
}

async fn an_api_is_read_as_it_was_registered_and_its_identifier_is_unique(store: &Store) {
    let twin = Api { id: ApiId::from_text("api_2"), ..api() };
    let before = store.read(async |r| r.generation().await).await.unwrap();

    let (first, second) = store.write(async |w| Ok((w.insert_api(&api()).await?, w.insert_api(&twin).await?))).await.unwrap();

    assert_eq!((first, second), (true, false));
    assert_eq!(store.read(async |r| r.apis().await).await.unwrap(), [api()]);
    assert!(store.read(async |r| r.generation().await).await.unwrap() > before);
}

async fn the_settings_of_an_api_are_replaced(store: &Store) {
    let settings = ApiSettings { name: "Other".into(), access_token_format: Some(AccessTokenFormat::Opaque), ..ApiSettings::default() };

    store
        .write(async |w| {
            w.insert_api(&api()).await?;
            assert!(w.set_api_settings(&api().id, &settings).await?);
            assert!(!w.set_api_settings(&ApiId::from_text("api_none"), &settings).await?);
            Ok(())
        })
        .await
        .unwrap();

    assert_eq!(store.read(async |r| r.apis().await).await.unwrap()[0].settings, settings);
}

async fn a_profile_is_empty_until_it_is_written(store: &Store) {
    furnish(store).await;
    let address = Address { locality: "Köln".into(), ..Address::default() };
    let profile = Profile { nickname: "Addie".into(), address, ..Profile::default() };
    let ada = person_id("ada");
    let read = async || store.read(async |r| r.person(&ada).await).await.unwrap().unwrap();
    let before = read().await;

    store
        .write(async |w| {
            assert!(w.set_profile(&ada, &profile, NOW.plus(HOUR)).await?);
            assert!(!w.set_profile(&person_id("nobody"), &profile, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    assert_eq!(before.profile, Profile::default());
    assert_eq!((read().await.profile, read().await.updated_at), (profile, NOW.plus(HOUR)));
}

async fn a_random_token_is_found_by_its_digest_with_its_claims(store: &Store) {
    furnish(store).await;
    let claims = serde_json::json!({ "sub": "per_ada", "aud": ["a", "b"] }).as_object().unwrap().clone();
    let token = AccessTokenRow {
        id: TokenId::from_text("tok_1"),
        grant: Some(grant_id()),
        client: client_id(),
        scope: "openid".into(),
        opaque: Some(OpaqueToken { digest: digest("x"), claims }),
        expires_at: NOW.plus(MINUTE),
        revoked_at: None,
    };

    store.write(async |w| w.insert_access_token(&token).await).await.unwrap();

    let found = store.read(async |r| r.opaque_token(&digest("x")).await).await.unwrap().unwrap();
    assert_eq!((&found.id, &found.opaque), (&token.id, &token.opaque));
    assert!(store.read(async |r| r.opaque_token(&digest("y")).await).await.unwrap().is_none());
    let same = store.read(async |r| r.access_token(&token.id).await).await.unwrap().unwrap();
    assert_eq!(same.opaque, token.opaque);
}

async fn the_memberships_with_the_most_groups_come_first(store: &Store) {
    furnish(store).await;
    let group = |n: usize| GroupId::from_text(format!("grp_{n}"));

    store
        .write(async |w| {
            for n in 0..3 {
                w.insert_group(&group(n), &tenant_id("globex"), &format!("Group {n}")).await?;
                w.add_group_member(&group(n), &membership_id("bob", "globex")).await?;
            }
            w.add_group_member(&group(0), &membership_id("ada", "globex")).await
        })
        .await
        .unwrap();

    let found = store.read(async |r| r.largest_memberships(5).await).await.unwrap();
    let globex = tenant_id("globex");
    assert_eq!(found, [(person_id("bob"), globex.clone()), (person_id("ada"), globex)]);
}

conformance! {
    an_api_is_read_as_it_was_registered_and_its_identifier_is_unique,
    the_settings_of_an_api_are_replaced,
    a_profile_is_empty_until_it_is_written,
    a_random_token_is_found_by_its_digest_with_its_claims,
    the_memberships_with_the_most_groups_come_first,
}
