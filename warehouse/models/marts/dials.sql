-- Grain: one dial: a business measure, its definition, its owner and the months that it covers.
with covered as (
    select
        metric_id,
        min(month)                                                as first_month,
        -- a month counts when everything reported for it is whole
        max(month) filter (where is_whole)                        as last_complete_month
    from (
        select metric_id, month, bool_and(is_complete) as is_whole
        from core.fct_metric_observations
        where is_base
        group by metric_id, month

        union all

        select m.metric_id, t.month, bool_and(t.is_complete)
        from core.fct_turnover_monthly as t
        inner join core.dim_metrics as m on m.computed_from = 'employment'
        group by m.metric_id, t.month
    )
    group by metric_id
),

delivered as (
    select metric_id, source
    from core.fct_metric_observations

    union

    select metric_id, source
    from core.dim_metrics
    where computed_from is null
),

named as (
    select metric_id, string_agg(distinct source, ', ' order by source) as sources
    from delivered
    group by metric_id
)

select
    m.metric_id,
    m.name,
    m.unit_of_measure,
    m.direction,
    m.unit_aggregation,
    m.time_aggregation,
    m.base_grain,
    m.base_unit_type,
    m.owner_name,
    m.is_owner_in_ld,
    m.signed_off_at,
    m.currency,
    m.money_per_unit,
    m.margin,
    m.formula,
    coalesce(n.sources, case m.computed_from when 'employment' then e.sources end, m.source) as sources,
    m.computed_from,
    m.has_people,
    c.first_month,
    c.last_complete_month,
    m.definition_version,
    m.recorded_at
from core.dim_metrics as m
left join covered as c on m.metric_id = c.metric_id
left join named as n on m.metric_id = n.metric_id
cross join (select string_agg(distinct source, ', ' order by source) as sources from core.dim_employment_versions) as e
