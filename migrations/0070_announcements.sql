-- Notices of the operators on top of pages: for everybody or for one tenant, for a time. `translations` is JSON by language.
create table announcements (
    id text primary key,
    english text not null,
    translations text not null,
    kind text not null,
    tenant_id text references tenants (id),
    on_sign_in boolean not null,
    starts_at bigint not null,
    ends_at bigint not null,
    created_at bigint not null
);
create index announcements_ahead on announcements (ends_at, id);
