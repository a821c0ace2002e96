//! A client's assertion is good for one use, on every node and after a restart (RFC 7523 3, number 7). It is used up in
//! the one transaction of its request: with what is issued, or alone where nothing else is written.
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::App;
use crate::model::ClientId;
use crate::protocol::client_auth::{AssertionId, refused};
use crate::protocol::error::{OAuthError, Reason};
use crate::service::client_auth::Denied;
use crate::store::{StoreError, Write};

/// The assertion of a request, until it is used up; nothing for clients that prove themselves in another way.
#[derive(Debug, Default)]
pub struct Once {
    assertion: Option<(ClientId, AssertionId)>,
    used: AtomicBool,
}

impl Once {
    pub fn of(client: &ClientId, assertion: Option<AssertionId>) -> Self {
        Self { assertion: assertion.map(|id| (client.clone(), id)), used: AtomicBool::new(false) }
    }

    /// What is still to be used up.
    fn due(&self) -> Option<&(ClientId, AssertionId)> {
        self.assertion.as_ref().filter(|_| !self.used.load(Ordering::Relaxed))
    }

    pub fn is_due(&self) -> bool {
        self.due().is_some()
    }

    /// The one write of a request, with the use of its assertion in the same transaction. An assertion that was used
    /// before undoes all of it; and where `work` undoes, the assertion is as good as before.
    ///
    /// # Errors
    /// The inner one is `work`'s, or `invalid_client` ([`Reason::AssertionReplayed`]).
    pub async fn write<T, E: From<OAuthError>>(
        &self,
        app: &App,
        work: impl AsyncFnOnce(&mut Write) -> Result<Result<T, E>, StoreError>,
    ) -> Result<Result<T, E>, StoreError> {
        let due = self.due();
        let written = app.store.write_or_undo(async |w| {
            if let Some((client, id)) = due
                && !w.use_assertion(client, &id.jti, id.expires_at).await?
            {
                return Ok(Err(E::from(refused(Reason::AssertionReplayed))));
            }
            work(w).await
        });
        let written = written.await?;
        if written.is_ok() {
            self.used.store(true, Ordering::Relaxed);
        }
        Ok(written)
    }

    /// Uses an assertion up whose request wrote nothing, a refused one among them. A failure leaves it as it is.
    ///
    /// # Errors
    /// Those of `outcome`, or `invalid_client`.
    pub async fn settle<T>(&self, app: &App, outcome: Result<T, Denied>) -> Result<T, Denied> {
        let replayed = matches!(&outcome, Err(Denied::Refused(error)) if error.reason == Reason::AssertionReplayed);
        if self.is_due() && !replayed && !matches!(outcome, Err(Denied::Failed(_))) {
            self.write(app, async |_| Ok(Ok::<(), OAuthError>(()))).await??;
        }
        outcome
    }
}
