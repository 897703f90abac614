-- Grain: one point of one scale, by the first of its sources.
select p.scale_id, p.value, p.label, p.anchor
from staging.scale_point as p
left join core.dim_sources as s on p.source = s.source
qualify row_number() over (partition by p.scale_id, p.value order by coalesce(s.position, 1000000), p.source) = 1
