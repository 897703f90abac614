-- Grain: one rival event and unit.
select
    r.rival_event_id,
    r.name,
    r.metric_id,
    r.unit_id,
    r.from_date,
    r.to_date,
    coalesce(r.is_independent, false) as is_independent
from staging.rival_event as r
left join core.dim_sources as s on r.source = s.source
qualify row_number() over (partition by r.rival_event_id, r.unit_id order by coalesce(s.position, 1000000), r.source) = 1
