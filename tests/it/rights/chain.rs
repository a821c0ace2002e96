//! The chain over the audit trail shows whatever is done to the database behind the program's back.
use sqlx::postgres::PgConnection;
use sqlx::{Connection, SqliteConnection};
use tenantry::model::Tenant;
use tenantry::service::audit_chain::{Breach, Verified, seal, verify};
use tenantry::service::audit_retention::retire;
use tenantry::store::AuditFilter;

use crate::harness::tenantry::{Tenantry, sealer};

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

impl Tenantry {
    /// Changes the database as somebody does who has its password.
    async fn db_tampered(&self, sql: &'static str) {
        let url = &self.database.url;
        if url.starts_with("postgres") {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        } else {
            let mut connection = SqliteConnection::connect(url).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
    }

    async fn verified(&self) -> Verified {
        verify(&self.app.store, &sealer(), None, None).await.unwrap()
    }
}

/// A server with a few events, all of them sealed.
async fn sealed() -> Tenantry {
    let t = Tenantry::start().await;
    let acme = t.tenant("acme").await;
    for name in ["a", "b", "c", "d"] {
        t.member(&acme, &format!("{name}@acme.example")).await;
    }
    seal(&t.app).await.unwrap();
    t
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_nobody_touched_is_whole_and_grows() {
    let t = sealed().await;
    let first = t.verified().await;
    seal(&t.app).await.unwrap();
    assert_eq!(t.verified().await, first, "nothing to seal, nothing changes");

    t.tenant("globex").await;
    let before = t.verified().await;
    seal(&t.app).await.unwrap();
    let after = t.verified().await;

    assert_eq!((first.breach, first.head.0), (None, 9));
    assert_eq!((before.head.0, after.head.0, after.breach), (9, 10, None));
    let noted = (first.head.0, first.head.1.as_str());
    assert_eq!(verify(&t.app.store, &sealer(), None, Some(noted)).await.unwrap().breach, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_tampering_shows_and_where() {
    const DELETED: &str = "delete from audit where id = (select audit_id from audit_chain where position = 3)";
    let table = [
        (DELETED, 3, Breach::Deleted),
        ("update audit set outcome = 'x' where id = (select audit_id from audit_chain where position = 4)", 4, Breach::Changed),
        ("update audit set network = 'x' where id = (select audit_id from audit_chain where position = 4)", 4, Breach::Changed),
        ("update audit set actor = 'x' where id = (select audit_id from audit_chain where position = 2)", 2, Breach::Changed),
        ("delete from audit_chain where position = 5", 6, Breach::Gap),
        ("update audit_chain set at = 1 where position = 5", 5, Breach::Link),
        ("update audit_chain set hash = 'x' where position = 5", 5, Breach::Link),
        // Two links change places.
        (
            "update audit_chain set position = 100 where position = 3; update audit_chain set position = 3 where position = 4;
             update audit_chain set position = 4 where position = 100",
            3,
            Breach::Link,
        ),
        // Link and event are gone, and the rest moved up.
        ("delete from audit_chain where position = 9; update audit set sealed = true", 8, Breach::Stray),
    ];
    for (sql, position, breach) in table {
        let t = sealed().await;
        t.db_tampered(sql).await;

        assert_eq!(t.verified().await.breach, Some((position, breach)), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trail_that_was_cut_off_shows_against_a_noted_head() {
    let t = sealed().await;
    let head = t.verified().await.head;
    t.db_tampered(
        "delete from audit where id in (select audit_id from audit_chain where position > 7); delete from audit_chain where position > 7",
    )
    .await;

    assert_eq!(t.verified().await.breach, None, "the rest fits together");
    let found = verify(&t.app.store, &sealer(), None, Some((head.0, &head.1))).await.unwrap();
    assert_eq!(found.breach, Some((8, Breach::Shortened)));
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_after_its_time_and_erasure_of_a_person_leave_the_chain_whole() {
    let t = sealed().await;
    let ben = t.person("ben@acme.example").await;
    seal(&t.app).await.unwrap();
    let now = t.now();

    let changed = t.app.store.write(async |w| w.pseudonymise_audit(&ben.id).await).await.unwrap();
    let found = t.verified().await;
    assert_eq!((changed, found.pseudonymised, found.breach), (1, 1, None));

    t.later(std::time::Duration::from_secs(3600));
    let retired = t.app.store.write(async |w| w.retire_audit(None, now.plus(std::time::Duration::from_secs(1)), 100).await).await.unwrap();
    let kept_since = Some(now.plus(std::time::Duration::from_secs(1)));
    let found = verify(&t.app.store, &sealer(), kept_since, None).await.unwrap();
    assert!(retired > 0);
    assert_eq!((found.retired, found.breach), (i64::try_from(retired).unwrap(), None));
    assert!(matches!(t.verified().await.breach, Some((_, Breach::Deleted))), "without a rule that lets them go they are missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_log_is_kept_as_long_as_its_rules_say_and_the_chain_knows_what_went() {
    let t = Tenantry::start().await;
    let short = t.tenant_with("short", |policy| policy.audit_retention_days = 30).await;
    let long = t.tenant("long").await;
    for tenant in [&short, &long] {
        t.member(tenant, &format!("anna@{}.example", tenant.slug)).await;
    }
    seal(&t.app).await.unwrap();
    t.later(DAY * 29);
    retire(&t.app).await.unwrap();
    assert_eq!(in_log(&t, &short).await, 2, "not before its time");
    t.later(DAY * 2);
    let ben = t.member(&short, "ben@short.example").await;

    retire(&t.app).await.unwrap();

    assert_eq!((in_log(&t, &short).await, in_log(&t, &long).await), (1, 2), "what is younger stays, and what is another's");
    let found = t.verified().await;
    assert_eq!((found.breach, found.retired), (None, 2));
    // Whoever removes more than the rules let go is seen, also with the same means.
    t.later(DAY);
    seal(&t.app).await.unwrap();
    let now = t.now();
    assert!(t.app.store.write(async |w| w.retire_audit(Some(&short.id), now, 9).await).await.unwrap() > 0);
    assert!(matches!(t.verified().await.breach, Some((_, Breach::Deleted))), "{}", ben.id);
}

async fn in_log(t: &Tenantry, tenant: &Tenant) -> usize {
    let filter = AuditFilter { tenant: tenant.id.clone(), who: String::new(), kind: String::new(), until: None };
    t.app.store.read(async |r| r.audit_of_tenant(&filter, None, 100).await).await.unwrap().len()
}
