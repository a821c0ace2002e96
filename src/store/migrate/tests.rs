//! What stands in a database of a former schema survives the migrations, on both engines.
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection};

use super::super::{Store, execute, on};
use super::{SchemaState, dialect};

/// The last migration before people could be without an e-mail address.
const BEFORE: i64 = 29;

const PEOPLE: [&str; 3] = ["ada", "bob", "eve"];

/// One database of each engine; PostgreSQL where a server is named or demanded.
struct Databases {
    folder: std::path::PathBuf,
    server: Option<(String, String)>,
    urls: Vec<String>,
}

impl Databases {
    async fn fresh(name: &str) -> Self {
        let name = format!("{name}_{}", std::process::id());
        let folder = std::env::temp_dir().join(format!("tenantry-{name}"));
        std::fs::create_dir_all(&folder).unwrap();
        let mut urls = vec![format!("sqlite:{}", folder.join("t.db").display())];
        let server = std::env::var("TENANTRY_TEST_POSTGRES").ok().map(|base| (base, name.clone()));
        assert!(server.is_some() || std::env::var_os("TENANTRY_REQUIRE_POSTGRES").is_none(), "TENANTRY_TEST_POSTGRES names no server");
        if let Some((base, name)) = &server {
            let mut connection = sqlx::PgConnection::connect(base).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
            let mut url = url::Url::parse(base).unwrap();
            url.set_path(name);
            urls.push(url.into());
        }
        Self { folder, server, urls }
    }

    async fn end(self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some((base, name)) = self.server {
            let mut connection = sqlx::PgConnection::connect(&base).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(&mut connection).await.unwrap();
        }
    }
}

/// A store whose schema is that of before.
async fn former(url: &str) -> Store {
    let store = Store::open(url).await.unwrap();
    let older = store.migrations().iter().filter(|migration| migration.version <= BEFORE).cloned().collect();
    store.apply(&Migrator::with_migrations(older)).await.unwrap();
    store
}

async fn run(store: &Store, sql: String) -> super::Result<u64> {
    store.write(async |w| execute!(w, sqlx::query(AssertSqlSafe(sql)))).await
}

async fn count(store: &Store, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    store.read(async |r| on!(r, c => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(c))).await.unwrap()
}

/// Rows in the table that is written anew, and in every table that points at it.
async fn fill(store: &Store) {
    run(store, "insert into tenants values ('ten_1', '1', 'one', 'One', null, null, null, 'active', '{}', 1)".into()).await.unwrap();
    run(store, "insert into clients (id, state, metadata, created_at) values ('cli_1', 'active', '{}', 1)".into()).await.unwrap();
    for name in PEOPLE {
        let rows = [
            format!(
                "insert into persons
                    (id, email, email_verified, first_name, last_name, locale, state, operator, second_factor, password_hash,
                     password_set_at, last_login_at, created_at, updated_at, profile)
                values ('{name}', '{name}@example.com', true, '{name}', 'Example', 'de', 'active', {}, 'totp', 'hash of {name}',
                     11, 12, 13, 14, '{{\"nickname\":\"{name}\"}}')",
                name == "eve"
            ),
            format!(
                "insert into memberships
                    (id, person_id, tenant_id, kind, state, admin, api_access, limited_to_locations, created_at)
                values ('m_{name}', '{name}', 'ten_1', 'home', 'active', false, false, false, 1)"
            ),
            format!(
                "insert into sessions (id, cookie, person_id, proof, created_at, last_seen_at, expires_at)
                values ('s_{name}', '{name}', '{name}', '{{}}', 1, 1, 1)"
            ),
            format!("insert into consents values ('{name}', 'ten_1', 'cli_1', 'openid', 1)"),
            format!(
                "insert into invitations (id, tenant_id, person_id, membership_id, method, digest, created_at, expires_at)
                values ('i_{name}', 'ten_1', '{name}', 'm_{name}', 'any', '{name}', 1, 1)"
            ),
            format!("insert into recovery_codes (digest, person_id, created_at) values ('{name}', '{name}', 1)"),
        ];
        for row in rows {
            run(store, row).await.unwrap();
        }
    }
}

#[tokio::test]
async fn migrating_a_filled_database_keeps_every_row_and_every_foreign_key() {
    let databases = Databases::fresh("former_schema").await;

    for url in &databases.urls {
        let store = former(url).await;
        fill(&store).await;
        assert!(matches!(store.schema_state().await.unwrap(), SchemaState::Behind(_)));

        store.migrate().await.unwrap();

        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
        for table in ["persons", "memberships", "sessions", "consents", "invitations", "recovery_codes"] {
            assert_eq!(count(&store, table).await, 3, "{url} {table}");
        }
        let kept = "persons where email = id || '@example.com' and first_name = id and password_hash = 'hash of ' || id and locale = 'de'
            and password_set_at = 11 and last_login_at = 12 and created_at = 13 and updated_at = 14 and email_verified
            and not disabled_by_operator and operator = (id = 'eve') and profile like '%\"nickname\":\"' || id || '\"%'";
        assert_eq!(count(&store, kept).await, 3, "{url}");
        let orphan = "insert into recovery_codes (digest, person_id, created_at) values ('x', 'nobody', 1)";
        assert!(run(&store, orphan.into()).await.is_err(), "{url}: a foreign key is gone");
        assert!(run(&store, "delete from persons where id = 'ada'".into()).await.is_err(), "{url}: a foreign key is gone");
        let twin = "update persons set email = 'ada@example.com' where id = 'bob'";
        assert!(run(&store, twin.into()).await.is_err(), "{url}: addresses are unique no more");
        assert_eq!(run(&store, "update persons set email = null where id <> 'eve'".into()).await.unwrap(), 2, "{url}");
        store.close().await;
    }
    databases.end().await;
}

#[tokio::test]
async fn each_engine_has_one_file_for_each_number() {
    let databases = Databases::fresh("numbers").await;

    for url in &databases.urls {
        let store = Store::open(url).await.unwrap();
        let mut numbers: Vec<i64> = store.migrations().iter().map(|migration| migration.version).collect();
        let all = numbers.len();
        numbers.dedup();
        assert_eq!(numbers.len(), all, "{url}");
        assert!(store.migrations().iter().any(|migration| dialect(migration).is_some()), "{url}");
        store.close().await;
    }
    for file in super::FILES.iter() {
        assert!(matches!(dialect(file), None | Some("sqlite" | "postgres")), "{}", file.version);
        let twin = |other: &&sqlx::migrate::Migration| other.version == file.version && dialect(other) != dialect(file);
        assert_eq!(super::FILES.iter().any(|other| twin(&other)), dialect(file).is_some(), "{}", file.version);
    }
    databases.end().await;
}
