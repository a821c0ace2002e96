//! The people of a tenant, as its administrators list them: in the order of their names, filtered, page by page.
//!
//! The keys that sort and search stand beside the membership, so that a page of 50 among 100,000 is one walk along an
//! index. Whatever changes a name calls [`Write::list_anew`].
use super::persons::{PersonRow, person_columns};
use super::tenants::{MembershipRow, membership_columns};
use super::{Read, Result, Write, execute, on};
use crate::model::{GroupId, InvitationMethod, LocationId, Membership, MembershipId, PasswordRecord, Person, PersonId, TenantId, sort_key};
use crate::world::Timestamp;

/// Words of a search that count; more are not looked at.
const WORDS: usize = 3;

/// What a list shows: everybody, unless something is named.
#[derive(Clone, Debug, Default)]
pub struct PeopleFilter {
    /// Words that name, address or user name hold, each of them.
    pub search: String,
    /// `not_invited`, `invited`, `active`, `deactivated`, `locked`, `password_expired`.
    pub status: Option<&'static str>,
    /// With an e-mail address of their own (people.md S18, S19)?
    pub verified: Option<bool>,
    pub guest: Option<bool>,
    /// `none` (a password alone), `email`, `totp`.
    pub factor: Option<&'static str>,
    pub group: Option<GroupId>,
    pub location: Option<LocationId>,
    /// The last one of the page before.
    pub after: Option<MembershipId>,
}

/// Since when somebody counts as gone, or a password as too old; what `policy::status` computes by.
#[derive(Clone, Copy, Debug, Default)]
pub struct PeopleLimits {
    pub dormant_before: Option<Timestamp>,
    pub expired_before: Option<Timestamp>,
}

/// One of the list.
pub struct Listed {
    pub person: Person,
    pub membership: Membership,
    /// A link was made that is neither used nor withdrawn.
    pub invited: bool,
    /// Somebody who has an account already and has not accepted to belong here: whose name it is, is not this tenant's
    /// to know (security.md I11).
    pub stranger: bool,
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    person: PersonRow,
    #[sqlx(flatten)]
    membership: MembershipRow,
    invited: bool,
    stranger: bool,
}

/// Has an account and never said yes to the invitation.
macro_rules! stranger {
    () => {
        "(m.accepted_at is null and p.email is not null
            and (p.password_hash is not null or p.last_login_at is not null or p.state = 'active'))"
    };
}

pub(super) use stranger;

macro_rules! open_link {
    () => {
        "exists(select 1 from invitations i
            where i.membership_id = m.id and i.accepted_at is null and i.declined_at is null and i.revoked_at is null)"
    };
}

/// What a line of the list is made of, from these; the condition follows.
macro_rules! select_listed {
    ($from:literal) => {
        concat!(
            "select ",
            person_columns!(),
            ", ",
            membership_columns!(),
            ", ",
            open_link!(),
            " as invited, ",
            stranger!(),
            " as stranger
            from ",
            $from,
            "
            join persons p on p.id = m.person_id
            left join usernames u on u.person_id = p.id
            left join lockouts l on l.name = 'person:' || p.id
            "
        )
    };
}

/// The list: who fits, by narrow rows, and then all about these few. `$beside` says once more, in words that suit the
/// engine, who may be in the state that is looked for.
// people.md C17: deactivated before invited before locked before expired before active.
macro_rules! list {
    ($beside:literal) => {
        concat!(
            "with few as materialized (
                select m.id as id
                from memberships m
                join persons p on p.id = m.person_id
                left join lockouts l on l.name = 'person:' || p.id
                where m.tenant_id = $1 and (m.sort_key, m.id) > ($2, $3) and m.state <> 'left'
                    and m.search_key like $4 escape '\\' and m.search_key like $5 escape '\\' and m.search_key like $6 escape '\\'
                    and ($7 = '' or m.kind = $7)
                    and ($8 = '' or ($8 = 'verified') = (p.email is not null))
                    and ($9 = '' or not ",
            stranger!(),
            " and p.second_factor = $9 and ($9 <> 'none' or p.password_hash is not null))
                    and ($10 = '' or exists(
                        select 1 from group_members gm where gm.membership_id = m.id and gm.group_id = $10))
                    and ($11 = '' or exists(
                        select 1 from membership_locations ml where ml.membership_id = m.id and ml.location_id = $11))
                    and ($12 = '' or $12 = case
                        when m.state = 'disabled' or p.state = 'deactivated' and not ",
            stranger!(),
            " then 'deactivated'
                        when m.state = 'invited' or p.state = 'invited' then case when ",
            open_link!(),
            " then 'invited' else 'not_invited' end
                        when l.paused_until > $13 and not ",
            stranger!(),
            " then 'locked'
                        when coalesce(m.last_used_at, m.created_at) < $14 and (m.woken_at is null or m.woken_at < $14) then 'locked'
                        when p.password_set_at < $15 and not ",
            stranger!(),
            " then 'password_expired'
                        else 'active' end) ",
            $beside,
            "
                order by m.sort_key, m.id
                limit $16)
            ",
            select_listed!("few join memberships m on m.id = few.id"),
            "order by m.sort_key, m.id"
        )
    };
}

