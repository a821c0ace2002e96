-- What a tenant tells everybody above its sign-in and invitation pages: one line of plain text.
alter table tenants add column greeting text;
