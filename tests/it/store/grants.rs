//! Grants, codes, refresh and access tokens, consents.
use tenantry::model::*;
use tenantry::store::Store;

use super::conformance;
use super::fixtures::*;

async fn a_grant_is_read_as_it_was_written(store: &Store) {
    furnish(store).await;

    let grant = store.read(async |r| r.grant(&grant_id()).await).await.unwrap().unwrap();

    let new = new_grant(grant_id());
    assert_eq!((grant.client, grant.person, grant.tenant, grant.session), (new.client, new.person, new.tenant, new.session));
    assert_eq!((grant.scope, grant.nonce, grant.proof), (new.scope, new.nonce, new.proof));
    assert_eq!((grant.auth_time_requested, grant.expires_at, grant.ended_at), (true, new.expires_at, None));
}

async fn grants_end_alone_by_person_by_membership_and_by_session(store: &Store) {
    furnish(store).await;
    let ids: Vec<GrantId> = (2..=6).map(|n| GrantId::from_text(format!("gra_{n}"))).collect();

    store
        .write(async |w| {
            for (n, id) in ids.iter().enumerate() {
                let mut grant = new_grant(id.clone());
                match n {
                    0 => grant.tenant = tenant_id("globex"),
                    1 | 2 => grant.session = None,
                    3 => grant.scope = "offline_access openid".into(),
                    _ => (grant.person, grant.session) = (person_id("bob"), None),
                }
                w.insert_grant(&grant).await?;
            }
            assert!(w.end_grant(&ids[1], NOW).await?);
            assert!(!w.end_grant(&ids[1], NOW).await?);
            assert_eq!(w.end_grants_of_membership(&person_id("ada"), &tenant_id("globex"), NOW).await?, 1);
            assert_eq!(w.end_online_grants_of_session(&session_id(), NOW).await?, 1, "one stays for offline access");
            assert_eq!(w.end_grants_of_person(&person_id("ada"), NOW).await?, 2);
            assert_eq!(w.grant(&ids[3]).await?.unwrap().ended_at, Some(NOW));
            assert_eq!(w.grant(&ids[4]).await?.unwrap().ended_at, None);
            Ok(())
        })
        .await
        .unwrap();
}

