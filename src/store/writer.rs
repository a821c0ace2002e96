//! The one door of writes on SQLite: one task owns the one writing connection and lends it to one caller at a time.
//! Whoever waits while a transaction is open joins it; the last in line, or a full batch, commits for all, and each
//! is answered only after that commit (group commit, house.md 11).
//!
//! Rows of the lane (see [`super::lane`]) need no turn: they join the commit that is due, or are one of their own.
//!
//! Every statement that opens, closes or undoes something runs in this task and never in a caller. So a caller may be
//! cancelled or panic at any point: its turn comes back by `Drop`, and its work alone is undone.
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{mpsc, oneshot};

use super::lane::Batch;
use super::{Result, StoreError};

/// Turns that may share one commit at most.
const BATCH: usize = 64;
/// How long a caller waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where callers ask for a turn. Once all doors are dropped, the task commits, closes the connection and ends.
#[derive(Clone)]
pub(super) struct Door {
    requests: mpsc::UnboundedSender<Request>,
    options: Arc<SqliteConnectOptions>,
}

enum Request {
    Enter(oneshot::Sender<Result<Turn>>),
    Close(oneshot::Sender<()>),
}

/// One caller's turn at the writing connection.
pub(super) struct Turn(Option<Held>);

struct Held {
    connection: SqliteConnection,
    back: oneshot::Sender<Returned>,
}

struct Returned {
    connection: SqliteConnection,
    verdict: Verdict,
}

enum Verdict {
    /// Keep the work; tell this caller when it is durable.
    Keep(oneshot::Sender<Result<()>>),
    Undo,
}

impl Door {
    pub(super) async fn open(options: &SqliteConnectOptions, rows: Batch) -> Result<Self> {
        let mut connection = options.connect().await?;
        let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(&mut connection).await?;
        refuse_old(&version)?;
        let (requests, waiting) = mpsc::unbounded_channel();
        let (options, members) = (options.clone(), Vec::new());
        let held = Arc::new(options.clone());
        tokio::spawn(Writer { waiting, rows, options, connection: Some(connection), point: Point::Closed, members }.run());
        Ok(Self { requests, options: held })
    }

    /// Waits for a turn, but not for ever: a closure that writes inside another's `write` would wait for itself.
    pub(super) async fn enter(&self) -> Result<Turn> {
        let (sender, receiver) = oneshot::channel();
        self.requests.send(Request::Enter(sender)).map_err(|_| StoreError::closed())?;
        match tokio::time::timeout(PATIENCE, receiver).await {
            Ok(answer) => answer.unwrap_or_else(|_| Err(StoreError::closed())),
            Err(_) => Err(sqlx::Error::PoolTimedOut.into()),
        }
    }

    /// A connection beside the door, for migrations before anybody serves.
    pub(super) async fn separate_connection(&self) -> Result<SqliteConnection> {
        Ok(self.options.connect().await?)
    }

    /// Serves those who wait already, then closes the connection after a last checkpoint of the log.
    pub(super) async fn close(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.requests.send(Request::Close(sender)).is_ok() {
            let _ = receiver.await;
        }
    }
}

impl Turn {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.0.as_mut().expect("a turn holds the connection until it is given back").connection
    }

    /// Keeps the work and waits until it is durable.
    pub(super) async fn commit(mut self) -> Result<()> {
        let (sender, receiver) = oneshot::channel();
        self.give_back(Verdict::Keep(sender));
        receiver.await.unwrap_or_else(|_| Err(StoreError::closed()))
    }

    /// Undoes this turn's work alone; the others of the batch are not touched.
    pub(super) fn roll_back(mut self) {
        self.give_back(Verdict::Undo);
    }

    fn give_back(&mut self, verdict: Verdict) {
        if let Some(Held { connection, back }) = self.0.take() {
            // Nobody takes it only when the runtime ends; then SQLite rolls back as the connection closes.
            let _ = back.send(Returned { connection, verdict });
        }
    }
}

/// A caller that went away in the middle.
impl Drop for Turn {
    fn drop(&mut self) {
        self.give_back(Verdict::Undo);
    }
}

/// What the connection's transaction looks like between two turns. The first turn of a transaction needs no savepoint:
/// to undo it is to roll back, since nobody else is in it. That spares two statements whenever nobody waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Point {
    /// No transaction.
    Closed,
    /// A transaction with the first turn's work and no savepoint.
    Open,
    /// A savepoint with kept work behind it.
    Used,
    /// A savepoint with nothing behind it.
    Clean,
}

/// The task behind the door.
struct Writer {
    waiting: mpsc::UnboundedReceiver<Request>,
    rows: Batch,
    options: SqliteConnectOptions,
    /// None after a failure until the next turn.
    connection: Option<SqliteConnection>,
    point: Point,
    /// Those whose work is kept and who wait for the commit.
    members: Vec<oneshot::Sender<Result<()>>>,
}

impl Writer {
    async fn run(mut self) {
        while let Some(request) = self.next().await {
            match request {
                Request::Enter(caller) => self.serve(caller).await,
                Request::Close(caller) => {
                    self.shut().await;
                    let _ = caller.send(());
                    return;
                }
            }
        }
        self.shut().await;
    }

