-- Grain: one dial, unit and month with an observation or a plan; months ahead have a plan alone.
-- Units are those that the dial is observed for: a query rolls them up. A cell that
-- is_hidden or is_range still holds its numbers, for sums over more units: shown alone, it
-- is withheld, or its numerator said only as numerator_low to numerator_high.
-- hide: value, numerator where is_range
with observed as (
    select
        metric_id,
        unit_id,
        month,
        value,
        numerator,
        denominator,
        n,
        null::bigint  as people_n,
        is_complete,
        false         as is_hidden,
        false         as is_range,
        null::double  as numerator_low,
        null::double  as numerator_high
    from core.fct_metric_observations
    where is_base

    union all

    select
        m.metric_id,
        t.unit_id,
        t.month,
        t.voluntary_separations / nullif(t.heads, 0),
        t.voluntary_separations,
        t.heads,
        t.people,
        t.people,
        t.is_complete,
        coalesce(p.is_hidden, t.people < s.min_people),
        coalesce(p.is_range, true),
        coalesce(p.numerator_low, 0),
        coalesce(p.numerator_high, t.people)
    from core.fct_turnover_monthly as t
    inner join core.dim_metrics as m on m.computed_from = 'employment'
    cross join core.dim_settings as s
    left join core.fct_unit_privacy as p
        on p.view_name = 'as_was' and p.is_own and t.unit_id = p.node_id and t.month = p.month
),

planned as (
    select metric_id, unit_id, month, plan, plan_weight
    from core.fct_metric_targets
    where is_base
)

select
    coalesce(o.metric_id, p.metric_id)                                as metric_id,
    coalesce(o.unit_id, p.unit_id)                                    as unit_id,
    coalesce(o.month, p.month)                                        as month,
    o.value,
    o.numerator,
    o.denominator,
    o.n,
    o.people_n,
    coalesce(o.is_complete, false)                                    as is_complete,
    p.plan,
    p.plan_weight,
    coalesce(o.is_hidden, false)                                      as is_hidden,
    coalesce(o.is_range, false)                                       as is_range,
    case when o.is_range then o.numerator_low end                     as numerator_low,
    case when o.is_range then o.numerator_high end                    as numerator_high
from observed as o
full outer join planned as p on o.metric_id = p.metric_id and o.unit_id = p.unit_id and o.month = p.month
-- the order of rows must say nothing: a join leaves those with a leaver together
order by 1, 2, 3
