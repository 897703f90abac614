-- Grain: one configured source; position is its place in the configuration, first is most trusted.
select
    source,
    kind,
    schedule,
    is_trusted_log,
    position,
    creates_people
from meta.source
