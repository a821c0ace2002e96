-- A PKCE challenge belongs to one sign-in (RFC 9700 2.1.1): remembered per client once a code was issued for it.
create table challenges (
    client_id text not null,
    challenge text not null,
    expires_at bigint not null,
    primary key (client_id, challenge)
);
create index challenges_expiry on challenges (expires_at);
