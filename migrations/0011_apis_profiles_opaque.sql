-- Registered APIs: whom access tokens are for (RFC 8707), their scopes and types of authorization details (RFC 9396).
create table apis (
    id text primary key,
    identifier text not null unique,
    settings text not null,
    created_at bigint not null
);

-- What people tell about themselves beside name and address (OpenID Connect Core 5.1), one JSON text.
alter table persons add column profile text not null default '{}';

-- An access token that is random text: its digest, and the claims that a signed one would have carried.
alter table access_tokens add column digest text;
alter table access_tokens add column claims text;
create unique index access_tokens_digest on access_tokens (digest) where digest is not null;
