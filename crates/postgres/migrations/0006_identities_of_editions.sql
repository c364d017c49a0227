-- Which edition of a read model a checkpoint is of, whichever name it has, and when another took its
-- place.
alter table {read}.annals_checkpoints
    add column edition uuid not null default gen_random_uuid(),
    add column replaced_at timestamptz;
update {read}.annals_checkpoints set replaced_at = clock_timestamp()
    where projection like '%\_\_previous';

-- Tokens of those who own checkpoints, each given once: a token of an edition that was dropped is
-- never that of another. They begin far above those that are given already: processes of an older
-- version, which count on from the token that they find, go on meanwhile.
create sequence {read}.annals_tokens;
select setval('{read}.annals_tokens',
              (select coalesce(max(token), 0) + 1000000000 from {read}.annals_checkpoints));
