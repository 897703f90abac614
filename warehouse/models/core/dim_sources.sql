-- Grain: one configured source. Where two sources deliver the same record, the one with the lower position counts.
select
    source,
    kind,
    schedule,
    coalesce(is_trusted_log, false) as is_trusted_log,
    coalesce(position, 1000000)     as position
from staging.sources
