-- Grain: one tactic by its latest version, with its launch: the start of its first wave, else the stated day.
with latest as (
    select
        t.tactic_id,
        t.name,
        t.tactic_type,
        t.need_id,
        t.approved_date,
        t.launched_date,
        t.ended_date,
        t.planned_cost_amount,
        upper(t.currency) as currency,
        t.sessions_planned,
        t.has_follow_up,
        t.course_id,
        t.source
    from staging.tactic as t
    left join core.dim_sources as s on t.source = s.source
    qualify row_number() over (
        partition by t.tactic_id order by coalesce(s.position, 1000000), t.source, t.valid_from desc
    ) = 1
),

waves as (
    select
        tactic_id,
        count(distinct wave)                                                              as wave_count,
        min(start_date)                                                                   as first_start_date,
        list_sort(list(distinct date_trunc('month', start_date)::date))                   as wave_months
    from core.panel_waves
    group by tactic_id
)

select
    t.tactic_id,
    t.name,
    t.tactic_type,
    t.need_id,
    t.approved_date,
    t.launched_date,
    t.ended_date,
    coalesce(w.first_start_date, t.launched_date)                             as launch_date,
    date_trunc('month', coalesce(w.first_start_date, t.launched_date))::date  as launched_month,
    coalesce(w.wave_count, 0)                                                 as wave_count,
    coalesce(
        w.wave_months,
        case when t.launched_date is not null then [date_trunc('month', t.launched_date)::date] else []::date[] end
    )                                                                         as wave_months,
    t.planned_cost_amount,
    t.currency,
    t.sessions_planned,
    coalesce(t.has_follow_up, false)                                          as has_follow_up,
    t.course_id,
    t.source
from latest as t
left join waves as w on t.tactic_id = w.tactic_id
