//! The pages of those who run the instance.
use serde::Serialize;

use super::super::Page;

/// `GET /operator`: how the instance stands.
#[derive(Clone, Debug, Serialize)]
pub struct OperatorHome {
    pub attention: Vec<OperatorAttention>,
    pub tenants: i64,
    pub disabled_tenants: i64,
    pub people: i64,
    pub clients: i64,
    pub sessions: i64,
}

#[derive(Clone, Debug, Serialize)]
pub struct OperatorAttention {
    pub kind: OperatorAttentionKind,
    pub n: i64,
    pub href: Option<String>,
}

/// Text: `operator.attention.<kind>` with its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OperatorAttentionKind {
    FailedLetters,
    LateLetters,
    /// Operators who sign in without an app or passkey.
    WeakOperators,
}

impl OperatorAttentionKind {
    pub const ALL: [Self; 3] = [Self::FailedLetters, Self::LateLetters, Self::WeakOperators];
}

impl Page for OperatorHome {
    const TEMPLATE: &'static str = "operator/home.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let attention =
            |n: i64| OperatorAttentionKind::ALL.into_iter().map(|kind| OperatorAttention { kind, n, href: None }).collect::<Vec<_>>();
        let busy = Self { attention: attention(3), tenants: 412, disabled_tenants: 6, people: 48_210, clients: 37, sessions: 2_318 };
        let one = Self { attention: attention(1), tenants: 1, disabled_tenants: 1, people: 1, clients: 1, sessions: 1 };
        let calm = Self { attention: Vec::new(), disabled_tenants: 0, ..busy.clone() };
        vec![("busy", busy), ("one", one), ("calm", calm)]
    }
}
