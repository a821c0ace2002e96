//! Notices of the operators.
use tenantry::model::*;
use tenantry::store::{EndingTenant, Store};
use tenantry::world::Timestamp;

use super::conformance;
use super::fixtures::*;

fn announcement(name: &str, from: Timestamp, until: Timestamp) -> Announcement {
    let notice = Notice {
        text: format!("Notice {name} – ü, 'quoted'"),
        translations: [(Locale::De, "Hinweis".to_owned()), (Locale::It, "Avviso".to_owned())].into(),
        kind: AnnouncementKind::Information,
        tenant: None,
        on_sign_in: true,
        starts_at: from,
        ends_at: until,
    };
    Announcement { id: AnnouncementId::from_text(format!("ann_{name}")), notice, created_at: NOW }
}

async fn an_announcement_is_read_as_it_was_written_until_its_end(store: &Store) {
    furnish(store).await;
    let (now, soon) = (announcement("now", NOW, NOW.plus(HOUR)), announcement("soon", NOW.plus(MINUTE), NOW.plus(DAY)));
    let mut grave = announcement("grave", NOW, NOW.plus(DAY));
    grave.notice.kind = AnnouncementKind::Warning;
    grave.notice.tenant = Some(tenant_id("acme"));
    grave.notice.translations.clear();
    let before = store.read(async |r| r.generation().await).await.unwrap();

    store
        .write(async |w| {
            for one in [&now, &soon, &grave] {
                w.insert_announcement(one).await?;
            }
            assert_eq!(w.announcement(&grave.id).await?, Some(grave.clone()));
            assert_eq!(w.announcement(&AnnouncementId::from_text("ann_none")).await?, None);
            assert_eq!(w.announcements().await?, [soon.clone(), now.clone(), grave.clone()], "what begins last first");
            assert_eq!(w.announcements_ahead(NOW).await?, [grave.clone(), soon.clone(), now.clone()], "warnings first");
            assert_eq!(w.announcements_ahead(NOW.plus(HOUR)).await?, [grave.clone(), soon.clone()]);
            assert!(w.announcements_ahead(NOW.plus(DAY)).await?.is_empty());
            Ok(())
        })
        .await
        .unwrap();

    assert!(store.read(async |r| r.generation().await).await.unwrap() > before, "every node reads them anew");
}

async fn an_announcement_is_changed_ended_and_removed(store: &Store) {
    furnish(store).await;
    let (now, soon) = (announcement("now", NOW, NOW.plus(HOUR)), announcement("soon", NOW.plus(HOUR), NOW.plus(DAY)));
    let mut other = announcement("other", NOW, NOW.plus(DAY)).notice;
    other.kind = AnnouncementKind::Warning;
    other.tenant = Some(tenant_id("globex"));
    other.on_sign_in = false;
    let generation = async || store.read(async |r| r.generation().await).await.unwrap();

    store.write(async |w| w.insert_announcement(&now).await).await.unwrap();
    store.write(async |w| w.insert_announcement(&soon).await).await.unwrap();
    let first = generation().await;
    assert!(store.write(async |w| w.set_notice(&now.id, &other).await).await.unwrap());
    let second = generation().await;
    let ended = store.write(async |w| {
        assert_eq!(w.announcement(&now.id).await?.map(|found| found.notice), Some(other.clone()));
        assert!(!w.set_notice(&AnnouncementId::from_text("ann_none"), &other).await?);
        assert!(!w.end_announcement(&soon.id, NOW).await?, "it has not begun");
        assert!(w.end_announcement(&now.id, NOW.plus(MINUTE)).await?);
        assert!(!w.end_announcement(&now.id, NOW.plus(MINUTE)).await?, "it is over");
        assert_eq!(w.announcement(&now.id).await?.map(|found| found.notice.ends_at), Some(NOW.plus(MINUTE)));
        assert_eq!(w.announcements_ahead(NOW.plus(MINUTE)).await?, std::slice::from_ref(&soon));
        Ok(())
    });
    ended.await.unwrap();
    let third = generation().await;
    assert!(store.write(async |w| w.remove_announcement(&soon.id).await).await.unwrap());
    assert!(!store.write(async |w| w.remove_announcement(&soon.id).await).await.unwrap());

    assert!(first < second && second < third && third < generation().await, "every node hears of each change");
}

async fn what_was_for_one_tenant_goes_with_it(store: &Store) {
    furnish(store).await;
    let mut theirs = announcement("theirs", NOW, NOW.plus(HOUR));
    theirs.notice.tenant = Some(tenant_id("acme"));
    let ours = announcement("ours", NOW, NOW.plus(HOUR));
    let ending = EndingTenant { tenant: tenant_id("acme"), ordered_by: "per_olga".to_owned(), retention_days: 7 };

    store
        .write(async |w| {
            w.insert_announcement(&theirs).await?;
            w.insert_announcement(&ours).await?;
            assert!(w.begin_tenant_ending(&ending, NOW).await?);
            assert!(w.finish_tenant_ending(&ending.tenant, NOW).await?);
            assert_eq!(w.announcements().await?, std::slice::from_ref(&ours));
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    an_announcement_is_read_as_it_was_written_until_its_end,
    an_announcement_is_changed_ended_and_removed,
    what_was_for_one_tenant_goes_with_it,
}