/// SQLite walks along the index of the list, which holds all that these conditions ask for, and gathers each subquery once.
const ON_SQLITE: &str = list!(
    "and ($9 = '' or m.person_id in (select f.id from persons f where f.second_factor = $9))
    and case $12
        when 'deactivated' then m.state = 'disabled' or m.person_id in (select f.id from persons f where f.state = 'deactivated')
        when 'invited' then m.state = 'invited' or m.person_id in (select f.id from persons f where f.state = 'invited')
        when 'not_invited' then m.state = 'invited' or m.person_id in (select f.id from persons f where f.state = 'invited')
        when 'locked' then coalesce(m.last_used_at, m.created_at) < $14
            or m.person_id in (select substr(o.name, 8) from lockouts o where o.name like 'person:%' and o.paused_until > $13)
        when 'password_expired' then m.person_id in (select f.id from persons f where f.password_set_at < $15)
        else true end"
);

/// PostgreSQL would gather a subquery that is too large for its memory again for each row; it decides itself how to ask
/// `exists`.
const ON_POSTGRES: &str = list!(
    "and case $12
        when 'deactivated' then m.state = 'disabled'
            or exists(select 1 from persons f where f.id = m.person_id and f.state = 'deactivated')
        when 'invited' then m.state = 'invited' or exists(select 1 from persons f where f.id = m.person_id and f.state = 'invited')
        when 'not_invited' then m.state = 'invited' or exists(select 1 from persons f where f.id = m.person_id and f.state = 'invited')
        when 'locked' then coalesce(m.last_used_at, m.created_at) < $14
            or exists(select 1 from lockouts o where o.name = 'person:' || m.person_id and o.paused_until > $13)
        when 'password_expired' then p.password_set_at < $15
        else true end"
);

impl Read {
    /// A part of the list: at most `limit` people after the one that the filter names. Who left is not there.
    pub async fn people_of(
        &mut self,
        tenant: &TenantId,
        filter: &PeopleFilter,
        limits: PeopleLimits,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Listed>> {
        let (key, id) = match &filter.after {
            Some(after) => self.place_in_list(tenant, after).await?,
            None => (String::new(), String::new()),
        };
        let words = patterns(&filter.search);
        let either = |which: Option<bool>, yes: &'static str, no: &'static str| which.map_or("", |is| if is { yes } else { no });
        let micros = |at: Option<Timestamp>| at.map_or(i64::MIN, Timestamp::micros);
        let list = if self.is_postgres() { ON_POSTGRES } else { ON_SQLITE };
        let rows: Vec<ListedRow> = on!(self, c => sqlx::query_as(list)
            .bind(tenant.as_str())
            .bind(key)
            .bind(id)
            .bind(&words[0])
            .bind(&words[1])
            .bind(&words[2])
            .bind(either(filter.guest, "guest", "home"))
            .bind(either(filter.verified, "verified", "unverified"))
            .bind(filter.factor.unwrap_or(""))
            .bind(filter.group.as_ref().map_or("", GroupId::as_str))
            .bind(filter.location.as_ref().map_or("", LocationId::as_str))
            .bind(filter.status.unwrap_or(""))
            .bind(now.micros())
            .bind(micros(limits.dormant_before))
            .bind(micros(limits.expired_before))
            .bind(limit)
            .fetch_all(c))?;
        rows.into_iter().map(Listed::try_from).collect()
    }

    /// One person of the tenant as the list would show it.
    pub async fn listed(&mut self, tenant: &TenantId, person: &PersonId) -> Result<Option<Listed>> {
        const SQL: &str = concat!(select_listed!("memberships m"), "where m.tenant_id = $1 and m.person_id = $2 and m.state <> 'left'");
        let row: Option<ListedRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(person.as_str()).fetch_optional(c))?;
        row.map(Listed::try_from).transpose()
    }

    /// The administrators of a tenant in the order of their names, invited and disabled ones too.
    pub async fn administrators_of(&mut self, tenant: &TenantId, limit: i64) -> Result<Vec<Listed>> {
        const SQL: &str = concat!(
            select_listed!("memberships m"),
            "where m.tenant_id = $1 and m.admin and m.state <> 'left'
            order by m.sort_key, m.id
            limit $2"
        );
        let rows: Vec<ListedRow> = on!(self, c => sqlx::query_as(SQL).bind(tenant.as_str()).bind(limit).fetch_all(c))?;
        rows.into_iter().map(Listed::try_from).collect()
    }

