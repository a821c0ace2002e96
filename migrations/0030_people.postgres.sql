-- dialect: postgres
-- People without an e-mail address (people.md S19). The same as 0030_people.sqlite.sql, in the words of PostgreSQL.
alter table persons alter column email drop not null;
-- Deactivated for the whole instance: only an operator takes that back.
alter table persons add column disabled_by_operator boolean not null default false;

-- A person's user name, in the tenant that it is good in (people.md P13, S19): lower case, one for each person.
-- One that the system made up is good without its tenant too (S23).
create table usernames (
    person_id text primary key references persons (id),
    tenant_id text not null references tenants (id),
    name text not null,
    generated boolean not null,
    created_at bigint not null,
    unique (tenant_id, name)
);
create index usernames_generated on usernames (name) where generated;
