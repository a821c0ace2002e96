//! Tests from inside: what no caller can ask for, because the store offers no function for it.
use std::path::PathBuf;

use sqlx::{AssertSqlSafe, Connection};

use super::{Result, Store, StoreError, execute};

const INSERT: &str = "insert into settings (name, value) values ($1, $2)";

struct Sqlite {
    store: Store,
    folder: PathBuf,
}

impl Sqlite {
    async fn fresh(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tenantry-refusals-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.join("t.db").display())).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, folder }
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn write_through_a_read(store: &Store) -> Result<u64> {
    store.read(async |r| execute!(r, sqlx::query(INSERT).bind("x").bind("y"))).await
}

#[tokio::test]
async fn a_write_through_a_read_is_refused_by_sqlite() {
    let sqlite = Sqlite::fresh("read").await;

    let outcome = write_through_a_read(&sqlite.store).await;

    assert!(outcome.unwrap_err().to_string().contains("readonly"));
}

#[tokio::test]
async fn a_write_through_a_read_is_refused_by_postgresql() {
    let Ok(base) = std::env::var("TENANTRY_TEST_POSTGRES") else {
        assert!(std::env::var_os("TENANTRY_REQUIRE_POSTGRES").is_none(), "TENANTRY_TEST_POSTGRES names no server");
        return;
    };
    let name = format!("refusals_{}", std::process::id());
    let mut server = sqlx::PgConnection::connect(&base).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&mut server).await.unwrap();
    let mut url = url::Url::parse(&base).unwrap();
    url.set_path(&name);
    let store = Store::open(url.as_str()).await.unwrap();
    store.migrate().await.unwrap();

    let outcome = write_through_a_read(&store).await;

    store.close().await;
    sqlx::raw_sql(AssertSqlSafe(format!("drop database {name} with (force)"))).execute(&mut server).await.unwrap();
    assert!(outcome.unwrap_err().to_string().contains("read-only transaction"));
}

#[tokio::test]
async fn a_full_disk_fails_one_write_and_the_next_succeeds() {
    let sqlite = Sqlite::fresh("full").await;
    let store = &sqlite.store;

    let outcome = store
        .write(async |w| {
            let pages: i64 = super::on!(w, c => sqlx::query_scalar("pragma page_count").fetch_one(c))?;
            execute!(w, sqlx::query(AssertSqlSafe(format!("pragma max_page_count = {pages}"))))?;
            execute!(w, sqlx::query(INSERT).bind("big").bind("x".repeat(1_000_000)))
        })
        .await;
    let small = store.write(async |w| w.settle_setting("small", "kept").await).await;

    assert!(outcome.unwrap_err().to_string().contains("full"));
    assert_eq!(store.read(async |r| r.setting("big").await).await.unwrap(), None);
    assert_eq!(small.unwrap(), "kept");
    assert_eq!(store.read(async |r| r.setting("small").await).await.unwrap().as_deref(), Some("kept"));
}

#[tokio::test]
async fn a_commit_that_fails_is_an_error_and_keeps_nothing() {
    let sqlite = Sqlite::fresh("commit").await;
    let store = &sqlite.store;

    let outcome = store
        .write(async |w| {
            w.settle_setting("lost", "x").await?;
            execute!(w, sqlx::query("pragma defer_foreign_keys = on"))?;
            execute!(w, sqlx::query("insert into tenant_slugs (slug, tenant_id) values ('nobody', 'nobody')"))
        })
        .await;

    assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
    store.write(async |w| w.settle_setting("kept", "x").await).await.unwrap();
    assert_eq!(store.read(async |r| r.setting("lost").await).await.unwrap(), None);
}

#[tokio::test]
async fn a_corrupt_value_is_named_and_its_content_is_not() {
    let sqlite = Sqlite::fresh("corrupt").await;
    let store = &sqlite.store;
    let sql = "insert into flows (id, browser, client_id, request, progress, version, created_at, expires_at)
        values ('flw_1', 'b', 'c', '{}', 'a secret that is no progress', 0, 0, 0)";
    store.write(async |w| execute!(w, sqlx::query(sql))).await.unwrap();

    let error = store.read(async |r| r.flow(&crate::model::FlowId::from_text("flw_1")).await).await.unwrap_err();

    assert_eq!(error.to_string(), "corrupt value in flows.progress of row flw_1");
}

fn big_token(n: usize) -> crate::model::AccessTokenRow {
    crate::model::AccessTokenRow {
        id: crate::model::TokenId::from_text(format!("tok_{n}")),
        grant: None,
        client: crate::model::ClientId::from_text("cli_1"),
        scope: "x".repeat(100_000),
        opaque: None,
        expires_at: crate::world::Timestamp::from_seconds(0),
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_full_disk_fails_every_token_of_the_batch_and_the_next_ones_succeed() {
    let sqlite = Sqlite::fresh("lane").await;
    let store = &sqlite.store;
    let no_more_pages = store.write(async |w| {
        let pages: i64 = super::on!(w, c => sqlx::query_scalar("pragma page_count").fetch_one(c))?;
        execute!(w, sqlx::query(AssertSqlSafe(format!("pragma max_page_count = {pages}"))))
    });
    no_more_pages.await.unwrap();
    let issue = async |from: usize| {
        let (a, b, c) = (big_token(from), big_token(from + 1), big_token(from + 2));
        <[_; 3]>::from(tokio::join!(store.issue_access_token(a), store.issue_access_token(b), store.issue_access_token(c)))
    };

    let full = issue(0).await;
    let later = issue(10).await;

    for outcome in full {
        assert!(outcome.unwrap_err().to_string().contains("full"));
    }
    assert!(later.iter().all(Result::is_ok), "{later:?}");
    let rows: i64 =
        store.read(async |r| super::on!(r, c => sqlx::query_scalar("select count(*) from access_tokens").fetch_one(c))).await.unwrap();
    assert_eq!(rows, 3);
}
