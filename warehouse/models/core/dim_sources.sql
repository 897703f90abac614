-- Grain: one source. Where two sources deliver the same record, the one with the lower position counts.
-- What people enter in Dials counts first, and its times are the server's own clock.
select
    source,
    kind,
    schedule,
    coalesce(is_trusted_log, false) as is_trusted_log,
    coalesce(position, 1000000)     as position
from staging.sources
where source <> 'dials'

union all

select 'dials', 'register', null, true, 0
