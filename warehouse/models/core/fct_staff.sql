-- Grain: one person with a primary job on the last day of the facts, or on the same day one or two years before:
-- employees and the people of other contracts, with unit, title, place, full-time equivalent and the start of the spell.
with days as (
    select date_trunc('month', d.day)::date as month, d.day
    from (
        select unnest([as_of_date, (as_of_date - interval 1 year)::date, (as_of_date - interval 2 year)::date]) as day
        from core.dim_horizon
    ) as d
    where d.day >= (select min(month) from core.dim_months)
),

held as (
    select
        d.month,
        d.day,
        j.person_id,
        j.is_employee,
        j.is_primary,
        j.employment_id,
        j.employment_type,
        j.unit_id,
        j.job_title_id,
        j.location,
        j.pay_band_id,
        j.fte_share
    from core.fct_jobs as j
    inner join days as d on j.valid_from <= d.day and j.valid_to > d.day
),

shares as (
    select month, person_id, is_employee, sum(fte_share) as fte
    from held
    group by month, person_id, is_employee
)

select
    h.month,
    h.day,
    h.person_id,
    h.employment_id,
    h.is_employee,
    h.employment_type,
    h.unit_id,
    coalesce(h.job_title_id, '(no title)') as job_title_id,
    coalesce(h.location, '(no place)')     as location,
    h.pay_band_id,
    s.fte,
    e.spell_start_date
from held as h
inner join shares as s on h.month = s.month and h.person_id = s.person_id and h.is_employee = s.is_employee
left join core.fct_employments as e on h.employment_id = e.employment_id
where h.is_primary
