-- Grain: one note on a day of one unit.
select
    a.annotation_id,
    a.unit_id,
    a.on_date,
    a.name
from staging.annotation as a
left join core.dim_sources as s on a.source = s.source
qualify row_number() over (partition by a.annotation_id, a.unit_id order by coalesce(s.position, 1000000), a.source) = 1
