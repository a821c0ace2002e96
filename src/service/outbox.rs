//! The outbox as the operator sees it: states and classes of failure, never a text (security.md H17).
use serde_json::json;

use super::change::Change;
use super::{Failure, letters};
use crate::app::App;
use crate::model::{LetterId, Person};
use crate::pages::letters::TestLetter;
use crate::store::StoreError;

/// Lets a letter that waits be tried now. False when it does not wait, or no longer.
///
/// # Errors
/// Those of the store.
pub async fn retry(change: &Change<'_>, id: &LetterId) -> Result<bool, StoreError> {
    change
        .store
        .write(async |w| {
            let due = w.letter_due_now(id, change.now).await?;
            if due {
                change.record(w, "letter.retry", id.as_str(), (None, None), json!({})).await?;
            }
            Ok(due)
        })
        .await
}

/// Queues a letter that says that letters arrive, to whoever asks for it and to nobody else.
///
/// # Errors
/// Rendering, sealing, the store.
pub async fn send_test(app: &App, change: &Change<'_>, person: &Person) -> Result<(), Failure> {
    let page = TestLetter { product: app.config.product.name.clone(), name: person.name() };
    let letter = letters::prepare(app, person, &page, change.now)?;
    Ok(change
        .store
        .write(async |w| {
            letters::queue(w, &letter, change.now).await?;
            change.record(w, "letter.test", person.id.as_str(), (None, None), json!({})).await
        })
        .await?)
}
