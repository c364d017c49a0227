-- Where read models are made anew beside those that are read, and where those stay that were read
-- before. In the last one tables are while two editions change places.
create schema if not exists {read}_candidate;
create schema if not exists {read}_previous;
create schema if not exists {read}_exchange;
