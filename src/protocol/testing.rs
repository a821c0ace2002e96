//! Things that the table tests of this room share.
use crate::model::{Client, ClientId, ClientMetadata, ClientState};
use crate::world::Timestamp;

pub const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// A confidential web application, `https://rp1.test/cb`.
pub fn client() -> Client {
    Client {
        id: ClientId::from_text("cli_1"),
        state: ClientState::Active,
        metadata: ClientMetadata {
            redirect_uris: vec!["https://rp1.test/cb".into()],
            scopes: ["openid", "profile", "email", "offline_access", "tenant", "groups", "permissions", "locations", "api"]
                .map(String::from)
                .to_vec(),
            ..ClientMetadata::default()
        },
        secrets: Vec::new(),
        tenants: Vec::new(),
        created_at: NOW,
    }
}
