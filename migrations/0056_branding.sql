-- How a tenant shows itself in letters and on its pages, beside alias and colour.
-- `sender_name`: who a letter is from. `contact`: whom people can ask, in letters and under sign-in pages.
alter table tenants add column sender_name text;
alter table tenants add column contact text;

-- Logos that tenants uploaded: a PNG that we wrote ourselves, in base64. `id` changes with each upload.
create table logos (
    tenant_id text primary key references tenants (id),
    id text not null,
    png text not null,
    created_at bigint not null
);

-- The keys by which invited strangers are found and sorted are their address alone (security.md I11): until they accept,
-- nobody learns their name by searching for it.
update memberships set
    sort_key = (select p.email from persons p where p.id = memberships.person_id),
    search_key = (select p.email from persons p where p.id = memberships.person_id)
where accepted_at is null and person_id in (
    select p.id from persons p
    where p.email is not null and (p.password_hash is not null or p.last_login_at is not null or p.state = 'active'));
