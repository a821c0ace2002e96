//! C: refresh tokens after a restart, on every node, and after rights were taken away.
use serde_json::Value;
use tenantry::model::{ClientId, ClientMetadata, ClientState, GrantType, Location, LocationId, MembershipState, PersonState, TenantState};

use super::{Scene, error, minutes, token, token_at};

fn rotation(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

fn claims(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[tokio::test]
async fn c02_a_restart_forgets_no_reuse() {
    let s = Scene::set().await;
    let (_, tokens) = s.signed_in().await;
    let first = tokens.refresh.unwrap();
    let second = token(&s.party, &rotation(&first)).await.1["refresh_token"].as_str().unwrap().to_owned();
    s.t.later(minutes(10));

    let Scene { t, party, .. } = s;
    let after = t.beside().await;
    t.stop().await;
    let origin = format!("http://{}", after.address);

    assert_eq!(error(&token_at(&origin, &party, &rotation(&first)).await), (400, "invalid_grant"));
    assert_eq!(error(&token_at(&origin, &party, &rotation(&second)).await), (400, "invalid_grant"), "the family is over");
}

#[derive(Clone, Copy, Debug)]
enum Taken {
    Person,
    Membership,
    Tenant,
    Client,
}

async fn take(s: &Scene, what: Taken) {
    let client = ClientId::from_text(s.party.client_id.clone());
    let write = s.t.app.store.write(async |w| match what {
        Taken::Person => w.set_person_state(&s.anna.id, PersonState::Deactivated, s.t.now()).await,
        Taken::Membership => {
            let membership = w.membership(&s.anna.id, &s.acme.id).await?.unwrap();
            w.set_membership_state(&membership.id, MembershipState::Disabled).await.map(|_| ())
        }
        Taken::Tenant => w.set_tenant_state(&s.acme.id, TenantState::Disabled).await,
        Taken::Client => w.set_client_state(&client, ClientState::Disabled).await,
    });
    write.await.unwrap();
}

#[tokio::test]
async fn c04_what_was_disabled_on_one_node_refreshes_on_none() {
    for what in [Taken::Person, Taken::Membership, Taken::Tenant, Taken::Client] {
        let s = Scene::set().await;
        let (_, tokens) = s.signed_in().await;
        let second = s.t.beside().await;
        let origin = format!("http://{}", second.address);
        let refresh = tokens.refresh.unwrap();

        take(&s, what).await;
        // People and memberships are never remembered; tenants and clients are looked at once a second.
        if matches!(what, Taken::Tenant | Taken::Client) {
            second.app.refresh().await.unwrap();
        }

        assert_eq!(error(&token_at(&origin, &s.party, &rotation(&refresh)).await).0, 400, "{what:?}");
        let userinfo = crate::harness::net::client().get(format!("{origin}/userinfo")).bearer_auth(&tokens.access);
        assert_eq!(super::answered(userinfo).await.status, 401, "{what:?}");
    }
}

#[tokio::test]
async fn c05_offline_access_that_was_withdrawn_is_over() {
    type Withdrawal = fn(&mut ClientMetadata);
    let withdraw: [(&str, Withdrawal); 2] = [
        ("invalid_grant", |m| m.scopes.retain(|scope| scope != "offline_access")),
        ("unauthorized_client", |m| m.grant_types = vec![GrantType::AuthorizationCode]),
    ];
    for (expected, change) in withdraw {
        let s = Scene::set().await;
        let (_, tokens) = s.signed_in().await;
        let client = ClientId::from_text(s.party.client_id.clone());
        let mut metadata = s.t.app.registered().clients[&client].metadata.clone();

        change(&mut metadata);
        s.t.app.store.write(async |w| w.set_client_metadata(&client, &metadata).await).await.unwrap();
        s.t.app.refresh().await.unwrap();

        assert_eq!(error(&token(&s.party, &rotation(tokens.refresh.as_deref().unwrap())).await), (400, expected));
    }
}

#[tokio::test]
async fn c08_rights_that_were_taken_away_are_not_in_the_next_token() {
    let s = Scene::set().await;
    let party = s.t.party().await;
    let mut browser = s.t.browser();
    let (_, tokens) = s.t.log_in(&mut browser, &party, &s.anna, &["openid", "locations", "offline_access"]).await;
    assert_eq!(claims(&tokens.access)["locations_all"], true);
    assert!(tokens.expires_in <= 600, "until then the old claims may still be shown somewhere");

    let id = LocationId::generate(s.t.now(), &*s.t.app.entropy);
    let location = Location { id, tenant: s.acme.id.clone(), name: "Harbour".to_owned(), website: None };
    let membership = s.t.app.store.read(async |r| r.membership(&s.anna.id, &s.acme.id).await).await.unwrap().unwrap();
    let write = s.t.app.store.write(async |w| {
        w.insert_location(&location).await?;
        w.limit_to_location(&membership.id, &location.id).await
    });
    write.await.unwrap();
    let next = token(&party, &rotation(tokens.refresh.as_deref().unwrap())).await.1;

    let claims = claims(next["access_token"].as_str().unwrap());
    assert_ne!(claims["locations_all"], true, "{claims}");
    assert_eq!(claims["locations"], serde_json::json!([location.id]), "{claims}");
}

#[tokio::test]
async fn c10_no_number_of_refreshes_widens_a_grant() {
    let s = Scene::set().await;
    let (_, tokens) = s.signed_in().await;
    let mut refresh = tokens.refresh.unwrap();
    let granted = ["openid", "profile", "tenant", "groups", "offline_access"];

    for (scope, fits) in [("openid", true), ("openid email", false), ("openid tenant", true), ("orders", false), ("openid profile", true)] {
        let form = [&rotation(&refresh)[..], &[("scope", scope)]].concat();
        let answer = token(&s.party, &form).await;
        if fits {
            assert_eq!((answer.0, answer.1["scope"].as_str()), (200, Some(scope)));
            refresh = answer.1["refresh_token"].as_str().unwrap().to_owned();
        } else {
            assert_eq!(error(&answer), (400, "invalid_scope"), "{scope}");
        }
    }
    let all = token(&s.party, &rotation(&refresh)).await.1;
    let mut scopes: Vec<&str> = all["scope"].as_str().unwrap().split(' ').collect();
    scopes.sort_unstable();
    let mut expected = granted;
    expected.sort_unstable();
    assert_eq!(scopes, expected);
}
