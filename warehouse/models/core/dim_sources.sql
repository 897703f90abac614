-- Grain: one source. Where two sources deliver the same record, the one with the lower position counts.
-- Only who is in a source that creates people is a person; where no source says so, all do.
-- What people enter in Dials counts first, and its times are the server's own clock.
select
    source,
    kind,
    schedule,
    coalesce(is_trusted_log, false) as is_trusted_log,
    coalesce(position, 1000000)     as position,
    case when (select count(creates_people) from staging.sources) > 0 then coalesce(creates_people, false) else true end as creates_people
from staging.sources
where source <> 'dials'

union all

select 'dials', 'register', null, true, 0, true
