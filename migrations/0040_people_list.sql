-- The list of a tenant's people, in the order of their names, searched by name, address and user name. Both keys are lower
-- case and written by the program whenever a name changes; here they get a first value.
alter table memberships add column sort_key text not null default '';
alter table memberships add column search_key text not null default '';
update memberships set
    sort_key = (select lower(p.last_name || ' ' || p.first_name) from persons p where p.id = memberships.person_id),
    search_key = (
        select lower(p.first_name || ' ' || p.last_name || ' ' || coalesce(p.email, '') || ' '
            || coalesce((select min(u.name) from usernames u where u.person_id = p.id), ''))
        from persons p
        where p.id = memberships.person_id);
create index memberships_list on memberships (tenant_id, sort_key, id);
create index membership_locations_location on membership_locations (location_id);
-- How somebody is to sign in, chosen when the person is made (people.md K29), for an invitation that leaves later.
alter table memberships add column invitation_method text;
