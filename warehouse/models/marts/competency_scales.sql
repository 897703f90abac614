-- Grain: one scale that competencies are assessed on: its ends, its points and how many of them say what
-- they mean.
select
    k.scale_id,
    any_value(k.scale_name)                                              as scale_name,
    any_value(k.low_value)                                               as low_value,
    any_value(k.high_value)                                              as high_value,
    bool_and(k.has_scale)                                                as has_ends,
    count(distinct k.competency_id)                                      as competencies,
    string_agg(distinct k.framework_name, ', ' order by k.framework_name) as frameworks,
    any_value(p.points)                                                  as points,
    any_value(p.anchored)                                                as anchored_points
from core.dim_skills as k
left join (
    select scale_id, count(*) as points, count(*) filter (trim(coalesce(anchor, '')) <> '') as anchored
    from core.dim_scale_points
    group by scale_id
) as p on k.scale_id = p.scale_id
group by k.scale_id
order by k.scale_id
