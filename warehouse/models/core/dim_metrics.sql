-- Grain: one metric, by its latest definition.
with known as (
    select max(recorded_at)::date as known_date
    from staging.metric
),

trusted as (
    select
        m.metric_id,
        m.name,
        m.unit_of_measure,
        m.direction,
        m.unit_aggregation,
        m.time_aggregation,
        m.base_grain,
        m.base_unit_type,
        m.formula,
        m.owner_id,
        m.owner_name,
        m.is_owner_in_ld,
        m.signed_off_at,
        m.money_per_unit,
        m.margin,
        m.currency,
        m.computed_from,
        coalesce(m.valid_from, date '1900-01-01') as valid_from,
        m.source,
        m.recorded_at
    from staging.metric as m
    left join core.dim_sources as s on m.source = s.source
    qualify dense_rank() over (partition by m.metric_id order by coalesce(s.position, 1000000), m.source) = 1
),

-- versions that sources declare, and those that people entered in Dials
declared as (
    select metric_id, max(versions) as versions
    from (
        select metric_id, source, count(*) as versions
        from staging.metric
        where source <> 'dials'
        group by metric_id, source
    )
    group by metric_id
),

entered as (
    select entry_key ->> 'metric_id' as metric_id, count(*) as versions
    from core.register_changes
    where stream = 'metric'
    group by entry_key ->> 'metric_id'
)

select
    t.metric_id,
    t.name,
    t.unit_of_measure,
    t.direction,
    t.unit_aggregation,
    t.time_aggregation,
    t.base_grain,
    t.base_unit_type,
    t.formula,
    t.owner_id,
    t.owner_name,
    t.is_owner_in_ld,
    t.signed_off_at,
    t.money_per_unit,
    t.margin,
    upper(t.currency)                                                as currency,
    nullif(trim(t.computed_from), '')                                as computed_from,
    coalesce(nullif(trim(t.computed_from), '') = 'employment', false) as has_people,
    (
        case when t.source = 'dials' then coalesce(d.versions, 0) else row_number() over (partition by t.metric_id, t.source order by t.valid_from) end
        + coalesce(e.versions, 0)
    )::integer                                                       as definition_version,
    t.source,
    t.recorded_at
from trusted as t
left join declared as d on t.metric_id = d.metric_id
left join entered as e on t.metric_id = e.metric_id
cross join known as k
-- a definition that starts later than we know of is not yet in force
qualify row_number() over (
    partition by t.metric_id
    order by t.valid_from > k.known_date, case when t.valid_from <= k.known_date then t.valid_from end desc, t.valid_from
) = 1
