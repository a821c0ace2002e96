//! Who belongs to a tenant and as what: everything that administrators and members themselves change about it.
use super::persons::described;
use super::{Read, Result, Write, execute, on};
use crate::model::{Email, Membership, MembershipId, MembershipState, PersonId, PersonState, TenantId};
use crate::world::Timestamp;

/// What became of [`Write::give_email`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailGiven {
    Yes,
    /// Somebody else has this address.
    Taken,
    /// There is no such person, or it has an address.
    HasOne,
}

impl Read {
    /// Does somebody beside this membership administer the tenant, able to sign in? Ask it while the tenant is held.
    pub async fn has_other_admin(&mut self, tenant: &TenantId, besides: &MembershipId) -> Result<bool> {
        const SQL: &str = "select m.id from memberships m
            join persons p on p.id = m.person_id
            where m.tenant_id = $1 and m.id <> $2 and m.admin and m.state = 'active' and p.state = 'active'
            order by m.id
            limit 1";
        let found: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(tenant.as_str()).bind(besides.as_str()).fetch_optional(c))?;
        Ok(found.is_some())
    }
}

impl Write {
    /// Makes concurrent changes of one tenant's people wait for each other, so that rules about several of them hold:
    /// at least one administrator remains (security.md I10).
    pub async fn hold_tenant(&mut self, id: &TenantId) -> Result<()> {
        execute!(self, sqlx::query("update tenants set state = state where id = $1").bind(id.as_str()))?;
        Ok(())
    }

    /// Who left comes back into the same row, with nothing of what was there before. Gives the row's id; none when the
    /// person did not leave this tenant, or has a home elsewhere meanwhile.
    pub async fn revive_membership(&mut self, fresh: &Membership) -> Result<Option<MembershipId>> {
        const SQL: &str = "update memberships set kind = $3, state = $4, admin = $5, api_access = $6, limited_to_locations = $7,
                last_used_at = null, woken_at = null, created_at = $8, accepted_at = case when $4 = 'active' and $9 then $8 end
            where person_id = $1 and tenant_id = $2 and state = 'left'
                and ($3 <> 'home' or not exists (
                    select 1 from memberships h where h.person_id = $1 and h.kind = 'home' and h.state <> 'left'))
            returning id";
        let id: Option<String> = on!(self, c => sqlx::query_scalar(SQL)
            .bind(fresh.person.as_str())
            .bind(fresh.tenant.as_str())
            .bind(fresh.kind.as_str())
            .bind(fresh.state.as_str())
            .bind(fresh.admin)
            .bind(fresh.api_access)
            .bind(fresh.limited_to_locations)
            .bind(fresh.created_at.micros())
            .bind(fresh.accepted)
            .fetch_optional(c))?;
        if id.is_some() {
            self.hold_person(&fresh.person).await?;
            self.list_anew(&fresh.person).await?;
        }
        Ok(id.map(MembershipId::from_text))
    }

