-- Personal values that are kept beside the log, sealed: a row for each, until its person is forgotten.
create table {schema}.side_values (
  subject text collate "C" not null,
  hash bytea not null,
  sealed bytea not null,
  primary key (subject, hash)
);
-- It is ciphertext, which nothing makes smaller.
alter table {schema}.side_values alter column sealed set storage external;

-- Whose values were deleted, for ever: they never have any again.
create table {schema}.side_erased (
  subject text collate "C" primary key
);
