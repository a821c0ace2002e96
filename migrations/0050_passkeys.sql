-- Passkeys of people (WebAuthn): public keys and what authenticators said about them. Nothing here lets anybody sign in.
create table passkeys (
    id text primary key,
    person_id text not null references persons (id),
    name text not null,
    credential text not null unique,
    handle text not null,
    data text not null,
    counter bigint not null,
    synced boolean not null,
    created_at bigint not null,
    last_used_at bigint
);
create index passkeys_person on passkeys (person_id, created_at);

-- Questions to browsers that wait for their answer: deleted by the first one.
create table passkey_challenges (
    id text primary key,
    purpose text not null unique,
    browser text not null,
    state text not null,
    created_at bigint not null,
    expires_at bigint not null
);
create index passkey_challenges_expiry on passkey_challenges (expires_at);
