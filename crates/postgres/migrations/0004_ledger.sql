-- Which events each projection handled: a page for 4096 positions.
create table {read}.annals_ledger (
    projection text collate "C" not null,
    page bigint not null,
    entries bytea not null,
    primary key (projection, page)
);
