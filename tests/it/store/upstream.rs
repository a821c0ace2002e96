//! Connections, pins, identities, sign-ins under way, invitations.
use tenantry::model::*;
use tenantry::store::{Result, Store, Write};

use super::conformance;
use super::fixtures::*;

fn connection() -> Connection {
    Connection {
        id: ConnectionId::from_text("con_1"),
        name: "Acme's Entra".into(),
        cloud_host: "https://login.microsoftonline.com".into(),
        tid: "tid".into(),
        client_id: "app".into(),
        credential: Credential::Certificate { sealed: "sealed".into(), x5t_s256: "print".into() },
        state: ConnectionState::Active,
        mfa_asserted: true,
        created_at: NOW,
    }
}

fn identity(id: &str, person: &str, oid: &str) -> FederatedIdentity {
    FederatedIdentity {
        id: IdentityId::from_text(id),
        person: person_id(person),
        cloud_host: connection().cloud_host,
        tid: connection().tid,
        oid: oid.into(),
        connection: connection().id,
        bound_via: BoundVia::PinnedDomain,
        bound_at: NOW,
        last_login_at: None,
    }
}

async fn connect(w: &mut Write) -> Result<()> {
    w.insert_connection(&connection()).await
}

async fn a_connection_and_its_pins_are_read_as_written(store: &Store) {
    furnish(store).await;
    let before = store.read(async |r| r.generation().await).await.unwrap();
    let pin = EntraPin { tenant: tenant_id("acme"), connection: connection().id, domains: vec!["acme.test".into()] };

    store
        .write(async |w| {
            connect(w).await?;
            w.insert_pin(&EntraPin { domains: Vec::new(), ..pin.clone() }).await?;
            w.insert_pin(&pin).await?;
            w.set_connection_state(&connection().id, ConnectionState::Disabled).await
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let found = r.connections().await?.pop().unwrap();
            assert_eq!((found.state, found.mfa_asserted, found.client_id.as_str()), (ConnectionState::Disabled, true, "app"));
            assert!(matches!(found.credential, Credential::Certificate { x5t_s256, .. } if x5t_s256 == "print"));
            let pins = r.pins().await?;
            assert_eq!((pins.len(), &pins[0].tenant, &pins[0].domains), (1, &pin.tenant, &pin.domains));
            assert!(r.generation().await? > before);
            Ok(())
        })
        .await
        .unwrap();
}

async fn an_identity_is_bound_to_one_person_and_a_person_to_one_of_a_directory(store: &Store) {
    furnish(store).await;

    store
        .write(async |w| {
            connect(w).await?;
            assert!(w.bind_identity(&identity("fid_1", "ada", "oid_1")).await?);
            assert!(!w.bind_identity(&identity("fid_2", "bob", "oid_1")).await?, "somebody else's");
            assert!(!w.bind_identity(&identity("fid_3", "ada", "oid_2")).await?, "she has one");
            assert!(w.bind_identity(&identity("fid_4", "bob", "oid_2")).await?);
            w.touch_identity(&IdentityId::from_text("fid_1"), NOW.plus(HOUR)).await
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            let key = connection();
            let found = r.identity(&key.cloud_host, &key.tid, "oid_1").await?.unwrap();
            assert_eq!(
                (found.person, found.bound_via, found.last_login_at),
                (person_id("ada"), BoundVia::PinnedDomain, Some(NOW.plus(HOUR)))
            );
            assert!(r.identity(&key.cloud_host, "other", "oid_1").await?.is_none());
            assert_eq!(r.identities_of(&person_id("bob")).await?.len(), 1);
            assert_eq!(r.bound_members(&tenant_id("acme")).await?, [(connection().id, 1)], "bob belongs elsewhere");
            Ok(())
        })
        .await
        .unwrap();
}

