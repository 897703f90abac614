-- Grain: one node of the unit tree ('*' is the company) in one view, year of core.dim_staff_years and dial that is an
-- amount of money summed up and wanted to go up (revenue): the dial over twelve months ÷ the mean of twelve averages
-- of full-time equivalents. Only where all twelve months of both are there and none of the people is hidden.
with money as (
    select m.metric_id, any_value(m.name) as name, any_value(m.unit_of_measure) as currency
    from core.dim_metrics as m
    where regexp_matches(m.unit_of_measure, '^[A-Z]{3}$') and m.direction = 'up' and m.unit_aggregation = 'sum' and m.time_aggregation = 'sum'
    group by m.metric_id
),

scope as (
    select view_name, ancestor_id, unit_id, valid_from, valid_to, share
    from core.dim_unit_closure

    union all

    select v.view_name, '*', f.unit_id, date '1900-01-01', date '9999-12-31', 1
    from (select distinct unit_id from core.fct_metric_observations) as f
    cross join (values ('as_was'), ('as_now')) as v (view_name)
),

amounts as (
    select s.view_name, s.ancestor_id, y.month, o.metric_id, sum(o.value * s.share) as amount, count(distinct o.month) as months
    from core.fct_metric_observations as o
    inner join money as m on o.metric_id = m.metric_id
    inner join core.dim_staff_years as y on o.month >= y.from_date and o.month < y.to_date
    inner join scope as s on o.unit_id = s.unit_id and o.month >= s.valid_from and o.month < s.valid_to
    where o.is_base and o.is_complete
    group by s.view_name, s.ancestor_id, y.month, o.metric_id
),

heads as (
    select h.view_name, h.ancestor_id, y.month, sum(h.fte) / 12 as fte, min(h.people_n) as people_n, bool_or(h.is_hidden) as is_hidden, count(*) as months
    from marts.headcount_tree_monthly as h
    inner join core.dim_staff_years as y on h.month >= y.from_date and h.month < y.to_date
    group by h.view_name, h.ancestor_id, y.month
)

select
    a.view_name,
    a.ancestor_id,
    a.month,
    a.metric_id,
    m.name,
    m.currency,
    a.amount,
    case when not h.is_hidden and h.months = 12 then h.fte end                                    as fte,
    case when not h.is_hidden and h.months = 12 and a.months = 12 then a.amount / nullif(h.fte, 0) end as amount_per_fte,
    h.people_n,
    h.is_hidden
from amounts as a
inner join money as m on a.metric_id = m.metric_id
inner join heads as h on a.view_name = h.view_name and a.ancestor_id = h.ancestor_id and a.month = h.month
order by 1, 2, 3, 4
