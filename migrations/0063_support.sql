-- Access that a tenant gives to operators for a reason and a time; they end by themselves.
create table support_grants (
    id text primary key,
    tenant_id text not null references tenants (id),
    granted_by text not null,
    reason text not null,
    created_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);
create index support_grants_tenant on support_grants (tenant_id, created_at, id);
