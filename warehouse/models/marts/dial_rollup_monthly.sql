-- Grain: one dial, node of the unit tree ('*' is the company) and month, in one view: what is observed and planned
-- of the units under the node, rolled up, so that no page needs to. Dials of people have their plan alone: what
-- may be said of their values is in dial_tree_monthly.
with cells as (
    select
        m.metric_id,
        m.unit_id,
        m.month,
        d.unit_aggregation,
        m.n,
        m.is_complete,
        m.plan,
        coalesce(m.plan_weight, 1)                 as plan_weight,
        case when not d.has_people then m.value end       as value,
        case when not d.has_people then m.numerator end   as numerator,
        case when not d.has_people then m.denominator end as denominator,
        coalesce(m.denominator, m.n, 1)            as weight
    from marts.dial_monthly as m
    inner join marts.dials as d on m.metric_id = d.metric_id
    where not d.has_people or m.plan is not null
),

rolled as (
    select
        s.view_name,
        s.ancestor_id,
        c.metric_id,
        c.month,
        c.unit_aggregation,
        sum(c.value * s.share)                                                                                                                      as total,
        sum(case c.unit_aggregation when 'ratio' then c.numerator when 'mean' then c.value * c.weight end * s.share)                               as numerator,
        sum(case c.unit_aggregation when 'ratio' then c.denominator when 'mean' then c.weight end * s.share) filter (where c.value is not null)    as denominator,
        sum(c.n)::bigint                                                                                                                            as n,
        count(c.value)                                                                                                                              as units,
        coalesce(bool_and(c.is_complete) filter (where c.value is not null), false)                                                                 as is_complete,
        sum(c.plan * s.share)                                                                                                                       as plan_total,
        sum(c.plan * c.plan_weight * s.share)                                                                                                       as plan_weighted,
        sum(c.plan_weight * s.share) filter (where c.plan is not null)                                                                              as plan_weight
    from cells as c
    inner join marts.unit_scope as s on c.unit_id = s.unit_id and c.month >= s.valid_from and c.month < s.valid_to
    group by s.view_name, s.ancestor_id, c.metric_id, c.month, c.unit_aggregation
)

select
    view_name,
    ancestor_id,
    metric_id,
    month,
    case unit_aggregation when 'sum' then total else numerator / nullif(denominator, 0) end                as value,
    numerator,
    denominator,
    n,
    units,
    is_complete,
    case unit_aggregation when 'sum' then plan_total else plan_weighted / nullif(plan_weight, 0) end       as plan,
    plan_weight
from rolled
-- a page reads one node
order by view_name, ancestor_id, metric_id, month
