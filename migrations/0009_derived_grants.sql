-- Which grant another one was made of: by a switch of the tenant with a refresh token, or by token exchange.
-- Ending the source ends what was made of it.
create table derived_grants (
    grant_id text primary key references grants (id),
    source_id text not null references grants (id)
);
create index derived_grants_source on derived_grants (source_id);

-- A refresh token leads to one family per tenant, however often and however parallel it is asked: the family's first
-- token, sealed.
create table tenant_switches (
    refresh_digest text not null,
    tenant_id text not null references tenants (id),
    grant_id text not null references grants (id),
    token_sealed text not null,
    primary key (refresh_digest, tenant_id)
);
create index tenant_switches_grant on tenant_switches (grant_id);
