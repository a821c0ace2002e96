//! Deletes what is over, children before parents, in small batches so that nobody waits long.
use std::time::Duration;

use super::{Result, Write, execute};
use crate::world::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
const MONTH: Duration = Duration::from_secs(30 * 24 * 3600);

/// What may go, and how long after its end. `$1` is the end, `$2` the batch.
const RULES: &[(&str, Duration)] = &[
    (
        "delete from flows where id in (
            select id from flows where expires_at < $1 or closed_at < $1 order by expires_at, id limit $2)",
        HOUR,
    ),
    ("delete from codes where digest in (select digest from codes where expires_at < $1 order by expires_at, digest limit $2)", DAY),
    // Whoever began to sign in may take as long as a flow lives; only then is the request answered.
    (
        "delete from pushed_requests where digest in (
            select digest from pushed_requests where expires_at < $1 order by expires_at, digest limit $2)",
        DAY,
    ),
    (
        "delete from access_tokens where id in (
            select id from access_tokens where expires_at < $1 order by expires_at, id limit $2)",
        HOUR,
    ),
    // A rotated token stays as long as its grant lives: its reuse must be seen (security.md C02).
    (
        "delete from refresh_tokens where digest in (
            select t.digest from refresh_tokens t
            join grants g on g.id = t.grant_id
            where g.expires_at < $1 or g.ended_at < $1
            order by t.digest limit $2)",
        DAY,
    ),
    (
        "delete from assertion_ids where (client_id, jti) in (
            select client_id, jti from assertion_ids where expires_at < $1 order by expires_at, client_id, jti limit $2)",
        HOUR,
    ),
    (
        "delete from proof_ids where digest in (select digest from proof_ids where expires_at < $1 order by expires_at, digest limit $2)",
        HOUR,
    ),
    (
        "delete from challenges where (client_id, challenge) in (
            select client_id, challenge from challenges where expires_at < $1 order by expires_at, client_id, challenge limit $2)",
        HOUR,
    ),
    (
        "delete from recovery_links where id in (
            select id from recovery_links where expires_at < $1 order by expires_at, id limit $2)",
        DAY,
    ),
    (
        "delete from recovery_requests where id in (
            select id from recovery_requests where created_at < $1 order by created_at, id limit $2)",
        DAY,
    ),
    (
        "delete from email_changes where id in (
            select id from email_changes where expires_at < $1 order by expires_at, id limit $2)",
        DAY,
    ),
    // Kept for a day because letters per person are counted from here (security.md G13).
    (
        "delete from email_challenges where id in (
            select id from email_challenges where expires_at < $1 order by expires_at, id limit $2)",
        DAY,
    ),
    (
        "delete from passkey_challenges where id in (
            select id from passkey_challenges where expires_at < $1 order by expires_at, id limit $2)",
        HOUR,
    ),
    (
        "delete from upstream_flows where state in (
            select state from upstream_flows where expires_at < $1 order by expires_at, state limit $2)",
        HOUR,
    ),
    (
        "delete from bootstrap_links where digest in (
            select digest from bootstrap_links where expires_at < $1 order by expires_at, digest limit $2)",
        DAY,
    ),
    (
        "delete from registration_tokens where id in (
            select id from registration_tokens where expires_at < $1 order by expires_at, id limit $2)",
        WEEK,
    ),
    (
        "delete from lockouts where name in (
            select name from lockouts
            where touched_at < $1 and (paused_until is null or paused_until < $1)
            order by touched_at, name limit $2)",
        Duration::from_secs(2 * 24 * 3600),
    ),
    (
        "delete from letters where id in (
            select id from letters where state = 'sent' and sent_at < $1 order by sent_at, id limit $2)",
        WEEK,
    ),
    (
        "delete from letters where id in (
            select id from letters where state = 'dead' and due_at < $1 order by due_at, id limit $2)",
        MONTH,
    ),
    ("delete from imports where id in (select id from imports where expires_at < $1 order by expires_at, id limit $2)", HOUR),
    (
        "delete from logout_deliveries where id in (
            select id from logout_deliveries where state <> 'queued' and done_at < $1 order by done_at, id limit $2)",
        MONTH,
    ),
    (
        "delete from device_codes where digest in (
            select digest from device_codes where expires_at < $1 order by expires_at, digest limit $2)",
        HOUR,
    ),
    (
        "delete from tenant_switches where grant_id in (
            select g.id from grants g join tenant_switches s on s.grant_id = g.id
            where g.expires_at < $1 or g.ended_at < $1
            order by g.id limit $2)",
        DAY,
    ),
    (
        "delete from derived_grants where grant_id in (
            select g.id from grants g join derived_grants d on d.grant_id = g.id
            where g.expires_at < $1 or g.ended_at < $1
            order by g.id limit $2)",
        DAY,
    ),
    (
        "delete from grants where id in (
            select g.id from grants g
            where (g.expires_at < $1 or g.ended_at < $1)
            and not exists (select 1 from device_codes v where v.grant_id = g.id)
            and not exists (select 1 from tenant_switches s where s.grant_id = g.id)
            and not exists (select 1 from derived_grants d where d.grant_id = g.id or d.source_id = g.id)
            and not exists (select 1 from codes c where c.grant_id = g.id)
            and not exists (select 1 from refresh_tokens r where r.grant_id = g.id)
            and not exists (select 1 from access_tokens a where a.grant_id = g.id)
            order by g.expires_at, g.id limit $2)",
        DAY,
    ),
    (
        "delete from session_tenants where session_id in (
            select s.id from sessions s
            where (s.expires_at < $1 or s.ended_at < $1)
            and not exists (select 1 from grants g where g.session_id = s.id)
            order by s.expires_at, s.id limit $2)",
        MONTH,
    ),
    (
        "delete from sessions where id in (
            select s.id from sessions s
            where (s.expires_at < $1 or s.ended_at < $1)
            and not exists (select 1 from grants g where g.session_id = s.id)
            and not exists (select 1 from session_tenants t where t.session_id = s.id)
            order by s.expires_at, s.id limit $2)",
        MONTH,
    ),
];

impl Write {
    /// Deletes at most `limit` rows of each kind that is over; gives how many went. Call again while it gives much.
    pub async fn expire(&mut self, now: Timestamp, limit: i64) -> Result<u64> {
        let mut gone = 0;
        for (sql, after) in RULES {
            let end = now.minus(*after).micros();
            gone += execute!(self, sqlx::query(*sql).bind(end).bind(limit))?;
        }
        Ok(gone)
    }
}
