-- Grain: one competency, by the first of its sources, with its framework and the ends of
-- its scale. Levels are told as shares of the scale: (value − low) ÷ (high − low).
with scales as (
    select s.scale_id, s.name, s.low_value, s.high_value
    from staging.scale as s
    left join core.dim_sources as d on s.source = d.source
    qualify row_number() over (partition by s.scale_id order by coalesce(d.position, 1000000), s.source) = 1
),

frameworks as (
    select f.framework_id, f.name, f.version
    from staging.framework as f
    left join core.dim_sources as d on f.source = d.source
    qualify row_number() over (partition by f.framework_id order by coalesce(d.position, 1000000), f.source) = 1
)

select
    c.competency_id,
    coalesce(c.name, c.competency_id)        as name,
    c.description,
    c.framework_id,
    coalesce(f.name, c.framework_id)         as framework_name,
    f.version                                as framework_version,
    c.scale_id,
    s.name                                   as scale_name,
    s.low_value,
    s.high_value,
    coalesce(s.high_value > s.low_value, false) as has_scale
from staging.competency as c
left join core.dim_sources as d on c.source = d.source
left join frameworks as f on c.framework_id = f.framework_id
left join scales as s on c.scale_id = s.scale_id
qualify row_number() over (partition by c.competency_id order by coalesce(d.position, 1000000), c.source) = 1
