-- dialect: sqlite
-- People without an e-mail address (people.md S19). SQLite cannot drop a "not null", so that the table is written anew;
-- the foreign keys that point at it are looked at when the migration commits.
pragma defer_foreign_keys = on;
create table persons_before as select * from persons;
drop table persons;
create table persons (
    id text primary key,
    email text unique,
    email_verified boolean not null,
    first_name text not null,
    last_name text not null,
    locale text not null,
    state text not null,
    -- Deactivated for the whole instance: only an operator takes that back.
    disabled_by_operator boolean not null default false,
    operator boolean not null,
    second_factor text not null,
    password_hash text,
    password_set_at bigint,
    last_login_at bigint,
    created_at bigint not null,
    updated_at bigint not null,
    profile text not null default '{}'
);
insert into persons
    (id, email, email_verified, first_name, last_name, locale, state, operator, second_factor, password_hash, password_set_at,
     last_login_at, created_at, updated_at, profile)
select id, email, email_verified, first_name, last_name, locale, state, operator, second_factor, password_hash, password_set_at,
     last_login_at, created_at, updated_at, profile
from persons_before;
drop table persons_before;

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
