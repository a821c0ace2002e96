-- What people look like (people.md K14): a square PNG that we wrote ourselves, in base64. `id` changes with each upload.
create table pictures (
    person_id text primary key references persons (id),
    id text not null,
    png text not null,
    created_at bigint not null
);
