-- Grain: one status meeting that was expected by the last day of the data. month is the
-- reference month of its calendar quarter: the last one, or the month of the horizon in the
-- quarter that runs. unit_id is the one of the person's primary job at that month's end.
with trusted as (
    select c.checkin_id, c.person_id, c.goal_id, c.expected_date, c.held_date, c.minutes, c.items_set, c.items_covered
    from staging.checkin as c
    left join core.dim_sources as s on c.source = s.source
    qualify row_number() over (partition by c.checkin_id order by coalesce(s.position, 1000000), c.source) = 1
),

timed as (
    select
        t.checkin_id,
        t.person_id,
        t.goal_id,
        t.expected_date,
        case when t.held_date <= h.as_of_date then t.held_date end as held_date,
        t.minutes,
        t.items_set,
        t.items_covered,
        least(date_trunc('month', date_trunc('quarter', t.expected_date) + interval 2 month), date_trunc('month', h.as_of_date))::date as month,
        h.as_of_date
    from trusted as t
    cross join core.dim_horizon as h
    where t.expected_date <= h.as_of_date and t.expected_date > h.as_of_date - interval 3 year
),

-- who has no job at the month's end counts with the last one before
places as (
    select t.person_id, t.month, arg_max(j.unit_id, j.valid_from) as unit_id
    from (select distinct person_id, month, as_of_date from timed) as t
    inner join core.fct_jobs as j on t.person_id = j.person_id and j.is_primary and j.valid_from <= least(last_day(t.month), t.as_of_date)
    group by t.person_id, t.month
)

select
    t.checkin_id,
    t.person_id,
    t.goal_id,
    g.level,
    g.level_position,
    t.expected_date,
    t.held_date,
    t.minutes,
    t.items_set,
    t.items_covered,
    t.month,
    coalesce(j.unit_id, '(no unit)') as unit_id
from timed as t
inner join core.fct_goals as g on t.goal_id = g.goal_id
left join places as j on t.person_id = j.person_id and t.month = j.month