    /// The next in line; commits the batch first when nobody is, or when it is full.
    async fn next(&mut self) -> Option<Request> {
        if self.members.len() < BATCH
            && let Ok(request) = self.waiting.try_recv()
        {
            return Some(request);
        }
        self.commit().await;
        loop {
            tokio::select! {
                request = self.waiting.recv() => return request,
                more = self.rows.wait() => {
                    if !more {
                        return self.waiting.recv().await;
                    }
                    self.commit_rows().await;
                }
            }
        }
    }

    /// Makes a batch of the lane durable: one statement, which is a transaction by itself.
    async fn commit_rows(&mut self) {
        let outcome = self.insert_rows().await;
        self.rows.answer(&outcome);
        if let Err(error) = outcome {
            self.fail(&error).await;
        }
    }

    async fn serve(&mut self, caller: oneshot::Sender<Result<Turn>>) {
        if caller.is_closed() {
            return;
        }
        if let Err(error) = self.prepare().await {
            self.fail(&error).await;
            let _ = caller.send(Err(error));
            return;
        }
        let connection = self.connection.take().expect("a prepared writer has its connection");
        let (back, returned) = oneshot::channel();
        // If the caller is gone by now, the turn is dropped here and comes straight back.
        let _ = caller.send(Ok(Turn(Some(Held { connection, back }))));
        let Ok(Returned { connection, verdict }) = returned.await else {
            return self.fail(&StoreError::Schema("a writer's turn was lost".into())).await;
        };
        self.connection = Some(connection);
        match verdict {
            Verdict::Keep(member) => {
                self.members.push(member);
                self.point = if self.point == Point::Closed { Point::Open } else { Point::Used };
            }
            Verdict::Undo => self.undo().await,
        }
    }

    async fn insert_rows(&mut self) -> Result<()> {
        self.connect().await?;
        let connection = self.connection.as_mut().expect("the writer is connected");
        self.rows.insert_into_sqlite(connection).await
    }

    async fn connect(&mut self) -> Result<()> {
        if self.connection.is_none() {
            self.connection = Some(self.options.connect().await?);
        }
        Ok(())
    }

    /// Makes the connection ready for a turn that can be undone alone.
    async fn prepare(&mut self) -> Result<()> {
        self.connect().await?;
        match self.point {
            Point::Closed => self.execute("begin immediate").await,
            Point::Open => self.savepoint("savepoint turn").await,
            Point::Used => self.savepoint("release turn; savepoint turn").await,
            Point::Clean => Ok(()),
        }
    }

    async fn savepoint(&mut self, sql: &'static str) -> Result<()> {
        self.execute(sql).await?;
        self.point = Point::Clean;
        Ok(())
    }

    async fn undo(&mut self) {
        // SQLite ends the whole transaction itself on some errors (disk full, I/O): then this fails, and so does the batch.
        let undone = match self.point {
            Point::Closed => self.execute("rollback").await,
            _ => self.execute("rollback to turn").await,
        };
        if let Err(error) = undone {
            self.fail(&error).await;
        }
    }

    /// Makes the batch durable, with the rows of the lane that wait by now, and tells everybody.
    async fn commit(&mut self) {
        if self.point == Point::Closed {
            return;
        }
        self.rows.take();
        let inserted = self.insert_rows().await;
        if inserted.is_err() {
            // The statement undid itself; the turns are not touched by it.
            self.rows.answer(&inserted);
        }
        let committed = self.execute("commit").await;
        self.rows.answer(&committed);
        if let Err(error) = committed {
            return self.fail(&error).await;
        }
        self.point = Point::Closed;
        for member in self.members.drain(..) {
            let _ = member.send(Ok(()));
        }
    }

    /// The batch is lost as a whole: nobody in it was acknowledged. The connection is replaced, which rolls back.
    async fn fail(&mut self, error: &StoreError) {
        tracing::warn!(%error, members = self.members.len(), "the writing connection failed and is replaced");
        self.point = Point::Closed;
        if let Some(connection) = self.connection.take() {
            let _ = connection.close_hard().await;
        }
        for member in self.members.drain(..) {
            let _ = member.send(Err(error.clone()));
        }
    }

    async fn execute(&mut self, sql: &'static str) -> Result<()> {
        let connection = self.connection.as_mut().expect("the writer has its connection between two turns");
        sqlx::query(sql).execute(connection).await?;
        Ok(())
    }

    async fn shut(&mut self) {
        self.commit().await;
        self.waiting.close();
        if let Some(mut connection) = self.connection.take() {
            // Without a write of its own before, this connection holds a read mark since it was opened, and the checkpoint
            // waits for that mark through the whole busy timeout (seen with SQLite 3.51.3 after a migration).
            let _ = sqlx::query("begin immediate").execute(&mut connection).await;
            let _ = sqlx::query("commit").execute(&mut connection).await;
            let _ = sqlx::query("pragma wal_checkpoint(truncate)").execute(&mut connection).await;
            let _ = connection.close().await;
        }
        // Those who still waited learn of it as their requests are dropped.
    }
}

/// SQLite before 3.51.3 may corrupt a database when its log is reset (security.md finding 2).
fn refuse_old(version: &str) -> Result<()> {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    if found < (3, 51, 3) {
        return Err(StoreError::Schema(format!("SQLite {version} is too old: 3.51.3 or newer is needed")));
    }
    Ok(())
}
