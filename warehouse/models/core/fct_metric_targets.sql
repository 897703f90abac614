-- Grain: one metric, unit and month, by the last plan version that covers it.
-- is_base as in fct_metric_observations: a plan above units with plans of their own is a total.
with trusted as (
    select
        t.metric_id,
        t.unit_id,
        date_trunc('month', t.period_start_date)::date as month,
        t.plan_version,
        t.plan,
        t.plan_weight
    from staging.metric_target as t
    left join core.dim_sources as s on t.source = s.source
    qualify row_number() over (
        partition by t.metric_id, t.unit_id, date_trunc('month', t.period_start_date)
        order by t.plan_version desc, t.period_start_date desc, coalesce(s.position, 1000000), t.source
    ) = 1
),

planned as (
    select distinct metric_id, unit_id
    from trusted
),

totals as (
    select distinct p.metric_id, p.unit_id
    from planned as p
    inner join core.dim_unit_closure as c on p.unit_id = c.ancestor_id and c.view_name = 'as_was' and c.unit_id <> c.ancestor_id
    inner join planned as below on p.metric_id = below.metric_id and c.unit_id = below.unit_id
)

select
    t.metric_id,
    t.unit_id,
    t.month,
    t.plan_version,
    t.plan,
    coalesce(t.plan_weight, 1) as plan_weight,
    x.unit_id is null          as is_base
from trusted as t
inner join core.dim_metrics as m on t.metric_id = m.metric_id
left join totals as x on t.metric_id = x.metric_id and t.unit_id = x.unit_id
