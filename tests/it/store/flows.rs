//! Unfinished sign-ins and e-mail codes: compare-and-set, attempts counted.
use tenantry::model::*;
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

async fn a_session_is_found_by_its_cookie_even_when_it_is_over(store: &Store) {
    furnish(store).await;

    store
        .write(async |w| {
            assert!(w.end_session(&session_id(), NOW).await?);
            assert!(!w.end_session(&session_id(), NOW.plus(HOUR)).await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let session = r.session_by_cookie(&digest("cookie")).await?.unwrap();
            assert_eq!((session.id, session.person, session.ended_at), (session_id(), person_id("ada"), Some(NOW)));
            assert_eq!((session.proof, session.expires_at), (proof(), NOW.plus(DAY)));
            assert!(r.session_by_cookie(&digest("other")).await?.is_none());
            assert!(r.session(&session_id()).await?.is_some());
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_renewed_session_has_a_new_cookie(store: &Store) {
    furnish(store).await;
    let stronger = Proof { factor_at: Some(NOW.plus(HOUR)), ..proof() };
    let agent = Agent { browser: Some(BrowserKind::Safari), system: None };
    let origin = Origin { agent, network: Some("192.0.2.7".to_owned()) };
    let planned = Session { proof: stronger.clone(), origin: origin.clone(), ..new_session(session_id(), "ada") };

    let renewed = store.write(async |w| w.renew_session(&planned, &digest("new"), NOW.plus(HOUR)).await).await.unwrap();

    assert!(renewed);
    store
        .read(async |r| {
            assert!(r.session_by_cookie(&digest("cookie")).await?.is_none());
            let session = r.session_by_cookie(&digest("new")).await?.unwrap();
            assert_eq!((session.proof, session.last_seen_at), (stronger.clone(), NOW.plus(HOUR)));
            assert_eq!(session.origin, origin);
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_session_that_is_over_is_neither_renewed_nor_touched(store: &Store) {
    furnish(store).await;
    let expired = NOW.plus(DAY);
    let planned = new_session(session_id(), "ada");

    store
        .write(async |w| {
            assert!(!w.renew_session(&planned, &digest("new"), expired).await?);
            w.touch_session(&session_id(), NOW.plus(HOUR)).await?;
            w.touch_session(&session_id(), NOW.plus(MINUTE)).await?;
            assert_eq!(w.end_sessions_of(&person_id("ada"), NOW).await?, 1);
            assert_eq!(w.end_sessions_of(&person_id("ada"), NOW).await?, 0);
            w.touch_session(&session_id(), NOW.plus(HOUR * 2)).await?;
            assert!(!w.renew_session(&planned, &digest("new"), NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    let session = store.read(async |r| r.session(&session_id()).await).await.unwrap().unwrap();
    assert_eq!(session.last_seen_at, NOW.plus(HOUR));
}

async fn e16_the_sessions_beyond_the_cap_are_those_unused_the_longest(store: &Store) {
    furnish(store).await;
    let first = store.read(async |r| r.session(&session_id()).await).await.unwrap().unwrap();

    store
        .write(async |w| {
            for name in ["ses_2", "ses_3", "ses_4"] {
                w.insert_session(&Session { id: SessionId::from_text(name), ..first.clone() }, &digest(name)).await?;
            }
            w.touch_session(&SessionId::from_text("ses_2"), NOW.plus(MINUTE)).await?;
            let newest = SessionId::from_text("ses_4");
            let beyond = w.sessions_beyond(&person_id("ada"), &newest, 2, NOW).await?;
            assert_eq!(beyond, [SessionId::from_text("ses_3"), session_id()]);
            assert_eq!(w.sessions_beyond(&person_id("ada"), &newest, 4, NOW).await?, []);
            assert_eq!(w.sessions_beyond(&person_id("bob"), &newest, 1, NOW).await?, []);
            Ok(())
        })
        .await
        .unwrap();
}

async fn h08_what_is_granted_in_a_session_while_all_ends_ends_too(store: &Store) {
    furnish(store).await;
    let (held, is_held) = tokio::sync::oneshot::channel();
    let begin = store.write(async move |w| {
        assert!(w.hold_session(&session_id()).await?);
        assert!(w.enter_membership(&membership_id("ada", "acme"), NOW).await?);
        w.insert_grant(&new_grant(GrantId::from_text("gra_late"))).await?;
        held.send(()).unwrap();
        // Long enough for the other one to reach the row.
        for _ in 0..100 {
            w.grant(&grant_id()).await?;
        }
        Ok(())
    });
    let end = async {
        is_held.await.unwrap();
        let all = async |w: &mut tenantry::store::Write| {
            w.end_sessions_of(&person_id("ada"), NOW).await?;
            w.end_grants_of_person(&person_id("ada"), NOW).await
        };
        store.write(all).await
    };

    let (begun, ended) = tokio::join!(begin, end);

    begun.unwrap();
    assert_eq!(ended.unwrap(), 2);
    let late = store.read(async |r| r.grant(&GrantId::from_text("gra_late")).await).await.unwrap().unwrap();
    assert_eq!(late.ended_at, Some(NOW));
}

async fn h08_c04_nothing_is_held_any_more_once_all_has_ended(store: &Store) {
    furnish(store).await;
    let ada = store.read(async |r| r.person(&person_id("ada")).await).await.unwrap().unwrap();
    assert!(store.write(async |w| w.hold_unchanged(&ada).await).await.unwrap());
    let (ended, is_ended) = tokio::sync::oneshot::channel();
    let end = store.write(async move |w| {
        w.set_password(&person_id("ada"), "another hash", NOW.plus(HOUR)).await?;
        w.end_sessions_of(&person_id("ada"), NOW).await?;
        assert!(w.disable_membership(&membership_id("ada", "acme")).await?);
        ended.send(()).unwrap();
        for _ in 0..100 {
            w.grant(&grant_id()).await?;
        }
        Ok(())
    });
    let begin = async {
        is_ended.await.unwrap();
        let person = store.write(async |w| w.hold_unchanged(&ada).await).await.unwrap();
        let session = store.write(async |w| w.hold_session(&session_id()).await).await.unwrap();
        let member = store.write(async |w| w.enter_membership(&membership_id("ada", "acme"), NOW).await).await.unwrap();
        (person, session, member)
    };

    let (end, held) = tokio::join!(end, begin);

    end.unwrap();
    assert_eq!(held, (false, false, false));
}

async fn c04_somebody_who_is_not_the_same_any_more_is_not_held(store: &Store) {
    furnish(store).await;
    let ada = store.read(async |r| r.person(&person_id("ada")).await).await.unwrap().unwrap();

    store
        .write(async |w| {
            w.set_second_factor(&ada.id, FactorKind::Totp, NOW).await?;
            assert!(!w.hold_unchanged(&ada).await?, "another second factor");
            w.set_second_factor(&ada.id, ada.second_factor, NOW).await?;
            assert!(w.hold_unchanged(&ada).await?);
            assert!(w.disable_person(&ada.id, false, NOW).await?);
            assert!(!w.hold_unchanged(&ada).await?, "disabled");
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_tenant_is_remembered_per_client_and_as_the_last_of_all(store: &Store) {
    furnish(store).await;
    let other = ClientId::from_text("cli_other");

    store
        .write(async |w| {
            assert_eq!(w.remembered_tenant(&session_id(), &client_id()).await?, None);
            w.remember_tenant(&session_id(), &client_id(), &tenant_id("acme"), NOW).await?;
            w.remember_tenant(&session_id(), &other, &tenant_id("globex"), NOW).await
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            assert_eq!(r.remembered_tenant(&session_id(), &client_id()).await?, Some(tenant_id("acme")));
            assert_eq!(r.remembered_tenant(&session_id(), &ClientId::from_text("cli_third")).await?, Some(tenant_id("globex")));
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_flow_is_changed_only_on_top_of_the_version_that_was_read(store: &Store) {
    let flow = new_flow("flw_1");
    let progress = Progress { person: Some(person_id("ada")), proof: proof(), consented: true, ..Progress::default() };

    store
        .write(async |w| {
            w.insert_flow(&flow).await?;
            assert!(w.update_flow(&flow.id, 0, &progress).await?);
            assert!(!w.update_flow(&flow.id, 0, &Progress::default()).await?);
            assert!(!w.close_flow(&flow.id, 0, NOW).await?);
            assert!(w.close_flow(&flow.id, 1, NOW).await?);
            assert!(!w.update_flow(&flow.id, 2, &Progress::default()).await?);
            assert!(!w.close_flow(&flow.id, 2, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    let found = store.read(async |r| r.flow(&flow.id).await).await.unwrap().unwrap();
    assert_eq!((found.progress, found.version, found.closed_at), (progress, 2, Some(NOW)));
    assert_eq!((found.browser, found.client, found.request), (flow.browser, flow.client, flow.request));
}

async fn an_email_code_is_good_once(store: &Store) {
    furnish(store).await;
    let challenge = new_challenge("cha_1");

    store
        .write(async |w| {
            w.insert_email_challenge(&challenge).await?;
            assert!(!w.redeem_email_challenge(&challenge.id, &digest("wrong"), 5, NOW).await?);
            assert_eq!(w.email_challenge(&challenge.id).await?.unwrap().attempts, 1);
            assert!(!w.redeem_email_challenge(&challenge.id, &challenge.digest, 5, challenge.expires_at).await?);
            assert!(w.redeem_email_challenge(&challenge.id, &challenge.digest, 5, NOW).await?);
            assert!(!w.redeem_email_challenge(&challenge.id, &challenge.digest, 5, NOW).await?);
            assert!(w.email_challenge(&challenge.id).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn an_email_code_is_worthless_after_the_last_attempt_or_when_voided(store: &Store) {
    furnish(store).await;
    let (tried, voided) = (new_challenge("cha_1"), new_challenge("cha_2"));

    store
        .write(async |w| {
            w.insert_email_challenge(&tried).await?;
            w.insert_email_challenge(&voided).await?;
            for _ in 0..3 {
                assert!(!w.redeem_email_challenge(&tried.id, &digest("wrong"), 3, NOW).await?);
            }
            assert!(!w.redeem_email_challenge(&tried.id, &tried.digest, 3, NOW).await?);
            w.void_email_challenge(&voided.id, NOW).await?;
            assert!(!w.redeem_email_challenge(&voided.id, &voided.digest, 3, NOW).await?);
            let all = new_challenge("cha_3");
            w.insert_email_challenge(&all).await?;
            assert_eq!(w.void_email_challenges_of(&person_id("bob"), NOW).await?, 0);
            assert!(w.void_email_challenges_of(&person_id("ada"), NOW).await? >= 1);
            assert!(!w.redeem_email_challenge(&all.id, &all.digest, 3, NOW).await?);
            assert_eq!(w.email_challenges_since(&person_id("ada"), NOW).await?, 3);
            assert_eq!(w.email_challenges_since(&person_id("ada"), NOW.plus(MINUTE)).await?, 0);
            assert_eq!(w.email_challenges_since(&person_id("bob"), NOW).await?, 0);
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    a_session_is_found_by_its_cookie_even_when_it_is_over,
    a_renewed_session_has_a_new_cookie,
    a_session_that_is_over_is_neither_renewed_nor_touched,
    h08_what_is_granted_in_a_session_while_all_ends_ends_too,
    h08_c04_nothing_is_held_any_more_once_all_has_ended,
    c04_somebody_who_is_not_the_same_any_more_is_not_held,
    e16_the_sessions_beyond_the_cap_are_those_unused_the_longest,
    a_tenant_is_remembered_per_client_and_as_the_last_of_all,
    a_flow_is_changed_only_on_top_of_the_version_that_was_read,
    an_email_code_is_good_once,
    an_email_code_is_worthless_after_the_last_attempt_or_when_voided,
}
