-- The event store. Everything is written by append(), under one lock for the whole store: whoever
-- holds it sees every event that has a position, and gives the next positions. It is held from
-- the statement that writes until its transaction has ended, so positions are dense and in the
-- order of commits: a reader that sees position n sees all before it.

create schema if not exists {schema};

-- One row: which store this is. A dump carries it along.
create table {schema}.store (
  single boolean primary key default true check (single),
  id uuid not null default gen_random_uuid()
);
insert into {schema}.store default values;

-- The pairs of category and event type that occur: few, and so a number in each event.
create table {schema}.kinds (
  id integer generated always as identity primary key,
  category text collate "C" not null,
  event_type text collate "C" not null,
  unique (category, event_type)
);

create table {schema}.events (
  position bigint not null,
  version bigint not null,
  recorded_at timestamptz not null,
  schema_version bigint not null,
  id uuid not null,
  append_id uuid not null,
  kind integer not null,
  -- Which event of its append this is, from 0, and of how many.
  append_index smallint not null,
  append_count smallint not null,
  stream text collate "C" not null,
  -- Nothing: application/json.
  content_type text collate "C",
  tags text[] collate "C",
  -- Nothing: no metadata. Otherwise JSON.
  metadata bytea,
  data bytea not null,
  constraint events_pkey primary key (position),
  constraint events_stream_version unique (stream, version),
  constraint events_id unique (id)
);
create unique index events_append on {schema}.events (append_id) where append_index = 0;
create index events_kind on {schema}.events (kind, position);

-- The tags of events once more, to be found by.
create table {schema}.tags (
  tag text collate "C" not null,
  position bigint not null,
  primary key (tag, position)
);

create function {schema}.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% of % is refused: events are for ever', tg_op, tg_table_name
    using errcode = 'restrict_violation';
end $$;
create trigger events_are_for_ever before update or delete or truncate on {schema}.events
  for each statement execute function {schema}.refuse_change();
create trigger tags_are_for_ever before update or delete or truncate on {schema}.tags
  for each statement execute function {schema}.refuse_change();
create trigger kinds_are_for_ever before update or delete or truncate on {schema}.kinds
  for each statement execute function {schema}.refuse_change();
create trigger the_store_stays before update or delete or truncate on {schema}.store
  for each statement execute function {schema}.refuse_change();

-- A payload as JSON; nothing when it is none. Not for parallel plans: they cannot catch errors.
create function {schema}.as_json(data bytea) returns jsonb
language plpgsql immutable strict parallel unsafe as $$
begin
  return convert_from(data, 'UTF8')::jsonb;
exception when others then
  return null;
end $$;

-- Events for people: `select * from recorded_events where data ->> 'owner' = 'ada'`.
create view {schema}.recorded_events as
  select e.position, e.stream, e.version, k.category, k.event_type, e.schema_version,
         {schema}.as_json(e.data) as data, {schema}.as_json(e.metadata) as metadata, e.tags,
         coalesce(e.content_type, 'application/json') as content_type,
         e.recorded_at, e.id, e.append_id
  from {schema}.events e join {schema}.kinds k on k.id = e.kind;

-- The numbers of kinds; those that are new get one.
create function {schema}.kinds_of(categories text[], event_types text[])
returns table (id integer, category text, event_type text) language plpgsql as $$
begin
  insert into {schema}.kinds (category, event_type)
    select distinct w.category, w.event_type from unnest(categories, event_types) w (category, event_type)
    where not exists (
      select from {schema}.kinds k where k.category = w.category and k.event_type = w.event_type)
    order by 1, 2
    on conflict do nothing;
  return query
    select k.id, k.category, k.event_type from {schema}.kinds k
    join unnest(categories, event_types) w (category, event_type)
      on k.category = w.category and k.event_type = w.event_type;
end $$;

-- The first event from a position on that has all of these tags and is of one of these kinds; no
-- kinds: of any. Each in turn leaps to its next event, until all have met at one: so it takes no
-- more leaps for each than the rarest of them has events.
create function {schema}.first_with(wanted text[], selected integer[], start bigint) returns bigint
language plpgsql stable as $$
declare
  terms integer := cardinality(wanted) + case when selected is null then 0 else 1 end;
  term integer := 1;
  met integer := 0;
  reached bigint := start;
  found bigint;
begin
  loop
    if term <= cardinality(wanted) then
      select min(t.position) into found from {schema}.tags t where t.tag = wanted[term] and t.position >= reached;
    else
      -- As a row, or the planner would rather read all events from there on.
      select min(k.position) into found from unnest(selected) s (kind) cross join lateral (
        select e.kind, e.position from {schema}.events e
          where (e.kind, e.position) >= (s.kind, reached) order by e.kind, e.position limit 1) k
        where k.kind = s.kind;
    end if;
    if found is null then
      return null;
    end if;
    met := case when found = reached then met + 1 else 1 end;
    if met >= terms then
      return found;
    end if;
    reached := found;
    term := term % terms + 1;
  end loop;
