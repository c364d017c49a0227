-- What is read: all of it is made from the events, can be dropped, and is made again.
create schema if not exists {read};

-- How far each projection has come.
create table {read}.annals_checkpoints (
    projection text collate "C" primary key,
    -- The declaration that its tables are of, and the tables.
    fingerprint uuid not null,
    tables text[] not null,
    -- The store that the events come from, once it was resumed with one.
    store uuid,
    position bigint not null check (position >= 0),
    -- Raised by each owner; only the newest one writes.
    token bigint not null
);

-- Who does a piece of work that several processes could do.
create table {read}.annals_leases (
    work text collate "C" primary key,
    owner uuid not null,
    -- Raised by each owner.
    token bigint not null,
    expires_at timestamptz not null
);

-- The newest snapshot of each stream.
create table {read}.annals_snapshots (
    stream text collate "C" primary key,
    fingerprint uuid not null,
    version bigint not null,
    last_event uuid not null,
    state bytea not null,
    checksum uuid not null
);
