//! Invitations into tenants, and the one-time link of the first operator.
use super::rows::{At, all, micros, time};
use super::{Read, Result, StoreError, Write, execute, on};
use crate::model::{Invitation, InvitationId, InvitationMethod, LetterId, LetterState, MembershipId, PersonId, TenantId};
use crate::world::{Digest, Timestamp};

macro_rules! invitation_where {
    ($condition:literal) => {
        concat!(
            "select id, tenant_id, person_id, membership_id, method, created_by, letter_id, created_at, expires_at, opened_at,
                accepted_at, declined_at, revoked_at
            from invitations where ",
            $condition
        )
    };
}

#[derive(sqlx::FromRow)]
struct InvitationRow {
    id: String,
    tenant_id: String,
    person_id: String,
    membership_id: String,
    method: String,
    created_by: Option<String>,
    letter_id: Option<String>,
    created_at: i64,
    expires_at: i64,
    opened_at: Option<i64>,
    accepted_at: Option<i64>,
    declined_at: Option<i64>,
    revoked_at: Option<i64>,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = StoreError;
    fn try_from(row: InvitationRow) -> Result<Self> {
        let at = At { table: "invitations", row: &row.id };
        Ok(Self {
            method: at.parsed("method", InvitationMethod::parse(&row.method))?,
            tenant: TenantId::from_text(row.tenant_id),
            person: PersonId::from_text(row.person_id),
            membership: MembershipId::from_text(row.membership_id),
            created_by: row.created_by.map(PersonId::from_text),
            letter: row.letter_id.map(LetterId::from_text),
            created_at: Timestamp::from_micros(row.created_at),
            expires_at: Timestamp::from_micros(row.expires_at),
            opened_at: time(row.opened_at),
            accepted_at: time(row.accepted_at),
            declined_at: time(row.declined_at),
            revoked_at: time(row.revoked_at),
            id: InvitationId::from_text(row.id),
        })
    }
}

impl Read {
    /// An invitation in whatever state.
    pub async fn invitation(&mut self, id: &InvitationId) -> Result<Option<Invitation>> {
        const SQL: &str = invitation_where!("id = $1");
        let row: Option<InvitationRow> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(Invitation::try_from).transpose()
    }

    /// The invitation of a link, in whatever state.
    pub async fn invitation_by_digest(&mut self, digest: &Digest) -> Result<Option<Invitation>> {
        const SQL: &str = invitation_where!("digest = $1");
        let row: Option<InvitationRow> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        row.map(Invitation::try_from).transpose()
    }

    /// A person's invitations that can still be accepted, the oldest first.
    pub async fn open_invitations(&mut self, person: &PersonId, now: Timestamp) -> Result<Vec<Invitation>> {
        const SQL: &str = invitation_where!(
            "person_id = $1 and accepted_at is null and declined_at is null and revoked_at is null and expires_at > $2
            order by created_at, id"
        );
        let rows: Vec<InvitationRow> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(now.micros()).fetch_all(c))?;
        all(rows)
    }

    /// The newest invitation of a membership, in whatever state, and the state of its letter while the outbox keeps it.
    pub async fn newest_invitation(&mut self, membership: &MembershipId) -> Result<Option<(Invitation, Option<LetterState>)>> {
        const SQL: &str = invitation_where!("membership_id = $1 order by created_at desc, id desc limit 1");
        const LETTER: &str = "select state from letters where id = $1";
        let row: Option<InvitationRow> = on!(self, c => sqlx::query_as(SQL).bind(membership.as_str()).fetch_optional(c))?;
        let Some(invitation) = row.map(Invitation::try_from).transpose()? else { return Ok(None) };
        let letter: Option<String> = match &invitation.letter {
            Some(letter) => on!(self, c => sqlx::query_scalar(LETTER).bind(letter.as_str()).fetch_optional(c))?,
            None => None,
        };
        Ok(Some((invitation, letter.and_then(|state| LetterState::parse(&state)))))
    }

    /// Is any link for the first operator still good?
    pub async fn any_bootstrap_link_is_open(&mut self, now: Timestamp) -> Result<bool> {
        const SQL: &str = "select digest from bootstrap_links where used_at is null and expires_at > $1 order by digest limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(now.micros()).fetch_optional(c))?;
        Ok(found.is_some())
    }

    pub async fn bootstrap_link_is_open(&mut self, digest: &Digest, now: Timestamp) -> Result<bool> {
        const SQL: &str = "select digest from bootstrap_links where digest = $1 and used_at is null and expires_at > $2";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(found.is_some())
    }
}

impl Write {
    pub async fn insert_invitation(&mut self, invitation: &Invitation, digest: &Digest, now: Timestamp) -> Result<()> {
        const SQL: &str = "insert into invitations
                (id, tenant_id, person_id, membership_id, method, digest, created_at, expires_at, accepted_at, revoked_at,
                 created_by, letter_id)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        execute!(
            self,
            sqlx::query(SQL)
                .bind(invitation.id.as_str())
                .bind(invitation.tenant.as_str())
                .bind(invitation.person.as_str())
                .bind(invitation.membership.as_str())
                .bind(invitation.method.as_str())
                .bind(digest.as_str())
                .bind(now.micros())
                .bind(invitation.expires_at.micros())
                .bind(micros(invitation.accepted_at))
                .bind(micros(invitation.revoked_at))
                .bind(invitation.created_by.as_ref().map(PersonId::as_str))
                .bind(invitation.letter.as_ref().map(LetterId::as_str))
        )?;
        Ok(())
    }

    /// Uses an invitation up. False when it was accepted, revoked or has expired.
    pub async fn accept_invitation(&mut self, id: &InvitationId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update invitations set accepted_at = $2
            where id = $1 and accepted_at is null and declined_at is null and revoked_at is null and expires_at > $2
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// The person said no (people.md K40). False when it was accepted, declined, revoked or has expired.
    pub async fn decline_invitation(&mut self, id: &InvitationId, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update invitations set declined_at = $2
            where id = $1 and accepted_at is null and declined_at is null and revoked_at is null and expires_at > $2
            returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Somebody looked at the link; the first time counts.
    pub async fn open_invitation(&mut self, id: &InvitationId, now: Timestamp) -> Result<()> {
        const SQL: &str = "update invitations set opened_at = $2 where id = $1 and opened_at is null";
        execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Makes a membership's open invitations worthless; gives their number.
    pub async fn revoke_invitations(&mut self, membership: &MembershipId, now: Timestamp) -> Result<u64> {
        const SQL: &str = "update invitations set revoked_at = $2
            where membership_id = $1 and accepted_at is null and declined_at is null and revoked_at is null";
        execute!(self, sqlx::query(SQL).bind(membership.as_str()).bind(now.micros()))
    }

    /// Keeps a new link for the first operator; earlier unused ones are worthless.
    pub async fn insert_bootstrap_link(&mut self, digest: &Digest, created: Timestamp, expires: Timestamp) -> Result<()> {
        const INSERT: &str = "insert into bootstrap_links (digest, created_at, expires_at) values ($1, $2, $3)";
        execute!(self, sqlx::query("delete from bootstrap_links where used_at is null"))?;
        execute!(self, sqlx::query(INSERT).bind(digest.as_str()).bind(created.micros()).bind(expires.micros()))?;
        Ok(())
    }

    /// Uses the link up. False when unknown, used or expired.
    pub async fn use_bootstrap_link(&mut self, digest: &Digest, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update bootstrap_links set used_at = $2
            where digest = $1 and used_at is null and expires_at > $2
            returning digest";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(digest.as_str()).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }
}
