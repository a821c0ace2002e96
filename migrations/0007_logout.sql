-- Is the client told when a session ends (OpenID Connect Back-Channel Logout 1.0)? Follows its metadata.
alter table clients add column hears_logouts boolean not null default false;
update clients set hears_logouts = true where metadata like '%"backchannel_logout_uri":"http%';

-- One row per client and session that ended, written with its end; kept as the record of what was delivered.
create table logout_deliveries (
    id text primary key,
    client_id text not null references clients (id),
    person_id text not null,
    session_id text,
    state text not null,
    attempts bigint not null,
    due_at bigint not null,
    locked_until bigint not null,
    last_error text,
    created_at bigint not null,
    done_at bigint
);
create index logout_deliveries_due on logout_deliveries (state, due_at);
create index logout_deliveries_client on logout_deliveries (client_id, created_at);
