-- Accounts that end for good: erased (GDPR Art. 17, people.md C12), or merged into another account of the same human
-- (people.md S47). The row of the person stays, emptied, so that its id is never anybody else's (security.md I07).
create table departures (
    person_id text primary key references persons (id),
    kind text not null,
    -- The account that remains, of merged ones.
    into_id text,
    ordered_by text not null,
    ordered_at bigint not null,
    due_at bigint not null,
    done_at bigint,
    -- When network and detail were taken out of the audit trail.
    pseudonymised_at bigint
);
create index departures_due on departures (due_at) where done_at is null;
create index departures_open on departures (done_at) where pseudonymised_at is null;
create index departures_into on departures (into_id) where into_id is not null;
