//! What a token request reads in one statement: a token with its grant, a person with the membership that the grant is for.
use super::grants::{GrantRow, grant_columns};
use super::persons::{PersonRow, person_columns};
use super::tenants::{MembershipRow, membership_columns};
use super::tokens::{StoredAccess, StoredCode, StoredRefresh, access_columns, code_columns, refresh_columns};
use super::{Read, Result, on};
use crate::model::{AccessTokenRow, CodeRow, Grant, Membership, PasswordRecord, Person, PersonId, RefreshRow, TenantId, TokenId};
use crate::world::Digest;

#[derive(sqlx::FromRow)]
struct Family<T> {
    #[sqlx(flatten)]
    token: T,
    #[sqlx(flatten)]
    grant: GrantRow,
}

#[derive(sqlx::FromRow)]
struct Seated {
    #[sqlx(flatten)]
    person: PersonRow,
    #[sqlx(flatten)]
    membership: MembershipRow,
    home_tenant: Option<String>,
}

/// A person in one tenant.
pub struct Seat {
    pub person: Person,
    pub membership: Membership,
    /// The person's home, here or elsewhere.
    pub home: Option<TenantId>,
}

impl Read {
    /// A code and its grant; also used, expired or ended ones.
    pub async fn code_family(&mut self, digest: &Digest) -> Result<Option<(CodeRow, Grant)>> {
        const SQL: &str = concat!(
            "select ",
            code_columns!(),
            ", ",
            grant_columns!(),
            " from codes t join grants g on g.id = t.grant_id where t.digest = $1"
        );
        let row: Option<Family<StoredCode>> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        row.map(|row| Ok((row.token.into(), row.grant.try_into()?))).transpose()
    }

    /// A refresh token and its grant; also rotated, expired or ended ones.
    pub async fn refresh_family(&mut self, digest: &Digest) -> Result<Option<(RefreshRow, Grant)>> {
        const SQL: &str = concat!(
            "select ",
            refresh_columns!(),
            ", ",
            grant_columns!(),
            " from refresh_tokens t join grants g on g.id = t.grant_id where t.digest = $1"
        );
        let row: Option<Family<StoredRefresh>> = on!(self, c => sqlx::query_as(SQL).bind(digest.as_str()).fetch_optional(c))?;
        row.map(|row| Ok((row.token.into(), row.grant.try_into()?))).transpose()
    }

    /// An access token of a person and its grant; also revoked, expired or ended ones. None for a client's own token.
    pub async fn access_family(&mut self, id: &TokenId) -> Result<Option<(AccessTokenRow, Grant)>> {
        const SQL: &str = concat!(
            "select ",
            access_columns!(),
            ", ",
            grant_columns!(),
            " from access_tokens t join grants g on g.id = t.grant_id where t.id = $1"
        );
        let row: Option<Family<StoredAccess>> = on!(self, c => sqlx::query_as(SQL).bind(id.as_str()).fetch_optional(c))?;
        row.map(|row| Ok((row.token.try_into()?, row.grant.try_into()?))).transpose()
    }

    /// A person in a tenant, whatever the state of either; none when they are not in it.
    pub async fn seat(&mut self, person: &PersonId, tenant: &TenantId) -> Result<Option<Seat>> {
        const SQL: &str = concat!(
            "select ",
            person_columns!(),
            ", ",
            membership_columns!(),
            ", h.tenant_id as home_tenant
            from memberships m
            join persons p on p.id = m.person_id
            left join usernames u on u.person_id = p.id
            left join lockouts l on l.name = 'person:' || p.id
            left join memberships h on h.person_id = p.id and h.kind = 'home' and h.state <> 'left'
            where m.person_id = $1 and m.tenant_id = $2"
        );
        let row: Option<Seated> = on!(self, c => sqlx::query_as(SQL).bind(person.as_str()).bind(tenant.as_str()).fetch_optional(c))?;
        let seat = |row: Seated| {
            let PasswordRecord { person, .. } = row.person.try_into()?;
            Ok(Seat { person, membership: row.membership.try_into()?, home: row.home_tenant.map(TenantId::from_text) })
        };
        row.map(seat).transpose()
    }
}
