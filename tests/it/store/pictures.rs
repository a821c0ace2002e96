//! Pictures and who may see them; what people write about themselves.
use tenantry::model::{Locale, PersonId, PictureId};
use tenantry::store::{Picture, Store};

use super::fixtures::{NOW, client_id, new_person, person_id, tenant_id};

super::conformance!(a_picture_is_replaced_and_removed, own_details_are_written, sessions_and_consents_are_taken_along);

async fn a_picture_is_replaced_and_removed(store: &Store) {
    let anna = person_id("anna");
    store.write(async |w| w.insert_person(&new_person("anna"), NOW).await).await.unwrap();
    let picture = |id: &str, png: &[u8]| Picture { id: PictureId::from_text(id), png: png.to_vec() };
    let (first, second) = (picture("pic_1", b"\x00\xff\x89"), picture("pic_2", &[7; 3000]));
    assert_eq!(store.read(async |r| r.picture_of(&anna).await).await.unwrap(), None);

    store.write(async |w| w.set_picture(&anna, &first, NOW).await).await.unwrap();
    assert_eq!(store.read(async |r| r.picture(&anna).await).await.unwrap(), Some(first));
    store.write(async |w| w.set_picture(&anna, &second, NOW).await).await.unwrap();
    assert_eq!(store.read(async |r| r.picture_of(&anna).await).await.unwrap(), Some(second.id.clone()));
    assert_eq!(store.read(async |r| r.picture(&anna).await).await.unwrap(), Some(second));
    assert!(!store.read(async |r| r.share_a_tenant(&anna, &anna).await).await.unwrap(), "in no tenant yet");

    assert!(store.write(async |w| w.remove_picture(&anna).await).await.unwrap());
    assert!(!store.write(async |w| w.remove_picture(&anna).await).await.unwrap());
}

async fn own_details_are_written(store: &Store) {
    let anna = person_id("anna");
    store.write(async |w| w.insert_person(&new_person("anna"), NOW).await).await.unwrap();
    let set = async |id: &PersonId| store.write(async |w| w.set_details(id, "Änne", "Ö", Locale::De, NOW).await).await.unwrap();

    assert!(set(&anna).await);
    assert!(!set(&PersonId::from_text("per_none")).await);

    let found = store.read(async |r| r.person(&anna).await).await.unwrap().unwrap();
    assert_eq!((found.first_name.as_str(), found.last_name.as_str(), found.locale), ("Änne", "Ö", Locale::De));
}

async fn sessions_and_consents_are_taken_along(store: &Store) {
    super::fixtures::furnish(store).await;
    let ada = person_id("ada");
    store.write(async |w| w.record_consent(&ada, &tenant_id("acme"), &client_id(), "openid", NOW).await).await.unwrap();

    let (sessions, consents) = store.read(async |r| Ok((r.own_sessions(&ada, 10).await?, r.own_consents(&ada, 10).await?))).await.unwrap();

    assert!(!sessions.is_empty() && sessions[0].ended_at.is_none());
    assert_eq!(sessions[0].origin, super::fixtures::origin());
    assert_eq!(consents.iter().map(|c| (c.client.clone(), c.scope.as_str())).collect::<Vec<_>>(), [(client_id(), "openid")]);
    assert_eq!(store.read(async |r| r.own_sessions(&ada, 0).await).await.unwrap(), []);
    assert!(store.read(async |r| r.audit_of_person(&ada, 10).await).await.unwrap().is_empty());
}
