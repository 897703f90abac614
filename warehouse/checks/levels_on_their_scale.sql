-- Every level that is required or rated is on its scale; one that is not is left out.
-- severity: warning
with scales as (
    select scale_id, any_value(low_value order by source) as low_value, any_value(high_value order by source) as high_value
    from staging.scale
    group by scale_id
),

levels as (
    select 'requirement' as stream, 'of title ' || r.job_title_id as whose, r.competency_id, r.level, k.low_value, k.high_value
    from staging.requirement as r
    inner join core.dim_skills as k on r.competency_id = k.competency_id

    union all

    -- no person is named
    select 'assessment', 'by ' || a.rater_type, a.competency_id, a.value, coalesce(s.low_value, k.low_value), coalesce(s.high_value, k.high_value)
    from staging.assessment as a
    left join core.dim_skills as k on a.competency_id = k.competency_id
    left join scales as s on a.scale_id = s.scale_id
)

select format(
    '{}: {} levels of competency {} are outside of its scale, {} to {}, such as {} {}',
    stream, count(*), competency_id, any_value(low_value)::varchar, any_value(high_value)::varchar, min(level)::varchar, min(whose)
) as message
from levels
where level not between low_value and high_value
group by stream, competency_id
