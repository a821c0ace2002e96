-- Initial access tokens of dynamic client registration (RFC 7591 3). A use is counted with the client that it registers.
create table registration_tokens (
    id text primary key,
    digest text not null unique,
    tenant_id text references tenants (id),
    uses_left bigint not null,
    expires_at bigint not null,
    created_at bigint not null
);

-- Clients that registered themselves: the digest of the token with which each manages its registration (RFC 7592), and the
-- token that it came with, which may be gone by now.
create table registered_clients (
    client_id text primary key references clients (id),
    digest text not null unique,
    token_id text not null,
    created_at bigint not null
);
