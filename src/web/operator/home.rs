//! `/operator`: how the instance stands.
use std::time::Duration;

use axum::response::Response;

use crate::pages::console::{OperatorAttention, OperatorAttentionKind, OperatorHome};
use crate::web::error::WebError;
use crate::web::extract::{Operator, Query};

/// A letter that waits longer than this wants to be looked at.
const LATE: Duration = Duration::from_secs(15 * 60);

pub async fn show(operator: Operator, query: Query) -> Result<Response, WebError> {
    let now = operator.now;
    let figures = operator.app.store.read(async |r| r.instance_figures(now.minus(LATE), now).await).await?;
    let attention = [
        (OperatorAttentionKind::FailedLetters, figures.failed_letters, Some("mail?state=dead")),
        (OperatorAttentionKind::LateLetters, figures.late_letters, Some("mail?state=queued")),
        (OperatorAttentionKind::WeakOperators, figures.weak_operators, None),
    ];
    let content = OperatorHome {
        attention: attention
            .into_iter()
            .filter(|(_, n, _)| *n > 0)
            .map(|(kind, n, page)| OperatorAttention { kind, n, href: page.map(|page| operator.path(page)) })
            .collect(),
        tenants: figures.tenants,
        disabled_tenants: figures.disabled_tenants,
        people: figures.people,
        clients: figures.clients,
        sessions: figures.sessions,
    };
    operator.page("overview").done(&query).show(&content)
}
