-- The audit log of a tenant and the activity of a person are read page by page, the newest first.
create index audit_tenant on audit (tenant_id, at, id);
create index audit_subject on audit (subject, at, id);
