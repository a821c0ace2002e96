-- Authorization requests that clients pushed (RFC 9126): the parameters as they were checked, good for one answer.
create table pushed_requests (
    digest text primary key,
    client_id text not null,
    request text not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);
create index pushed_requests_expiry on pushed_requests (expires_at);

-- RFC 9449 10: the key that must be proved when the code is redeemed.
alter table codes add column dpop_jkt text;
