-- Tables of people that an administrator uploaded and has looked at, sealed, until the word to go ahead or for an hour.
create table imports (
    id text primary key,
    tenant_id text not null references tenants (id),
    person_id text not null references persons (id),
    sealed text not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index imports_expiry on imports (expires_at, id);
create index imports_of on imports (tenant_id, person_id);
