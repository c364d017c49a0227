-- The keys of persons, wrapped by root keys that are kept elsewhere. A row for each person, for ever: of
-- a destroyed key only that it was.
create table {schema}.keys (
  subject text collate "C" primary key,
  key_id uuid,
  root text collate "C",
  wrapped bytea,
  check ((key_id is null) = (wrapped is null) and (root is null) = (wrapped is null))
);
create index keys_by_root on {schema}.keys (root) where root is not null;
