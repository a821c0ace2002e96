-- Since when a membership is accepted, and since when its idleness counts anew (people.md C23).
alter table memberships add column accepted_at bigint;
alter table memberships add column woken_at bigint;
update memberships set accepted_at = created_at where state <> 'invited';
-- Who left may have another home, and may come back (people.md K38).
drop index memberships_home;
create unique index memberships_home on memberships (person_id) where kind = 'home' and state <> 'left';

-- Who invited, in which letter, and what became of it. Without a letter the link was handed over (people.md S19).
alter table invitations add column created_by text;
alter table invitations add column letter_id text;
alter table invitations add column opened_at bigint;
alter table invitations add column declined_at bigint;
create index invitations_tenant on invitations (tenant_id, created_at);

-- May members with the right to do so join and leave by themselves (people.md C13)?
alter table groups add column self_join boolean not null default false;
alter table groups add column self_leave boolean not null default false;
create index locations_tenant on locations (tenant_id, sort_key);
