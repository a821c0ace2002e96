//! What a tenant's administrators are told of the connection to Microsoft, and what not (issue 4, "Microsoft connection").
use tenantry::model::{BoundVia, ConnectionId, ConnectionState, EntraPin, FederatedIdentity, IdentityId, PersonId};
use tenantry::policy::presets::Preset;

use super::office;
use crate::harness::microsoft::Microsoft;
use crate::harness::tenantry::Tenantry;

const TID: &str = "11111111-2222-3333-4444-555555555555";

async fn bind(t: &Tenantry, person: &PersonId, oid: &str) {
    let connection = Microsoft::connection_at("https://login.microsoftonline.com", TID);
    let identity = FederatedIdentity {
        id: IdentityId::from_text(format!("idn_{oid}")),
        person: person.clone(),
        cloud_host: connection.cloud_host,
        tid: connection.tid,
        oid: oid.to_owned(),
        connection: connection.id,
        bound_via: BoundVia::Invite,
        bound_at: t.now(),
        last_login_at: None,
    };
    assert!(t.app.store.write(async |w| w.bind_identity(&identity).await).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_the_directory_of_the_tenant_and_who_uses_it_and_no_other() {
    let t = Tenantry::start().await;
    let (acme, anna, mut browser) = office(&t, Preset::Konfipay).await;
    let globex = t.tenant("globex").await;
    let stranger = t.member(&globex, "gus@globex.example").await;
    browser.goto("/admin/acme/microsoft").await;
    assert_eq!(browser.page().status, 200);
    assert!(!browser.has("#rule") && !browser.has("#shared"), "nothing is connected");

    let connection = Microsoft::connection_at("https://login.microsoftonline.com", TID);
    let pin = |tenant: &tenantry::model::Tenant, domain: &str| EntraPin {
        tenant: tenant.id.clone(),
        connection: connection.id.clone(),
        domains: vec![domain.to_owned()],
    };
    t.app.store.write(async |w| w.insert_connection(&connection).await).await.unwrap();
    t.app.store.write(async |w| w.insert_pin(&pin(&globex, "globex.example")).await).await.unwrap();
    t.app.refresh().await.unwrap();
    bind(&t, &anna.id, "anna").await;
    bind(&t, &stranger.id, "gus").await;
    browser.goto("/admin/acme/microsoft").await;
    assert!(browser.has("#shared"), "{}", browser.page());
    for foreign in ["Contoso", TID, "globex"] {
        assert!(!browser.page().body.contains(foreign), "{foreign} is another tenant's");
    }

    t.app.store.write(async |w| w.insert_pin(&pin(&acme, "acme.example")).await).await.unwrap();
    t.app.refresh().await.unwrap();
    browser.goto("/admin/acme/microsoft").await;
    let told = browser.page().texts(".facts-list dd");
    assert_eq!(browser.page().texts("h2#directory-1"), ["Contoso"]);
    assert_eq!((told[0].as_str(), told[1].as_str(), told[3].as_str()), (TID, "acme.example", "1"), "{told:?}");

    let id: ConnectionId = connection.id.clone();
    t.app.store.write(async |w| w.set_connection_state(&id, ConnectionState::Disabled).await).await.unwrap();
    t.app.refresh().await.unwrap();
    browser.goto("/admin/acme/microsoft").await;
    assert_eq!(browser.page().texts("section .badge"), ["Switched off"]);
}
