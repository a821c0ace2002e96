-- Where a session was begun: what kind of browser and system, by our own words for them, and the network as the audit trail
-- keeps it. Sessions of before know nothing of it.
alter table sessions add column browser text;
alter table sessions add column system text;
alter table sessions add column network text;
