-- The device grant (RFC 8628). What the device got by its digest, what the person types as a keyed digest.
create table device_codes (
    digest text primary key,
    user_code text not null unique,
    user_code_sealed text not null,
    client_id text not null references clients (id),
    request text not null,
    network text not null,
    state text not null,
    grant_id text references grants (id),
    poll_seconds bigint not null,
    polled_at bigint,
    created_at bigint not null,
    expires_at bigint not null
);
create index device_codes_expiry on device_codes (expires_at);
create index device_codes_network on device_codes (network, expires_at);
create index device_codes_grant on device_codes (grant_id);
