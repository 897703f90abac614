-- Grain: one learner and window: hours, completions and what they cost. direct: the learner's part of cost lines;
-- time: hours at the person's loaded rate of the year, else the company's; loaded is direct and time. An
-- amount without an exchange rate, and time without a payroll, are not in it.
with windows as (
    select window_id, month, from_date, to_date
    from core.dim_learning_windows
    where window_id in ('fy', 'last-fy', 'rolling-12')
),

years as (
    select min(year) as first_year, max(year) as last_year
    from core.fct_loaded_rates
),

learned as (
    select
        w.window_id,
        w.month,
        h.learner_id,
        sum(h.hours)                                                                                                  as hours,
        sum(h.hours) filter (where h.is_aligned)                                                                      as aligned_hours,
        count(*) filter (where h.is_completed)                                                                        as completions,
        count(*) filter (where h.is_completed and h.origin = 'self')                                                  as self_completions,
        sum(h.hours * coalesce(r.loaded_rate_amount, a.loaded_rate_amount))                                           as time_amount
    from core.fct_learning_hours as h
    inner join windows as w on h.day >= w.from_date and h.day < w.to_date
    cross join years as y
    left join core.fct_loaded_rates as r on h.learner_id = r.person_id and least(greatest(year(h.day), y.first_year), y.last_year) = r.year
    left join core.fct_loaded_rates as a on a.person_id = '*' and least(greatest(year(h.day), y.first_year), y.last_year) = a.year
    group by w.window_id, w.month, h.learner_id
),

spent as (
    select window_id, month, learner_id, sum(amount) as direct_amount
    from core.fct_learning_spend
    where learner_id is not null
    group by window_id, month, learner_id
)

select
    coalesce(l.window_id, s.window_id)             as window_id,
    coalesce(l.month, s.month)                     as month,
    coalesce(l.learner_id, s.learner_id)           as learner_id,
    coalesce(l.hours, 0)                           as hours,
    coalesce(l.aligned_hours, 0)                   as aligned_hours,
    coalesce(l.completions, 0)                     as completions,
    coalesce(l.self_completions, 0)                as self_completions,
    coalesce(s.direct_amount, 0)::double           as direct_amount,
    l.time_amount::double                          as time_amount
from learned as l
full outer join spent as s on l.window_id = s.window_id and l.learner_id = s.learner_id
