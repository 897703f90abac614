-- Grain: one competency that is or will be required everywhere, at the horizon: heads of the titles that
-- will require it in 6, 12 and 24 months, as planned, or as they are where nobody planned.
with horizon as (
    select day
    from core.fct_gap_dates
    where is_latest
),

ahead as (
    select distinct a.months, r.competency_id, r.job_title_id
    from horizon as h
    cross join (values (6), (12), (24)) as a (months)
    inner join core.fct_requirement_spans as r
        on h.day + to_months(a.months) >= r.valid_from and h.day + to_months(a.months) < r.valid_to
    where r.unit_id = '' and r.share is not null
)

select
    a.competency_id,
    sum(coalesce(d.planned_6, d.heads)) filter (a.months = 6)      as demand_6,
    sum(coalesce(d.planned_12, d.heads)) filter (a.months = 12)    as demand_12,
    sum(coalesce(d.planned_24, d.heads)) filter (a.months = 24)    as demand_24,
    bool_or(d.planned_6 is not null)                               as is_planned
from ahead as a
inner join core.fct_title_demand as d on a.job_title_id = d.job_title_id
group by a.competency_id
