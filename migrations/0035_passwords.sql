-- What somebody's password was before: hashes alone, compared with a new one (people.md S26, S27).
create table former_passwords (
    person_id text not null references persons (id),
    hash text not null,
    retired_at bigint not null,
    primary key (person_id, hash)
);

-- Somebody asked for a new password on the sign-in page. What was typed is sealed; who it is, is looked up later, so that
-- the answer takes as long for every name (security.md F07).
create table recovery_requests (
    id text primary key,
    sealed text not null,
    created_at bigint not null
);
create index recovery_requests_created on recovery_requests (created_at);

-- Links to a new password: asked for by the person, sent by an administrator, or handed over (people.md S28, S29).
create table recovery_links (
    id text primary key,
    person_id text not null references persons (id),
    tenant_id text references tenants (id),
    kind text not null,
    digest text not null unique,
    factor_browser text,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    revoked_at bigint
);
create index recovery_links_person on recovery_links (person_id, created_at);
create index recovery_links_expiry on recovery_links (expires_at);

-- A new e-mail address that waits for its proof (people.md K11).
create table email_changes (
    id text primary key,
    person_id text not null references persons (id),
    email text not null,
    digest text not null unique,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint,
    revoked_at bigint
);
create index email_changes_person on email_changes (person_id, created_at);
create index email_changes_expiry on email_changes (expires_at);
