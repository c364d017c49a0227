-- Events that projections could not apply, and those that wait behind them.
create table {read}.annals_dead_letters (
    projection text collate "C" not null,
    position bigint not null,
    -- False once it was skipped for good.
    parked boolean not null,
    letter json not null,
    primary key (projection, position)
);

create index annals_parked on {read}.annals_dead_letters (projection, position) where parked;