end $$;

-- The first event after a position that a query selects. The query is an array of items,
-- {"categories": […], "types": […], "tags": […]}, of which one must hold; in an item, one of the
-- categories, one of the types and all tags.
create function {schema}.first_match(query jsonb, after bigint) returns bigint
language plpgsql stable as $$
declare
  item jsonb;
  wanted text[];
  selected integer[];
  first bigint;
begin
  for item in select jsonb_array_elements(query) loop
    wanted := array(select jsonb_array_elements_text(item -> 'tags'));
    selected := null;
    if item -> 'categories' <> '[]' or item -> 'types' <> '[]' then
      selected := array(select k.id from {schema}.kinds k
        where (item -> 'categories' = '[]' or item -> 'categories' ? k.category)
          and (item -> 'types' = '[]' or item -> 'types' ? k.event_type));
    end if;
    if cardinality(wanted) > 0 or selected is not null then
      first := least(first, {schema}.first_with(wanted, selected, least(after, 9223372036854775806) + 1));
    else
      first := least(first, (select min(e.position) from {schema}.events e where e.position > after));
    end if;
  end loop;
  return first;
end $$;

-- True if a stream at a version is as expected: at a version, -1 for any, -2 for not empty.
create function {schema}.is_expected(expected bigint, version bigint) returns boolean
language sql immutable as $$
  select case expected when -1 then true when -2 then version > 0 else version = expected end
$$;

-- What becomes of each append of a call when not all of them are plainly taken: verdicts and
-- positions as append() answers them; for each append, how many events before it are not taken;
-- for each write, how many events of its stream before it are not.
create function {schema}.judge(
  careful boolean, append_ids uuid[], follows boolean[], conditions jsonb,
  write_appends integer[], write_streams text[], write_expected bigint[], write_events integer[],
  versions bigint[], event_appends integer[], event_ids uuid[],
  out verdicts smallint[], out positions bigint[], out skipped bigint[], out shifted bigint[]
) language plpgsql as $$
declare
  condition jsonb;
  found bigint;
  n integer;
begin
  verdicts := array_fill(0::smallint, array[cardinality(append_ids)]);
  positions := array_fill(0::bigint, array[cardinality(append_ids)]);
  for n in
      select w.append from unnest(write_appends, write_expected, versions) w (append, expected, version)
        where not {schema}.is_expected(w.expected, w.version)
      union select f.nr from unnest(follows) with ordinality f (follows, nr) where f.follows loop
    verdicts[n] := 2;
  end loop;
  for condition in select jsonb_array_elements(conditions) loop
    n := condition ->> 'append';
    if verdicts[n] = 0 then
      found := {schema}.first_match(condition -> 'query', (condition ->> 'after')::bigint);
      if found is not null then
        verdicts[n] := 3;
        positions[n] := found;
      end if;
    end if;
  end loop;
  -- A repeat is told where it was recorded, whatever is expected by now. The id of the append
  -- comes last, so that it counts more than the id of an event.
  for n, found in
      select r.append, r.position from (
        select i.append, e.position, 0 as rank
          from unnest(event_ids, event_appends) i (id, append)
          join {schema}.events e on e.id = i.id
        union all
        select a.nr, e.position, 1 from unnest(append_ids) with ordinality a (id, nr)
          join {schema}.events e on e.append_id = a.id and e.append_index = 0) r
      where careful or verdicts[r.append] <> 0
      order by r.rank, r.position desc loop
    verdicts[n] := 1;
    positions[n] := found;
  end loop;
  select array_agg(a.skipped order by a.nr) into skipped from (
    select w.append as nr, coalesce(sum(sum(case when verdicts[w.append] = 0 then 0 else w.events end))
        over (order by w.append rows between unbounded preceding and 1 preceding), 0)::bigint as skipped
    from unnest(write_appends, write_events) w (append, events) group by w.append) a;
  select array_agg(s.shifted order by s.nr) into shifted from (
    select w.nr, coalesce(sum(case when verdicts[w.append] = 0 then 0 else w.events end)
        over (partition by w.stream order by w.nr rows between unbounded preceding and 1 preceding), 0)::bigint as shifted
    from unnest(write_appends, write_streams, write_events) with ordinality w (append, stream, events, nr)) s;
end $$;

