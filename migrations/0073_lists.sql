-- What the lists filter by stands in the index they walk along, so that finding nobody among very many people is quick.
drop index memberships_list;
create index memberships_list
    on memberships (tenant_id, sort_key, id, person_id, kind, state, accepted_at, last_used_at, created_at, woken_at);
-- Who is in a state that is looked for, by person.
create index persons_state on persons (state, id);
create index persons_factor on persons (second_factor, id);
create index persons_password on persons (password_set_at, id);
