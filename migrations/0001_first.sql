-- One dialect for SQLite and PostgreSQL: TEXT, BIGINT, BOOLEAN only; times are microseconds UTC; ids and digests TEXT.

create table settings (name text primary key, value text not null);

-- Raised by every change of a registered thing, so that each node rebuilds its snapshot (house.md 11).
create table generations (name text primary key, generation bigint not null);

create table leases (name text primary key, holder text not null, until bigint not null);

create table tenants (
    id text primary key,
    number text not null unique,
    slug text not null unique,
    name text not null,
    alias text,
    color text,
    logo text,
    state text not null,
    policy text not null,
    created_at bigint not null
);

-- Every slug that was ever used: an old one stays reserved for its tenant.
create table tenant_slugs (slug text primary key, tenant_id text not null references tenants (id));

create table persons (
    id text primary key,
    email text not null unique,
    email_verified boolean not null,
    first_name text not null,
    last_name text not null,
    locale text not null,
    state text not null,
    operator boolean not null,
    second_factor text not null,
    password_hash text,
    password_set_at bigint,
    last_login_at bigint,
    created_at bigint not null,
    updated_at bigint not null
);

create table memberships (
    id text primary key,
    person_id text not null references persons (id),
    tenant_id text not null references tenants (id),
    kind text not null,
    state text not null,
    admin boolean not null,
    api_access boolean not null,
    limited_to_locations boolean not null,
    last_used_at bigint,
    created_at bigint not null,
    unique (person_id, tenant_id)
);
create index memberships_tenant on memberships (tenant_id, person_id);
-- people.md K38: exactly one main tenant.
create unique index memberships_home on memberships (person_id) where kind = 'home';

create table groups (
    id text primary key,
    tenant_id text not null references tenants (id),
    name text not null,
    sort_key text not null,
    unique (tenant_id, sort_key)
);
create table permissions (name text primary key, requires_2fa boolean not null);
create table group_permissions (
    group_id text not null references groups (id),
    permission text not null references permissions (name),
    primary key (group_id, permission)
);
create table group_members (
    group_id text not null references groups (id),
    membership_id text not null references memberships (id),
    primary key (group_id, membership_id)
);
create index group_members_membership on group_members (membership_id);

create table locations (
    id text primary key,
    tenant_id text not null references tenants (id),
    name text not null,
    website text,
    sort_key text not null
);
create table membership_locations (
    membership_id text not null references memberships (id),
    location_id text not null references locations (id),
    primary key (membership_id, location_id)
);

create table clients (
    id text primary key,
    state text not null,
    metadata text not null,
    created_at bigint not null
);
create table client_secrets (
    id text primary key,
    client_id text not null references clients (id),
    digest text not null,
    expires_at bigint,
    created_at bigint not null
);
create table client_tenants (
    client_id text not null references clients (id),
    tenant_id text not null references tenants (id),
    primary key (client_id, tenant_id)
);

create table signing_keys (
    kid text primary key,
    alg text not null,
    state text not null,
    sealed_private text not null,
    public_jwk text not null,
    created_at bigint not null,
    activates_at bigint not null,
    retires_at bigint
);
-- security.md R19: at most one key signs per algorithm.
create unique index signing_keys_active on signing_keys (alg) where state = 'active';

create table sessions (
    id text primary key,
    cookie text not null unique,
    person_id text not null references persons (id),
    proof text not null,
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);
create index sessions_person on sessions (person_id);
create index sessions_expiry on sessions (expires_at);
create index sessions_ended on sessions (ended_at) where ended_at is not null;

-- The tenant that was last chosen in a session for a client; client_id '' is the session's last choice of all.
create table session_tenants (
    session_id text not null references sessions (id),
    client_id text not null,
    tenant_id text not null references tenants (id),
    chosen_at bigint not null,
    primary key (session_id, client_id)
);

create table flows (
    id text primary key,
    browser text not null,
    client_id text not null,
    request text not null,
    progress text not null,
    version bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    closed_at bigint
);
create index flows_expiry on flows (expires_at);
create index flows_closed on flows (closed_at) where closed_at is not null;

create table consents (
    person_id text not null references persons (id),
    tenant_id text not null references tenants (id),
    client_id text not null references clients (id),
    scope text not null,
    granted_at bigint not null,
    primary key (person_id, tenant_id, client_id)
);

create table grants (
    id text primary key,
    client_id text not null references clients (id),
    person_id text not null references persons (id),
    tenant_id text not null references tenants (id),
    session_id text references sessions (id),
    scope text not null,
    nonce text,
    proof text not null,
    auth_time_requested boolean not null,
    created_at bigint not null,
    expires_at bigint not null,
    ended_at bigint
);
create index grants_person on grants (person_id);
create index grants_session on grants (session_id);
create index grants_expiry on grants (expires_at);
create index grants_ended on grants (ended_at) where ended_at is not null;