    pub async fn set_admin(&mut self, id: &MembershipId, admin: bool) -> Result<()> {
        const SQL: &str = "update memberships set admin = $2 where id = $1 returning person_id";
        let person: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(admin).fetch_optional(c))?;
        match person.map(PersonId::from_text) {
            Some(person) => self.hold_person(&person).await,
            None => Ok(()),
        }
    }

    /// people.md S15, for a guest: here alone. False when the membership is disabled or gone.
    pub async fn disable_membership(&mut self, id: &MembershipId) -> Result<bool> {
        const SQL: &str = "update memberships set state = 'disabled' where id = $1 and state in ('invited', 'active') returning id";
        let won: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Takes [`Write::disable_membership`] back; gives the state from before. None when it is not disabled.
    pub async fn enable_membership(&mut self, id: &MembershipId) -> Result<Option<MembershipState>> {
        const SQL: &str = "update memberships set state = case when accepted_at is null then 'invited' else 'active' end
            where id = $1 and state = 'disabled'
            returning state";
        let state: Option<String> = on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).fetch_optional(c))?;
        Ok(state.and_then(|state| MembershipState::parse(&state)))
    }

    /// An administrator forgives that the membership was not used for long (people.md S35, C16).
    pub async fn wake_membership(&mut self, id: &MembershipId, now: Timestamp) -> Result<()> {
        execute!(self, sqlx::query("update memberships set woken_at = $2 where id = $1").bind(id.as_str()).bind(now.micros()))?;
        Ok(())
    }

    /// Ends a membership with everything that hangs on it: groups, locations, open invitations, consents, the choice of
    /// this tenant in sessions, and all that was granted; the applications will be told. False when it had ended.
    pub async fn end_membership(&mut self, membership: &Membership, now: Timestamp) -> Result<bool> {
        const END: &str = "update memberships set state = 'left', admin = false, api_access = false, limited_to_locations = false
            where id = $1 and state <> 'left'
            returning id";
        const CHOICES: &str = "delete from session_tenants
            where tenant_id = $2 and session_id in (select id from sessions where person_id = $1)";
        let (id, person, tenant) = (membership.id.as_str(), membership.person.as_str(), membership.tenant.as_str());
        let won: Option<String> = on!(self, c => sqlx::query_scalar(END).bind(id).fetch_optional(c))?;
        if won.is_none() {
            return Ok(false);
        }
        execute!(self, sqlx::query("delete from group_members where membership_id = $1").bind(id))?;
        execute!(self, sqlx::query("delete from membership_locations where membership_id = $1").bind(id))?;
        execute!(self, sqlx::query("delete from consents where person_id = $1 and tenant_id = $2").bind(person).bind(tenant))?;
        execute!(self, sqlx::query(CHOICES).bind(person).bind(tenant))?;
        self.revoke_invitations(&membership.id, now).await?;
        self.end_grants_of_membership(&membership.person, &membership.tenant, now).await?;
        Ok(true)
    }

    /// people.md K9. False when there is no such person, or an erased one.
    pub async fn set_names(&mut self, id: &PersonId, first: &str, last: &str, now: Timestamp) -> Result<bool> {
        const SQL: &str = concat!("update persons set first_name = $2, last_name = $3, updated_at = $4 where id = $1 and ", described!());
        let changed = execute!(self, sqlx::query(SQL).bind(id.as_str()).bind(first).bind(last).bind(now.micros()))?;
        self.list_anew(id).await?;
        Ok(changed > 0)
    }

    /// Deactivates a person everywhere, for the home tenant or for the operator. False when that was done before.
    pub async fn disable_person(&mut self, id: &PersonId, by_operator: bool, now: Timestamp) -> Result<bool> {
        const SQL: &str = "update persons set state = 'deactivated', disabled_by_operator = $2, updated_at = $3
            where id = $1 and (state <> 'deactivated' or $2 and not disabled_by_operator)
            returning id";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(by_operator).bind(now.micros()).fetch_optional(c))?;
        Ok(won.is_some())
    }

    /// Takes [`Write::disable_person`] back: to active for whoever proved the address and has a way to sign in, else to invited. None when the
    /// person is not deactivated, or an operator did it and none asks.
    pub async fn enable_person(&mut self, id: &PersonId, as_operator: bool, now: Timestamp) -> Result<Option<PersonState>> {
        const SQL: &str = "update persons set
                state = case
                    when email is not null and not email_verified and not operator then 'invited'
                    when password_hash is not null
                        or exists (select 1 from federated_identities f where f.person_id = persons.id) then 'active'
                    else 'invited' end,
                disabled_by_operator = false, updated_at = $3
            where id = $1 and state = 'deactivated' and ($2 or not disabled_by_operator)
            returning state";
        let state: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(as_operator).bind(now.micros()).fetch_optional(c))?;
        Ok(state.and_then(|state| PersonState::parse(&state)))
    }

    /// An address for somebody who had none (people.md S25): the user name is gone, and the person is invited anew. The
    /// password stays until a new one is chosen, so that it counts among the former ones (S26); nobody signs in with it.
    pub async fn give_email(&mut self, id: &PersonId, email: &Email, now: Timestamp) -> Result<EmailGiven> {
        const SQL: &str = "update persons set email = $2, email_verified = false, updated_at = $3,
                state = case when state = 'active' then 'invited' else state end
            where id = $1 and email is null and not exists (select 1 from persons o where o.email = $2)
            returning id";
        let won: Option<String> =
            on!(self, c => sqlx::query_scalar(SQL).bind(id.as_str()).bind(email.as_str()).bind(now.micros()).fetch_optional(c))?;
        if won.is_none() {
            return Ok(if self.person_by_email(email).await?.is_some() { EmailGiven::Taken } else { EmailGiven::HasOne });
        }
        self.remove_username(id).await?;
        self.list_anew(id).await?;
        Ok(EmailGiven::Yes)
    }

    /// False when the person has none.
    pub async fn remove_username(&mut self, id: &PersonId) -> Result<bool> {
        let gone = execute!(self, sqlx::query("delete from usernames where person_id = $1").bind(id.as_str()))?;
        Ok(gone > 0)
    }
}
