//! Signing keys and their states.
use serde::Serialize;

use super::super::super::Page;
use super::super::Moment;
use super::words;

words! {
    /// Texts: `keys.state.<state>`.
    KeyLook { Next, Active, Retired }
}

/// `GET /operator/keys`.
#[derive(Clone, Debug, Serialize)]
pub struct Keys {
    pub rows: Vec<KeyRow>,
    /// Days after which a key is replaced by itself.
    pub every_days: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct KeyRow {
    pub kid: String,
    pub alg: String,
    pub state: KeyLook,
    pub created: Moment,
    /// From when it signs or signed.
    pub from: Moment,
    /// When it leaves the published set.
    pub until: Option<Moment>,
}

impl Page for Keys {
    const TEMPLATE: &'static str = "operator/keys.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let row = |state: &KeyLook| KeyRow {
            kid: "rEtQ3vYz0aB1cD2e".to_owned(),
            alg: "ES256".to_owned(),
            state: *state,
            created: Moment::sample(),
            from: Moment::sample(),
            until: (*state == KeyLook::Retired).then(Moment::sample),
        };
        let rows = KeyLook::ALL.iter().map(row).collect::<Vec<_>>();
        vec![("all", Self { rows: rows.clone(), every_days: 90 }), ("daily", Self { rows, every_days: 1 })]
    }
}
