-- What a grant was limited to beside its scopes: resources, details, claims, the key it is bound to.
alter table grants add column terms text not null default '{}';
