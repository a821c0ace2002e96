//! Tables that wait, logos, and the names that an export reads.
use std::time::Duration;

use tenantry::model::{ImportId, Location, LocationId, PictureId};
use tenantry::store::{Picture, Store, StoredImport};

use super::conformance;
use super::fixtures::*;

fn import(id: &str) -> StoredImport {
    StoredImport {
        id: ImportId::from_text(id),
        tenant: tenant_id("acme"),
        person: person_id("ada"),
        sealed: format!("sealed {id}"),
        created_at: NOW,
        expires_at: NOW.plus(HOUR),
    }
}

async fn a_table_waits_for_its_bearer_and_is_used_once(store: &Store) {
    furnish(store).await;
    let (first, second) = (import("imp_1"), import("imp_2"));
    store.write(async |w| w.keep_import(&first).await).await.unwrap();
    store.write(async |w| w.keep_import(&second).await).await.unwrap();
    let find = async |tenant: &str, person: &str, id: &ImportId, at| {
        let (tenant, person) = (tenant_id(tenant), person_id(person));
        store.read(async |r| r.import(&tenant, &person, id, at).await).await.unwrap().map(|found| found.sealed)
    };

    assert_eq!(find("acme", "ada", &first.id, NOW).await, None, "the next one takes its place");
    assert_eq!(find("acme", "ada", &second.id, NOW).await.as_deref(), Some("sealed imp_2"));
    assert_eq!(find("acme", "bob", &second.id, NOW).await, None);
    assert_eq!(find("globex", "ada", &second.id, NOW).await, None);
    assert_eq!(find("acme", "ada", &second.id, NOW.plus(HOUR)).await, None, "for an hour");
    assert!(store.write(async |w| w.take_import(&second.id).await).await.unwrap());
    assert!(!store.write(async |w| w.take_import(&second.id).await).await.unwrap());
    store.write(async |w| w.keep_import(&first).await).await.unwrap();
    let later = NOW.plus(HOUR).plus(HOUR).plus(Duration::from_secs(60));
    store.write(async |w| w.expire(later, 100).await).await.unwrap();
    assert!(!store.write(async |w| w.take_import(&first.id).await).await.unwrap(), "what is over goes");
}

async fn a_logo_is_replaced_and_removed(store: &Store) {
    furnish(store).await;
    let acme = tenant_id("acme");
    let named = async || store.read(async |r| r.tenant(&acme).await).await.unwrap().unwrap().logo;
    for (id, png) in [("pic_1", vec![1u8, 0xff]), ("pic_2", vec![7; 3000])] {
        let picture = Picture { id: PictureId::from_text(id), png };
        store.write(async |w| w.set_logo(&acme, &picture, NOW).await).await.unwrap();
        assert_eq!(store.read(async |r| r.logo(&acme).await).await.unwrap(), Some(picture));
        assert_eq!(named().await.as_deref(), Some(id));
    }
    assert_eq!(store.read(async |r| r.logo(&tenant_id("globex")).await).await.unwrap(), None);
    assert!(store.write(async |w| w.remove_logo(&acme).await).await.unwrap());
    assert!(!store.write(async |w| w.remove_logo(&acme).await).await.unwrap());
    assert_eq!((named().await, store.read(async |r| r.logo(&acme).await).await.unwrap()), (None, None));
}

async fn groups_and_locations_of_everybody_are_told_by_name(store: &Store) {
    furnish(store).await;
    let (acme, ada) = (tenant_id("acme"), membership_id("ada", "acme"));
    let place = Location { id: LocationId::from_text("loc_9"), tenant: acme.clone(), name: "Zug".into(), website: None };
    let group = tenantry::model::GroupId::from_text("grp_9");
    let had = store.read(async |r| r.group_names_of(&acme).await).await.unwrap().len();
    store
        .write(async |w| {
            w.insert_location(&place).await?;
            w.insert_group(&group, &acme, "Zz Last").await?;
            w.add_group_member(&group, &ada).await?;
            w.limit_to_location(&ada, &place.id).await
        })
        .await
        .unwrap();

    let groups = store.read(async |r| r.group_names_of(&acme).await).await.unwrap();
    assert_eq!((groups.len(), groups.last()), (had + 1, Some(&(ada.clone(), "Zz Last".to_owned()))));
    let places = store.read(async |r| r.location_names_of(&acme).await).await.unwrap();
    assert_eq!(places.last(), Some(&(ada, "Zug".to_owned())));
    assert!(store.read(async |r| r.location_names_of(&tenant_id("globex")).await).await.unwrap().is_empty());
}

conformance!(
    a_table_waits_for_its_bearer_and_is_used_once,
    a_logo_is_replaced_and_removed,
    groups_and_locations_of_everybody_are_told_by_name,
);
