-- Grain: one finding about one person's competency, as a share of its scale. A value
-- outside of its scale, or without one, is left out.
select
    a.assessment_id,
    a.person_id,
    a.competency_id,
    a.rater_id,
    a.rater_type,
    a.value,
    (a.value - coalesce(s.low_value, k.low_value)) / (coalesce(s.high_value, k.high_value) - coalesce(s.low_value, k.low_value)) as share,
    a.value - coalesce(s.low_value, k.low_value)                                                                             as points,
    a.assessed_date
from staging.assessment as a
left join core.dim_skills as k on a.competency_id = k.competency_id
left join (
    select scale_id, any_value(low_value order by source) as low_value, any_value(high_value order by source) as high_value
    from staging.scale
    group by scale_id
) as s on a.scale_id = s.scale_id
left join core.dim_sources as d on a.source = d.source
where
    coalesce(s.high_value, k.high_value) > coalesce(s.low_value, k.low_value)
    and a.value between coalesce(s.low_value, k.low_value) and coalesce(s.high_value, k.high_value)
-- of sources that tell of the same assessment, the first counts
qualify row_number() over (partition by a.assessment_id order by coalesce(d.position, 1000000), a.source) = 1
