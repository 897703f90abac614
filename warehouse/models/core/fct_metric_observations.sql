-- Grain: one metric, unit and month, of the observations that sources deliver.
-- Finer ones are rolled up to months by the metric's aggregation over time, a
-- quarter is spread over its months. is_base: counts in roll-ups over units; a
-- total that is delivered beside its parts is reconciled with them, not added.
with known as (
    select max(recorded_at)::date as known_date
    from staging.metric_observation
),

trusted as (
    select
        o.metric_id,
        o.unit_id,
        o.period_start_date,
        o.value,
        o.numerator,
        o.denominator,
        o.n,
        o.is_complete,
        o.source
    from staging.metric_observation as o
    left join core.dim_sources as s on o.source = s.source
    qualify row_number() over (
        partition by o.metric_id, o.unit_id, o.period_start_date order by coalesce(s.position, 1000000), o.source
    ) = 1
),

-- period_end_date is the day after the period
periods as (
    select
        t.metric_id,
        t.unit_id,
        t.period_start_date,
        t.value,
        t.numerator,
        t.denominator,
        t.n,
        t.is_complete,
        t.source,
        m.base_grain,
        m.unit_aggregation,
        m.time_aggregation,
        case m.base_grain
            when 'day' then t.period_start_date + 1
            when 'week' then t.period_start_date + 7
            when 'quarter' then (t.period_start_date + interval 3 month)::date
            else (date_trunc('month', t.period_start_date) + interval 1 month)::date
        end as period_end_date
    from trusted as t
    inner join core.dim_metrics as m on t.metric_id = m.metric_id
    where m.computed_from is null
),

-- parts: the share of a period's days that falls into a month. The last value of a
-- week or a quarter belongs to the month in which that period ends.
parts as (
    select
        metric_id,
        unit_id,
        date_trunc('month', period_start_date)::date as month,
        period_start_date,
        period_end_date,
        1.0::double                                  as share,
        value,
        numerator,
        denominator,
        n,
        is_complete,
        source,
        base_grain,
        unit_aggregation,
        time_aggregation
    from periods
    where period_end_date <= (date_trunc('month', period_start_date) + interval 1 month)::date

    union all

    select
        p.metric_id,
        p.unit_id,
        s.month::date,
        p.period_start_date,
        p.period_end_date,
        (least(p.period_end_date, (s.month + interval 1 month)::date) - greatest(p.period_start_date, s.month::date))
        / (p.period_end_date - p.period_start_date)::double,
        p.value,
        p.numerator,
        p.denominator,
        p.n,
        p.is_complete,
        p.source,
        p.base_grain,
        p.unit_aggregation,
        p.time_aggregation
    from periods as p
    cross join unnest(generate_series(date_trunc('month', p.period_start_date), p.period_end_date - interval 1 day, interval 1 month)) as s (month)
    where
        p.period_end_date > (date_trunc('month', p.period_start_date) + interval 1 month)::date
        and (p.time_aggregation <> 'last' or s.month = date_trunc('month', p.period_end_date - 1))
),

rolled as (
    select
        metric_id,
        unit_id,
        month,
        base_grain,
        unit_aggregation,
        case
            when time_aggregation = 'last' then arg_max(value, period_start_date)
            when time_aggregation = 'sum' then sum(value * share)
            -- a mean over time weighs each period by what is behind it
            else sum(value * share * coalesce(denominator, n, 1)) / nullif(sum(share * coalesce(denominator, n, 1)) filter (value is not null), 0)
        end                                                                                          as value,
        case when time_aggregation = 'last' then arg_max(numerator, period_start_date) else sum(numerator * share) end     as numerator,
        case when time_aggregation = 'last' then arg_max(denominator, period_start_date) else sum(denominator * share) end as denominator,
        case when time_aggregation = 'last' then arg_max(n, period_start_date) else round(sum(n * share))::bigint end      as n,
        -- where the source does not say, a period that ends after the last load is still open
        bool_and(coalesce(is_complete, period_end_date <= (select known_date from known) + 1))       as is_complete,
        min(period_start_date)                                                                       as first_date,
        max(period_end_date)                                                                         as end_date,
        max(source)                                                                                  as source
    from parts
    group by metric_id, unit_id, month, base_grain, unit_aggregation, time_aggregation
),

-- a month of days or weeks is whole when the metric's observations span it
spans as (
    select metric_id, min(first_date) as first_date, max(end_date) as end_date
    from rolled
    group by metric_id
),

-- units whose observations are totals of others'
observed as (
    select distinct metric_id, unit_id
    from rolled
),

totals as (
    -- the metric says what its base units are, and this is known to be none of them
    select o.metric_id, o.unit_id
    from observed as o
    inner join core.dim_metrics as m on o.metric_id = m.metric_id
    inner join core.dim_unit_versions as v on o.unit_id = v.unit_id
    where m.base_unit_type is not null
    group by o.metric_id, o.unit_id
    having not bool_or(coalesce(lower(v.unit_type) = lower(m.base_unit_type), true))

    union

    -- the metric does not say, and units below this one are observed too
    select o.metric_id, o.unit_id
    from observed as o
    inner join core.dim_metrics as m on o.metric_id = m.metric_id
    inner join core.dim_unit_closure as c on o.unit_id = c.ancestor_id and c.view_name = 'as_was' and c.unit_id <> c.ancestor_id
    inner join observed as below on o.metric_id = below.metric_id and c.unit_id = below.unit_id
    where m.base_unit_type is null
)

select
    r.metric_id,
    r.unit_id,
    r.month,
    case when r.unit_aggregation = 'ratio' then coalesce(r.numerator / nullif(r.denominator, 0), case when r.numerator is null or r.denominator is null then r.value end) else r.value end as value,
    r.numerator,
    r.denominator,
    r.n,
    r.is_complete
    and case
        when r.base_grain not in ('day', 'week') then true
        -- days without work at either end of a month are no gap
        else s.end_date >= (r.month + interval 1 month)::date - case r.base_grain when 'day' then 3 else 0 end
            and s.first_date <= r.month + case r.base_grain when 'day' then 3 else 0 end
    end              as is_complete,
    t.unit_id is null as is_base,
    r.source
from rolled as r
inner join spans as s on r.metric_id = s.metric_id
left join totals as t on r.metric_id = t.metric_id and r.unit_id = t.unit_id
