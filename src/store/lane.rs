//! The lane of rows that come alone: an access token beside which its request writes nothing else. Whoever waits while
//! others are written goes together with them, as one statement and one commit; each is answered only after that.
//!
//! On SQLite the task behind the door takes the rows (see [`super::writer`]); on PostgreSQL one task of this file does.
//! A statement has as many places as the next power of two; places that nobody needs hold nulls and insert nothing. So
//! few shapes of it exist, and each is prepared once.
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::postgres::{Server, within};
use super::rows::{micros, to_json};
use super::{Result, StoreError};
use crate::model::{AccessTokenRow, GrantId};

/// Rows of one statement at most: a power of two.
const MOST: usize = 64;
const COLUMNS: usize = 8;

/// One text for each number of places: 1, 2, 4 and so on.
type Shapes = LazyLock<Vec<Arc<str>>>;
/// SQLite looks a parameter with a name up by going through all of them at each binding; these have none.
static SQLITE: Shapes = LazyLock::new(|| shapes(|_| "?".to_owned()));
static POSTGRES: Shapes = LazyLock::new(|| shapes(|number| format!("${number}")));

fn shapes(parameter: impl Fn(usize) -> String) -> Vec<Arc<str>> {
    let sizes = std::iter::successors(Some(1), |size| Some(size * 2)).take_while(|size| *size <= MOST);
    sizes.map(|size| insert(size, &parameter).into()).collect()
}

fn insert(places: usize, parameter: &impl Fn(usize) -> String) -> String {
    let place = |at: usize| (1..=COLUMNS).map(|column| parameter(at * COLUMNS + column)).collect::<Vec<_>>().join(", ");
    let values: Vec<String> = (0..places).map(|at| format!("({})", place(at))).collect();
    format!(
        "insert into access_tokens (id, grant_id, client_id, scope, digest, claims, expires_at, revoked_at)
            select column1, column2, column3, column4, column5, column6, column7, column8
            from (values {}) as fresh
            where column1 is not null",
        values.join(", ")
    )
}

/// Where rows are handed in.
#[derive(Clone)]
pub(super) struct Lane(mpsc::UnboundedSender<Waiting>);

/// Somebody who waits for a commit; without a row only for the commits of those before.
struct Waiting {
    row: Option<AccessTokenRow>,
    answer: oneshot::Sender<Result<()>>,
}

impl Lane {
    pub(super) fn open() -> (Self, Batch) {
        let (rows, queue) = mpsc::unbounded_channel();
        (Self(rows), Batch { queue, waiting: Vec::with_capacity(MOST) })
    }

    /// Writes a row with those that others hand in at the same time; returns once it is durable.
    pub(super) async fn write(&self, row: AccessTokenRow) -> Result<()> {
        self.enqueue(Some(row)).await
    }

    /// Waits until everybody is answered who waits now.
    pub(super) async fn drain(&self) {
        let _ = self.enqueue(None).await;
    }

    async fn enqueue(&self, row: Option<AccessTokenRow>) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Waiting { row, answer }).map_err(|_| StoreError::closed())?;
        answered.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }
}

/// The rows that go together, and the queue behind them.
pub(super) struct Batch {
    queue: mpsc::UnboundedReceiver<Waiting>,
    waiting: Vec<Waiting>,
}

/// Builds the statement for whichever engine it is executed on.
macro_rules! bound {
    ($engine:ty, $batch:expr, $shapes:expr) => {{
        let places = $batch.waiting.len().next_power_of_two();
        let mut query = sqlx::query::<$engine>(AssertSqlSafe(Arc::clone(&$shapes[places.trailing_zeros() as usize])));
        for at in 0..places {
            let row = $batch.waiting.get(at).and_then(|waiting| waiting.row.as_ref());
            let opaque = row.and_then(|row| row.opaque.as_ref());
            query = query
                .bind(row.map(|row| row.id.as_str()))
                .bind(row.and_then(|row| row.grant.as_ref()).map(GrantId::as_str))
                .bind(row.map(|row| row.client.as_str()))
                .bind(row.map(|row| row.scope.as_str()))
                .bind(opaque.map(|opaque| opaque.digest.as_str()))
                .bind(opaque.map(|opaque| to_json(&opaque.claims)))
                .bind(row.map(|row| row.expires_at.micros()))
                .bind(row.and_then(|row| micros(row.revoked_at)));
        }
        query
    }};
}

impl Batch {
    /// Waits for rows. False once nobody can hand any in.
    pub(super) async fn wait(&mut self) -> bool {
        self.queue.recv_many(&mut self.waiting, MOST).await > 0
    }

    /// Takes those who wait now, and waits for nobody.
    pub(super) fn take(&mut self) {
        while self.waiting.len() < MOST
            && let Ok(waiting) = self.queue.try_recv()
        {
            self.waiting.push(waiting);
        }
    }

    /// Inserts all rows in one statement.
    pub(super) async fn insert_into_sqlite(&self, connection: &mut SqliteConnection) -> Result<()> {
        if self.has_rows() {
            bound!(Sqlite, self, SQLITE).execute(connection).await?;
        }
        Ok(())
    }

    async fn insert_into_postgres(&self, connection: &mut PgConnection) -> Result<()> {
        bound!(Postgres, self, POSTGRES).execute(connection).await?;
        Ok(())
    }

    fn has_rows(&self) -> bool {
        self.waiting.iter().any(|waiting| waiting.row.is_some())
    }

    /// Tells everybody in the batch what became of it. Who went away meanwhile is not missed.
    pub(super) fn answer(&mut self, outcome: &Result<()>) {
        for waiting in self.waiting.drain(..) {
            let _ = waiting.answer.send(outcome.clone());
        }
    }
}

/// The lane of a PostgreSQL server: one task, which ends with the last store.
pub(super) fn on_postgres(server: Server, limit: Duration) -> Lane {
    let (lane, mut batch) = Lane::open();
    tokio::spawn(async move {
        while batch.wait().await {
            let outcome = within(limit, commit(&server, &batch)).await;
            if let Err(error) = &outcome {
                tracing::warn!(%error, "a batch of access tokens was not written");
            }
            batch.answer(&outcome);
        }
    });
    lane
}

async fn commit(server: &Server, batch: &Batch) -> Result<()> {
    if !batch.has_rows() {
        return Ok(());
    }
    let mut transaction = server.begin_write().await?;
    // A failure drops the transaction, which rolls back.
    batch.insert_into_postgres(&mut transaction).await?;
    Ok(transaction.commit().await?)
}
