-- How an account stood before its erasure was ordered: taken back, it stands so again.
alter table departures add column was_off boolean not null default false;
alter table departures add column was_off_by_operator boolean not null default false;
