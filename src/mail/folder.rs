//! Letters as files, for the demo and for development.
use std::path::Path;

use serde_json::json;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;

use super::{MailFault, Sender, Trouble};
use crate::model::{Letter, LetterId};
use crate::world::Timestamp;

/// Writes `ID.eml` and then `ID.json`, each whole or not at all, readable by the owner only. Who sees the `.json` file
/// finds the `.eml` file too. The same letter again replaces its files.
pub(super) async fn write(
    folder: &Path,
    id: &LetterId,
    letter: &Letter,
    from: &Sender,
    now: Timestamp,
    eml: &[u8],
) -> Result<(), MailFault> {
    let described = json!({
        "id": id, "from": from.text(), "to": letter.to, "to_name": letter.to_name, "subject": letter.subject,
        "text": letter.text, "html": letter.html, "sent_at": now.seconds(),
    });
    let outcome = async {
        tokio::fs::create_dir_all(folder).await?;
        replace(folder, &format!("{id}.eml"), eml).await?;
        replace(folder, &format!("{id}.json"), described.to_string().as_bytes()).await
    };
    outcome.await.map_err(|fault: std::io::Error| {
        tracing::warn!(folder = %folder.display(), cause = %fault, "the mail folder cannot be written");
        MailFault::Temporary(Trouble::Disk)
    })
}

async fn replace(folder: &Path, name: &str, content: &[u8]) -> std::io::Result<()> {
    let unfinished = folder.join(format!(".{name}.part"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(&unfinished).await?;
    file.write_all(content).await?;
    file.flush().await?;
    drop(file);
    tokio::fs::rename(&unfinished, folder.join(name)).await
}
