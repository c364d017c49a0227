-- Which edition of a read model a checkpoint is of, whichever name it has, and when another took its
-- place.
alter table {read}.annals_checkpoints
    add column edition uuid not null default gen_random_uuid(),
    add column replaced_at timestamptz;
update {read}.annals_checkpoints set replaced_at = clock_timestamp()
    where projection like '%\_\_previous';

-- Tokens of those who own checkpoints, each given once: a token of an edition that was dropped is
-- never that of another.
create sequence {read}.annals_tokens;
select setval('{read}.annals_tokens',
              (select coalesce(max(token), 0) + 1 from {read}.annals_checkpoints));
