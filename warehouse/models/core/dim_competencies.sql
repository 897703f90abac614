-- Grain: one competency with its framework and the ends of its scale.
select
    c.source,
    c.competency_id,
    c.name,
    c.framework_id,
    f.name         as framework_name,
    c.scale_id,
    s.low_value,
    s.high_value
from staging.competency as c
left join staging.framework as f on c.source = f.source and c.framework_id = f.framework_id
left join staging.scale as s on c.source = s.source and c.scale_id = s.scale_id