    /// May this tenant be told the name of a person? Not of one who has an account, was invited and never accepted; of
    /// those who never belonged here, such as operators, it may.
    pub async fn is_known_in(&mut self, tenant: &TenantId, person: &PersonId) -> Result<bool> {
        const SQL: &str = concat!(
            "select m.id from memberships m join persons p on p.id = m.person_id where m.tenant_id = $1 and m.person_id = $2 and ",
            stranger!()
        );
        let stranger: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(tenant.as_str()).bind(person.as_str()).fetch_optional(c))?;
        Ok(stranger.is_none())
    }

    /// How somebody is to sign in, as it was chosen when the person was made (people.md K29).
    pub async fn invitation_method(&mut self, membership: &MembershipId) -> Result<Option<InvitationMethod>> {
        const SQL: &str = "select invitation_method from memberships where id = $1";
        let kept: Option<Option<String>> = on!(self, c => sqlx::query_scalar(SQL).bind(membership.as_str()).fetch_optional(c))?;
        Ok(kept.flatten().and_then(|text| InvitationMethod::parse(&text)))
    }

    /// Where somebody stands in the list; at its beginning when there is no such membership here.
    async fn place_in_list(&mut self, tenant: &TenantId, membership: &MembershipId) -> Result<(String, String)> {
        const SQL: &str = "select sort_key, id from memberships where id = $1 and tenant_id = $2";
        let found: Option<(String, String)> =
            on!(self, c => sqlx::query_as(SQL).bind(membership.as_str()).bind(tenant.as_str()).fetch_optional(c))?;
        Ok(found.unwrap_or_default())
    }
}

impl TryFrom<ListedRow> for Listed {
    type Error = super::StoreError;
    fn try_from(row: ListedRow) -> Result<Self> {
        let person = PasswordRecord::try_from(row.person)?.person;
        Ok(Self { person, membership: row.membership.try_into()?, invited: row.invited, stranger: row.stranger })
    }
}

impl Write {
    /// Keeps how somebody is to sign in until the invitation leaves.
    pub async fn set_invitation_method(&mut self, membership: &MembershipId, method: InvitationMethod) -> Result<()> {
        const SQL: &str = "update memberships set invitation_method = $2 where id = $1";
        execute!(self, sqlx::query(SQL).bind(membership.as_str()).bind(method.as_str()))?;
        Ok(())
    }

    /// Writes the keys of a person and of the person's memberships, after a name was made or changed, or one was
    /// accepted. Where an invitation waits for somebody who has an account, the address alone is known (security.md I11).
    pub(super) async fn list_anew(&mut self, person: &PersonId) -> Result<()> {
        const NAMES: &str = "select p.first_name, p.last_name, p.email, u.name,
                p.email is not null and (p.password_hash is not null or p.last_login_at is not null or p.state = 'active')
            from persons p
            left join usernames u on u.person_id = p.id
            where p.id = $1";
        const SQL: &str = "update memberships set
                sort_key = case when $4 and accepted_at is null then $5 else $2 end,
                search_key = case when $4 and accepted_at is null then $5 else $3 end
            where person_id = $1";
        let names: Option<Names> = on!(self, c => sqlx::query_as(NAMES).bind(person.as_str()).fetch_optional(c))?;
        let Some((first, last, email, username, account)) = names else { return Ok(()) };
        let sort = sort_key(&format!("{last} {first}"));
        let address = sort_key(email.as_deref().unwrap_or_default());
        let search =
            sort_key(&format!("{first} {last} {} {}", email.as_deref().unwrap_or_default(), username.as_deref().unwrap_or_default()));
        execute!(self, sqlx::query(SQL).bind(person.as_str()).bind(&sort).bind(&search).bind(account).bind(&address))?;
        let words = [first.as_str(), &last, email.as_deref().unwrap_or(""), username.as_deref().unwrap_or("")];
        self.index_anew(person, &words, &sort).await
    }
}

/// First and last name, e-mail address, user name, and whether there is an account already.
type Names = (String, String, Option<String>, Option<String>, bool);

/// One pattern for each word; what is not typed fits everybody.
fn patterns(search: &str) -> [String; WORDS] {
    let mut out = std::array::from_fn(|_| "%".to_owned());
    for (place, word) in out.iter_mut().zip(sort_key(search).split_whitespace()) {
        let mut pattern = String::with_capacity(word.len() + 2);
        pattern.push('%');
        for c in word.chars() {
            if matches!(c, '%' | '_' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        pattern.push('%');
        *place = pattern;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_never_a_pattern() {
        assert_eq!(patterns("Ann% b_\\"), ["%ann\\%%", "%b\\_\\\\%", "%"]);
        assert_eq!(patterns(""), ["%", "%", "%"]);
    }
}