async fn a_sign_in_at_microsoft_is_answered_once_by_the_same_browser_in_time(store: &Store) {
    let flow = UpstreamFlow {
        state: digest("state"),
        connection: connection().id,
        browser: digest("browser"),
        intent: UpstreamIntent::Invitation { invitation: InvitationId::from_text("inv_1") },
        sealed: "sealed".into(),
        redirect_uri: "https://id.test/cb".into(),
        expires_at: NOW.plus(MINUTE),
    };

    store
        .write(async |w| {
            w.insert_upstream_flow(&flow).await?;
            assert!(w.pending_upstream_flow(&flow.state, &digest("other"), NOW).await?.is_none());
            assert!(w.pending_upstream_flow(&flow.state, &flow.browser, flow.expires_at).await?.is_none());
            assert_eq!(w.pending_upstream_flow(&flow.state, &flow.browser, NOW).await?.unwrap().sealed, flow.sealed);
            assert!(w.redeem_upstream_flow(&flow.state, &digest("other"), NOW).await?.is_none());
            assert!(w.redeem_upstream_flow(&flow.state, &flow.browser, flow.expires_at).await?.is_none());
            let found = w.redeem_upstream_flow(&flow.state, &flow.browser, NOW).await?.unwrap();
            assert_eq!((&found.intent, &found.sealed, &found.redirect_uri), (&flow.intent, &flow.sealed, &flow.redirect_uri));
            assert!(w.redeem_upstream_flow(&flow.state, &flow.browser, NOW).await?.is_none());
            assert!(w.pending_upstream_flow(&flow.state, &flow.browser, NOW).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn an_invitation_is_accepted_once_in_time_and_not_when_revoked(store: &Store) {
    furnish(store).await;
    let (first, second) = (new_invitation("inv_1"), new_invitation("inv_2"));
    let ada = person_id("ada");

    store
        .write(async |w| {
            w.insert_invitation(&first, &digest("i1"), NOW).await?;
            w.insert_invitation(&second, &digest("i2"), NOW.plus(MINUTE)).await?;
            let open: Vec<_> = w.open_invitations(&ada, NOW).await?.into_iter().map(|i| i.id).collect();
            assert_eq!(open, [first.id.clone(), second.id.clone()]);
            assert!(w.open_invitations(&ada, first.expires_at).await?.is_empty());
            assert!(!w.accept_invitation(&first.id, first.expires_at).await?);
            assert!(w.accept_invitation(&first.id, NOW).await?);
            assert!(!w.accept_invitation(&first.id, NOW).await?);
            assert_eq!(w.revoke_invitations(&first.membership, NOW).await?, 1);
            assert!(!w.accept_invitation(&second.id, NOW).await?);
            Ok(())
        })
        .await
        .unwrap();

    store
        .read(async |r| {
            assert_eq!(r.invitation(&first.id).await?.unwrap().accepted_at, Some(NOW));
            let found = r.invitation_by_digest(&digest("i2")).await?.unwrap();
            assert_eq!((found.id, found.revoked_at, found.method), (second.id.clone(), Some(NOW), InvitationMethod::Any));
            assert!(r.invitation_by_digest(&digest("i3")).await?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn the_newest_bootstrap_link_opens_once(store: &Store) {
    let (old, new) = (digest("old"), digest("new"));
    let until = NOW.plus(HOUR);

    store
        .write(async |w| {
            assert!(!w.any_bootstrap_link_is_open(NOW).await?);
            w.insert_bootstrap_link(&old, NOW, until).await?;
            assert!(w.any_bootstrap_link_is_open(NOW).await?);
            assert!(!w.any_bootstrap_link_is_open(until).await?);
            assert!(w.bootstrap_link_is_open(&old, NOW).await?);
            w.insert_bootstrap_link(&new, NOW, until).await?;
            assert!(!w.use_bootstrap_link(&old, NOW).await?);
            assert!(!w.use_bootstrap_link(&new, until).await?);
            assert!(w.use_bootstrap_link(&new, NOW).await?);
            assert!(!w.use_bootstrap_link(&new, NOW).await?);
            assert!(!w.bootstrap_link_is_open(&new, NOW).await?);
            assert!(!w.any_bootstrap_link_is_open(NOW).await?);
            Ok(())
        })
        .await
        .unwrap();
}

conformance! {
    a_connection_and_its_pins_are_read_as_written,
    an_identity_is_bound_to_one_person_and_a_person_to_one_of_a_directory,
    a_sign_in_at_microsoft_is_answered_once_by_the_same_browser_in_time,
    an_invitation_is_accepted_once_in_time_and_not_when_revoked,
    the_newest_bootstrap_link_opens_once,
}