create table codes (
    digest text primary key,
    grant_id text not null references grants (id),
    client_id text not null,
    redirect_uri text not null,
    redirect_uri_sent boolean not null,
    challenge text,
    expires_at bigint not null,
    used_at bigint
);
create index codes_grant on codes (grant_id);
create index codes_expiry on codes (expires_at);

create table refresh_tokens (
    digest text primary key,
    grant_id text not null references grants (id),
    client_id text not null,
    issued_at bigint not null,
    expires_at bigint not null,
    rotated_at bigint,
    successor_sealed text
);
create index refresh_tokens_grant on refresh_tokens (grant_id);
create index refresh_tokens_expiry on refresh_tokens (expires_at);

create table access_tokens (
    id text primary key,
    grant_id text references grants (id),
    client_id text not null,
    scope text not null,
    expires_at bigint not null,
    revoked_at bigint
);
create index access_tokens_grant on access_tokens (grant_id);
create index access_tokens_expiry on access_tokens (expires_at);

-- RFC 7523 3: a client assertion is good for one use.
create table assertion_ids (
    client_id text not null,
    jti text not null,
    expires_at bigint not null,
    primary key (client_id, jti)
);
create index assertion_ids_expiry on assertion_ids (expires_at);

-- Failed attempts by key: one row per account, per unknown name, per network (people.md C18, C22).
create table lockouts (
    name text primary key,
    failures bigint not null,
    paused_until bigint,
    touched_at bigint not null
);
create index lockouts_touched on lockouts (touched_at);

create table email_challenges (
    id text primary key,
    person_id text not null references persons (id),
    digest text not null,
    attempts bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);
create index email_challenges_person on email_challenges (person_id, created_at);
create index email_challenges_expiry on email_challenges (expires_at);

create table totp_factors (
    id text primary key,
    person_id text not null references persons (id),
    sealed_secret text not null,
    confirmed_at bigint,
    last_step bigint not null,
    created_at bigint not null
);
create index totp_factors_person on totp_factors (person_id, created_at);
create unique index totp_factors_confirmed on totp_factors (person_id) where confirmed_at is not null;

create table recovery_codes (
    digest text primary key,
    person_id text not null references persons (id),
    created_at bigint not null,
    used_at bigint
);
create index recovery_codes_person on recovery_codes (person_id);

create table connections (
    id text primary key,
    name text not null,
    cloud_host text not null,
    tid text not null,
    upstream_client_id text not null,
    credential text not null,
    state text not null,
    mfa_asserted boolean not null,
    created_at bigint not null
);
create table entra_pins (
    tenant_id text not null references tenants (id),
    connection_id text not null references connections (id),
    domains text not null,
    primary key (tenant_id, connection_id)
);
create table federated_identities (
    id text primary key,
    person_id text not null references persons (id),
    cloud_host text not null,
    tid text not null,
    oid text not null,
    connection_id text not null references connections (id),
    bound_via text not null,
    bound_at bigint not null,
    last_login_at bigint,
    unique (cloud_host, tid, oid)
);
create unique index federated_identities_person on federated_identities (person_id, cloud_host, tid);

create table upstream_flows (
    state text primary key,
    connection_id text not null,
    browser text not null,
    intent text not null,
    sealed text not null,
    redirect_uri text not null,
    expires_at bigint not null,
    used_at bigint
);
create index upstream_flows_expiry on upstream_flows (expires_at);

create table invitations (
    id text primary key,
    tenant_id text not null references tenants (id),
    person_id text not null references persons (id),
    membership_id text not null references memberships (id),
    method text not null,
    digest text not null unique,
    created_at bigint not null,
    expires_at bigint not null,
    accepted_at bigint,
    revoked_at bigint
);
create index invitations_person on invitations (person_id);
create index invitations_membership on invitations (membership_id);

create table bootstrap_links (
    digest text primary key,
    created_at bigint not null,
    expires_at bigint not null,
    used_at bigint
);

create table letters (
    id text primary key,
    sealed text,
    state text not null,
    attempts bigint not null,
    due_at bigint not null,
    locked_until bigint not null,
    last_error text,
    created_at bigint not null,
    sent_at bigint
);
create index letters_due on letters (state, due_at);

create table audit (
    id text primary key,
    at bigint not null,
    actor text not null,
    action text not null,
    subject text not null,
    tenant_id text,
    client_id text,
    outcome text not null,
    detail text not null,
    network text not null
);
create index audit_at on audit (at);
