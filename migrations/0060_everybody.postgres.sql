-- dialect: postgres
-- The same as 0060_everybody.sqlite.sql, but that texts are compared byte by byte, as SQLite does.
-- The keys are written by the program whenever a name changes; here they get a first value. An erased person has none.
alter table persons add column sort_key text collate "C" not null default '';
update persons set sort_key = lower(last_name || ' ' || first_name);
create index persons_list on persons (sort_key, id);

create table person_words (
    person_id text not null references persons (id),
    word text collate "C" not null,
    primary key (person_id, word)
);
create index person_words_word on person_words (word, person_id);
insert into person_words (person_id, word) select id, id from persons;
insert into person_words (person_id, word) select id, lower(first_name) from persons where true on conflict do nothing;
insert into person_words (person_id, word) select id, lower(last_name) from persons where true on conflict do nothing;
insert into person_words (person_id, word) select id, lower(email) from persons where email is not null on conflict do nothing;
insert into person_words (person_id, word) select person_id, lower(name) from usernames where true on conflict do nothing;
