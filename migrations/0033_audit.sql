-- The audit log of a tenant and the activity of a person are read page by page, the newest first.
create index audit_tenant on audit (tenant_id, at, id);
create index audit_subject on audit (subject, at, id);

-- The audit trail is sealed in batches by one node at a time (docs/decisions/0006-audit-chain.md): what happened stays
-- as it was written, or it shows.
alter table audit add column sealed boolean not null default false;
create index audit_unsealed on audit (at, id) where sealed = false;

-- One link for each event, in the order of sealing. It stays when the event itself is removed after its time.
create table audit_chain (
    position bigint primary key,
    audit_id text not null unique,
    at bigint not null,
    tenant_id text,
    content text not null,
    personal text not null,
    hash text not null
);
