-- RFC 9449 11.1: a DPoP proof is good for one use; the digest is of its key and its jti.
create table proof_ids (digest text primary key, expires_at bigint not null);
create index proof_ids_expiry on proof_ids (expires_at);
