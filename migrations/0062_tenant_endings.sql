-- Tenants that were erased by an operator. The row of the tenant stays, emptied, so that its id is never another's; its
-- number and short names are free at once (security.md I07).
create table tenant_endings (
    tenant_id text primary key references tenants (id),
    ordered_by text not null,
    ordered_at bigint not null,
    -- For so long its people, who belong nowhere else, can be brought back.
    retention_days bigint not null,
    done_at bigint
);
create index tenant_endings_open on tenant_endings (ordered_at) where done_at is null;
