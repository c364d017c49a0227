-- As bank_owner, after each migration; it can be run again.
grant usage on schema annals, annals_read, annals_read_candidate, annals_read_previous,
  annals_read_exchange to bank_service;

-- Events are read and appended, never changed.
grant select on all tables in schema annals to bank_service;
grant insert on annals.events, annals.tags, annals.kinds to bank_service;
-- Keys of persons are made, wrapped anew and destroyed; that they were stays for ever.
grant insert, update on annals.keys to bank_service;
-- What is kept of persons beside the log is put and deleted; that it was deleted stays for ever.
grant insert, delete on annals.side_values to bank_service;
grant insert on annals.side_erased to bank_service;
grant execute on all functions in schema annals to bank_service;

-- The service makes the tables of its read models itself, and makes them again when their
-- declaration changes, also beside those that are read.
grant create on schema annals_read, annals_read_candidate, annals_read_previous,
  annals_read_exchange to bank_service;
grant select, insert, update, delete
  on annals_read.annals_checkpoints, annals_read.annals_dead_letters, annals_read.annals_leases,
     annals_read.annals_ledger, annals_read.annals_snapshots
  to bank_service;
grant usage on sequence annals_read.annals_tokens to bank_service;