async fn b01_a_code_is_redeemed_once_by_its_own_client_and_in_time(store: &Store) {
    furnish(store).await;
    let (code, stranger) = (digest("code"), ClientId::from_text("cli_stranger"));

    store
        .write(async |w| {
            w.insert_code(&code, &new_code()).await?;
            assert!(w.redeem_code(&code, &stranger, NOW).await?.is_none());
            assert!(w.redeem_code(&code, &client_id(), NOW.plus(MINUTE)).await?.is_none());
            assert!(w.redeem_code(&digest("other"), &client_id(), NOW).await?.is_none());
            let row = w.redeem_code(&code, &client_id(), NOW).await?.unwrap();
            assert_eq!((row.grant, row.redirect_uri, row.challenge.as_deref()), (grant_id(), new_code().redirect_uri, Some("challenge")));
            assert_eq!(row.dpop_jkt.as_deref(), Some("jkt"));
            assert!(row.redirect_uri_sent);
            assert!(w.redeem_code(&code, &client_id(), NOW).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();

    let row = store.read(async |r| r.code(&code).await).await.unwrap().unwrap();
    assert_eq!((row.used_at, row.client), (Some(NOW), client_id()));
}

async fn b23_a_pushed_request_is_answered_once(store: &Store) {
    let (digest, other) = (digest("pushed"), digest("other"));

    store
        .write(async |w| {
            w.insert_pushed_request(&digest, &new_pushed_request()).await?;
            let row = w.pushed_request(&digest).await?.unwrap();
            assert_eq!((row.client, row.request, row.created_at), (client_id(), new_pushed_request().request, NOW));
            assert_eq!((row.expires_at, row.used_at), (NOW.plus(MINUTE), None));
            assert!(w.pushed_request(&other).await?.is_none());
            assert!(!w.use_pushed_request(&other, NOW).await?);
            assert!(w.use_pushed_request(&digest, NOW.plus(HOUR)).await?, "only the use counts, not the time");
            assert!(!w.use_pushed_request(&digest, NOW.plus(HOUR)).await?);
            assert_eq!(w.pushed_request(&digest).await?.unwrap().used_at, Some(NOW.plus(HOUR)));
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!(store.write(async |w| w.expire(NOW.plus(DAY), 100).await).await.unwrap(), 0, "sign-ins may still be under way");
    assert_eq!(store.write(async |w| w.expire(NOW.plus(DAY * 2), 100).await).await.unwrap(), 1);
}

async fn c01_a_refresh_token_has_one_successor(store: &Store) {
    furnish(store).await;
    let token = new_refresh("r1");

    store
        .write(async |w| {
            w.insert_refresh_token(&token).await?;
            assert!(!w.rotate_refresh_token(&token.digest, "late", token.expires_at).await?);
            assert!(w.rotate_refresh_token(&token.digest, "successor", NOW).await?);
            assert!(!w.rotate_refresh_token(&token.digest, "fork", NOW).await?);
            assert!(!w.rotate_refresh_token(&digest("none"), "x", NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    let row = store.read(async |r| r.refresh_token(&token.digest).await).await.unwrap().unwrap();
    assert_eq!((row.rotated_at, row.successor_sealed.as_deref()), (Some(NOW), Some("successor")));
    assert_eq!((row.grant, row.client, row.issued_at), (grant_id(), client_id(), NOW));
}

async fn an_access_token_is_revoked_once(store: &Store) {
    furnish(store).await;
    let of_grant = AccessTokenRow {
        id: TokenId::from_text("tok_1"),
        grant: Some(grant_id()),
        client: client_id(),
        scope: "openid".into(),
        opaque: None,
        expires_at: NOW.plus(MINUTE),
        revoked_at: None,
    };
    let of_client = AccessTokenRow { id: TokenId::from_text("tok_2"), grant: None, ..of_grant.clone() };

    store
        .write(async |w| {
            w.insert_access_token(&of_grant).await?;
            w.insert_access_token(&of_client).await?;
            assert!(w.revoke_access_token(&of_grant.id, NOW).await?);
            assert!(!w.revoke_access_token(&of_grant.id, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let row = r.access_token(&of_grant.id).await?.unwrap();
            assert_eq!((row.grant, row.scope.as_str(), row.revoked_at), (Some(grant_id()), "openid", Some(NOW)));
            let row = r.access_token(&of_client.id).await?.unwrap();
            assert_eq!((row.grant, row.revoked_at), (None, None));
            assert!(r.access_token(&TokenId::from_text("tok_3")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn b10_a_client_assertion_is_used_once_per_client(store: &Store) {
    let other = ClientId::from_text("cli_other");

    store
        .write(async |w| {
            assert!(w.use_assertion(&client_id(), "jti", NOW.plus(MINUTE)).await?);
            assert!(!w.use_assertion(&client_id(), "jti", NOW.plus(MINUTE)).await?);
            assert!(w.use_assertion(&other, "jti", NOW.plus(MINUTE)).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_grant_is_bound_to_the_key_of_its_first_redemption(store: &Store) {
    furnish(store).await;
    let terms = GrantTerms { binding: Some(Binding::Jkt("thumb".into())), ..GrantTerms::default() };

    store.write(async |w| w.set_grant_terms(&grant_id(), &terms).await).await.unwrap();

    assert_eq!(store.read(async |r| r.grant(&grant_id()).await).await.unwrap().unwrap().terms, terms);
}

async fn a_refresh_token_that_is_kept_lives_on_and_a_rotated_one_does_not(store: &Store) {
    furnish(store).await;
    let later = NOW.plus(HOUR * 9000);

    let (kept, rotated) = store
        .write(async |w| {
            w.insert_refresh_token(&new_refresh("r1")).await?;
            let kept = w.keep_refresh_token(&digest("r1"), later, NOW).await?;
            let end = w.refresh_token(&digest("r1")).await?.unwrap().expires_at;
            assert_eq!(end, later);
            assert!(w.rotate_refresh_token(&digest("r1"), "sealed", NOW).await?);
            Ok((kept, w.keep_refresh_token(&digest("r1"), later, NOW).await?))
        })
        .await
        .unwrap();

    assert!(kept && !rotated);
    assert!(!store.write(async |w| w.keep_refresh_token(&digest("nobody"), later, NOW).await).await.unwrap());
}

async fn b07_a_challenge_serves_a_client_once(store: &Store) {
    let other = ClientId::from_text("cli_other");

    store
        .write(async |w| {
            assert!(w.claim_challenge(&client_id(), "challenge", NOW.plus(MINUTE)).await?);
            assert!(!w.claim_challenge(&client_id(), "challenge", NOW.plus(MINUTE)).await?);
            assert!(w.claim_challenge(&other, "challenge", NOW.plus(MINUTE)).await?);
            assert!(w.expire(NOW.plus(DAY), 10).await? >= 2);
            assert!(w.claim_challenge(&client_id(), "challenge", NOW.plus(MINUTE)).await?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_consent_is_replaced_and_forgotten(store: &Store) {
    furnish(store).await;
    let (ada, acme, shop) = (person_id("ada"), tenant_id("acme"), client_id());

    store
        .write(async |w| {
            assert_eq!(w.consent(&ada, &acme, &shop).await?, None);
            w.record_consent(&ada, &acme, &shop, "openid", NOW).await?;
            w.record_consent(&ada, &acme, &shop, "openid email", NOW).await?;
            assert_eq!(w.consent(&ada, &acme, &shop).await?.as_deref(), Some("openid email"));
            assert_eq!(w.consent(&ada, &tenant_id("globex"), &shop).await?, None);
            assert_eq!(w.consents_of(&ada, &shop).await?, [(acme.clone(), "openid email".to_owned())]);
            w.forget_consent(&ada, &acme, &shop).await?;
            assert_eq!(w.consent(&ada, &acme, &shop).await?, None);
            Ok(())
        })
        .await
        .unwrap();
}

async fn what_is_over_goes_and_what_is_referred_to_stays(store: &Store) {
    furnish(store).await;
    let token = AccessTokenRow {
        id: TokenId::from_text("tok_1"),
        grant: Some(grant_id()),
        client: client_id(),
        scope: "openid".into(),
        opaque: None,
        expires_at: NOW.plus(MINUTE),
        revoked_at: None,
    };
    store
        .write(async |w| {
            w.insert_flow(&new_flow("flw_1")).await?;
            w.insert_code(&digest("code"), &new_code()).await?;
            w.insert_refresh_token(&RefreshRow { rotated_at: Some(NOW), ..new_refresh("r1") }).await?;
            w.insert_access_token(&token).await?;
            w.use_assertion(&client_id(), "jti", NOW.plus(MINUTE)).await?;
            w.use_proof("proof", NOW.plus(MINUTE)).await?;
            w.insert_email_challenge(&new_challenge("cha_1")).await?;
            w.insert_bootstrap_link(&digest("link"), NOW, NOW.plus(HOUR)).await?;
            w.claim_attempt("name", 5, MINUTE, HOUR, NOW).await?;
            w.remember_tenant(&session_id(), &client_id(), &tenant_id("acme"), NOW).await
        })
        .await
        .unwrap();

    let early = store.write(async |w| w.expire(NOW.plus(MINUTE), 100).await).await.unwrap();
    let week = store.write(async |w| w.expire(NOW.plus(DAY * 7), 100).await).await.unwrap();
    let (grant, refresh, code) = store
        .read(async |r| Ok((r.grant(&grant_id()).await?, r.refresh_token(&digest("r1")).await?, r.code(&digest("code")).await?)))
        .await
        .unwrap();
    let year = store.write(async |w| w.expire(NOW.plus(DAY * 365), 100).await).await.unwrap();

    assert_eq!(early, 0);
    assert_eq!(week, 8, "flow, code, access token, assertion, proof, challenge, link, attempts");
    assert!(grant.is_some() && refresh.is_some() && code.is_none());
    assert_eq!(year, 5, "refresh token, grant, two remembered tenants, session");
    assert!(store.read(async |r| r.session(&session_id()).await).await.unwrap().is_none());
}

async fn expiry_works_in_small_batches(store: &Store) {
    store
        .write(async |w| {
            for n in 0..5 {
                w.insert_flow(&new_flow(&format!("flw_{n}"))).await?;
            }
            Ok(())
        })
        .await
        .unwrap();

    let mut gone = Vec::new();
    for _ in 0..4 {
        gone.push(store.write(async |w| w.expire(NOW.plus(DAY), 2).await).await.unwrap());
    }

    assert_eq!(gone, [2, 2, 1, 0]);
}

conformance! {
    a_grant_is_read_as_it_was_written,
    grants_end_alone_by_person_by_membership_and_by_session,
    b01_a_code_is_redeemed_once_by_its_own_client_and_in_time,
    b23_a_pushed_request_is_answered_once,
    c01_a_refresh_token_has_one_successor,
    an_access_token_is_revoked_once,
    b10_a_client_assertion_is_used_once_per_client,
    a_grant_is_bound_to_the_key_of_its_first_redemption,
    a_refresh_token_that_is_kept_lives_on_and_a_rotated_one_does_not,
    b07_a_challenge_serves_a_client_once,
    a_consent_is_replaced_and_forgotten,
    what_is_over_goes_and_what_is_referred_to_stays,
    expiry_works_in_small_batches,
}