-- Records appends, several at once, each with a verdict of its own. None of them may depend on
-- how another of the same call turns out, but for streams that several write to with any version
-- expected, and for followers: appends that expect the same version of the same one stream as an
-- earlier one, and so cannot be taken beside it.
--
-- Verdicts: 0 taken, at a position; 1 recorded before, as the event at a position; 2 a stream is
-- not as expected; 3 the condition fails, by the event at a position. Versions are those of the
-- streams before, one for each write.
create function {schema}.append(
  valid_until timestamptz,     -- refuse after this: the caller has given up waiting
  careful boolean,             -- look for repeats first; otherwise they violate a constraint
  append_ids uuid[],
  append_counts smallint[],    -- how many events
  follows boolean[],
  conditions jsonb,            -- [{"append": 1, "after": 0, "query": […]}], or nothing
  write_appends integer[],
  write_streams text[],
  write_expected bigint[],     -- a version, -1 for any, -2 for at least one event
  write_events integer[],      -- how many
  event_appends integer[],
  event_writes integer[],
  event_offsets integer[],     -- the how-manieth of its stream in this call, from 1
  append_indexes smallint[],   -- the how-manieth of its append, from 0
  event_ids uuid[],
  event_kinds integer[],
  schema_versions bigint[],
  event_streams text[],
  content_types text[],
  tags text[],                 -- of each event, with line breaks between
  metadata bytea[],
  data bytea[],
  out verdicts smallint[], out positions bigint[], out versions bigint[], out head bigint,
  out recorded_at timestamptz, out server_time timestamptz
) language plpgsql as $$
declare
  refused boolean := careful or conditions is not null;
  skipped bigint[];
  shifted bigint[];
begin
  -- Each statement must see what was committed before it began.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'an append must run at isolation level read committed' using errcode = 'AN002';
  end if;
  if current_setting('synchronous_commit') = 'off' then
    raise exception 'synchronous_commit is off: an acknowledged append could be lost' using errcode = 'AN003';
  end if;
  perform pg_advisory_xact_lock(1634627169, '{schema}.store'::regclass::oid::integer);
  server_time := clock_timestamp();
  if server_time > valid_until then
    raise exception 'the append came too late' using errcode = 'AN001';
  end if;
  -- One look-up for each write. `offset 0` keeps it from being done once more for the check.
  select h.position, h.recorded_at, w.versions, refused or not w.expected
    into head, recorded_at, versions, refused
    from (
      select array_agg(l.version) as versions, bool_and({schema}.is_expected(l.expected, l.version)) as expected from (
        select u.expected, coalesce((select e.version from {schema}.events e where e.stream = u.stream
                                     order by e.version desc limit 1), 0) as version
        from (select unnest(write_streams) as stream, unnest(write_expected) as expected) u offset 0) l) w
    left join (select e.position, e.recorded_at from {schema}.events e order by e.position desc limit 1) h on true;
  head := coalesce(head, 0);
  -- Time does not go back, whatever the clock does.
  recorded_at := greatest(server_time, recorded_at);

  if refused or follows is not null then
    select j.verdicts, j.positions, j.skipped, j.shifted into verdicts, positions, skipped, shifted
      from {schema}.judge(careful, append_ids, follows, conditions, write_appends, write_streams,
        write_expected, write_events, versions, event_appends, event_ids) j;
  end if;

  -- Texts and bytes are taken in turn, numbers by their place: each is the fastest for its kind.
  insert into {schema}.events (position, version, recorded_at, schema_version, id, append_id,
      kind, append_index, append_count, stream, content_type, tags, metadata, data)
    select head + e.nr - coalesce(skipped[event_appends[e.nr]], 0),
           versions[event_writes[e.nr]] + event_offsets[e.nr] - coalesce(shifted[event_writes[e.nr]], 0),
           recorded_at, schema_versions[e.nr], event_ids[e.nr], append_ids[event_appends[e.nr]],
           event_kinds[e.nr], append_indexes[e.nr], append_counts[event_appends[e.nr]], e.stream, e.content_type,
           string_to_array(e.tags, chr(10)), e.metadata, e.data
    from (
      select unnest(event_streams) as stream, unnest(append.data) as data, unnest(content_types) as content_type,
             unnest(append.tags) as tags, unnest(append.metadata) as metadata,
             generate_series(1, cardinality(event_ids)) as nr) e
    where verdicts is null or verdicts[event_appends[e.nr]] = 0;

  if tags is not null then
    insert into {schema}.tags (tag, position)
      select distinct t.tag, head + e.nr - coalesce(skipped[event_appends[e.nr]], 0)
      from unnest(tags) with ordinality e (tags, nr)
      cross join lateral unnest(string_to_array(e.tags, chr(10))) t (tag)
      where verdicts is null or verdicts[event_appends[e.nr]] = 0;
  end if;
end $$;

-- Where an append was recorded. Answers once nobody appends who began before. One that has not
-- come to the server yet is not waited for.
create function {schema}.find_append(append_id uuid) returns bigint
language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(1634627169, '{schema}.store'::regclass::oid::integer);
  return (select e.position from {schema}.events e
    where e.append_id = find_append.append_id and e.append_index = 0);
end $$;
