-- Grain: one title at the horizon: its employees, exits and person-years of the 12 months
-- before, and the heads planned in 6, 12 and 24 months by the latest plan for each period;
-- NULL where nobody planned so far ahead.
with horizon as (
    select day
    from core.fct_gap_dates
    where is_latest
),

plans as (
    select
        w.job_title_id,
        w.period_start_date,
        sum(w.planned_heads) as planned
    from (
        select unit_id, job_title_id, period_start_date, planned_heads
        from staging.workforce_plan
        qualify row_number() over (partition by unit_id, job_title_id, period_start_date order by plan_version desc, source) = 1
    ) as w
    group by w.job_title_id, w.period_start_date
),

-- a plan holds for its period: the last one that begins until then, if one begins within a year of it
ahead as (
    select
        p.job_title_id,
        max_by(p.planned, p.period_start_date) filter (p.period_start_date <= h.day + interval 6 month and p.period_start_date > h.day)                        as planned_6,
        max_by(p.planned, p.period_start_date) filter (p.period_start_date <= h.day + interval 12 month and p.period_start_date > h.day + interval 6 month)    as planned_12,
        max_by(p.planned, p.period_start_date) filter (p.period_start_date <= h.day + interval 24 month and p.period_start_date > h.day + interval 12 month)   as planned_24
    from plans as p
    cross join horizon as h
    group by p.job_title_id
),

heads as (
    select p.job_title_id, count(*) as heads
    from core.fct_gap_people as p
    inner join horizon as h on p.day = h.day
    group by p.job_title_id
),

stays as (
    select
        j.job_title_id,
        sum(date_diff('day', greatest(j.valid_from, h.day - 365), least(j.valid_to, h.day + 1))) / 365.25 as person_years
    from core.fct_jobs as j
    cross join horizon as h
    where j.is_primary and j.is_employee and greatest(j.valid_from, h.day - 365) < least(j.valid_to, h.day + 1)
    group by j.job_title_id
),

exits as (
    select j.job_title_id, count(*) as exits
    from core.fct_separations as x
    cross join horizon as h
    inner join core.fct_jobs as j on x.employment_id = j.employment_id and j.is_primary and x.term_date > j.valid_from and x.term_date <= j.valid_to
    where x.term_date > h.day - 365 and x.term_date <= h.day + 1
    group by j.job_title_id
)

select
    coalesce(h.job_title_id, a.job_title_id)  as job_title_id,
    coalesce(h.heads, 0)                      as heads,
    coalesce(x.exits, 0)                      as exits,
    coalesce(s.person_years, 0)               as person_years,
    a.planned_6,
    coalesce(a.planned_12, a.planned_6)       as planned_12,
    coalesce(a.planned_24, a.planned_12, a.planned_6) as planned_24,
    a.planned_12 is not null                  as has_plan_12,
    a.planned_24 is not null                  as has_plan_24
from heads as h
full join ahead as a on h.job_title_id = a.job_title_id
left join stays as s on coalesce(h.job_title_id, a.job_title_id) = s.job_title_id
left join exits as x on coalesce(h.job_title_id, a.job_title_id) = x.job_title_id
where coalesce(h.job_title_id, a.job_title_id) <> ''
