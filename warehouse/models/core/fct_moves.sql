-- Grain: one move of one employee to another unit or another canonical title within a spell. A move is of a mass
-- (is_mass) where its reason says so, where the unit passed to the other by org_unit_successor within a month, or
-- where ten or more people, and half of the unit, went the same way on one day: nobody's career, left out of mobility.
with stays as (
    select
        person_id,
        employment_id,
        assignment_id,
        unit_id,
        job_title_id,
        valid_from,
        lag(unit_id) over earlier      as from_unit_id,
        lag(job_title_id) over earlier as from_title_id,
        lag(valid_to) over earlier     as from_end_date
    from core.fct_jobs
    where is_primary and is_employee
    window earlier as (partition by person_id order by valid_from, valid_to)
),

moves as (
    select
        s.person_id,
        s.employment_id,
        s.assignment_id,
        s.valid_from                                                  as moved_date,
        s.from_unit_id,
        s.unit_id,
        s.from_title_id,
        s.job_title_id,
        s.unit_id <> s.from_unit_id                                   as is_unit_change,
        coalesce(s.job_title_id <> s.from_title_id, false)            as is_title_change
    from stays as s
    cross join core.dim_settings as d
    cross join core.dim_horizon as h
    where s.from_end_date is not null and s.valid_from - s.from_end_date <= d.rehire_gap_days and s.valid_from <= h.as_of_date
),

reasons as (
    select employment_id, assignment_id, valid_from, any_value(change_reason) as change_reason
    from staging.job
    where change_reason is not null
    group by employment_id, assignment_id, valid_from
),

crowds as (
    select from_unit_id, unit_id, moved_date, count(*) as people
    from moves
    where is_unit_change
    group by from_unit_id, unit_id, moved_date
    having count(*) >= 10
),

emptied as (
    select c.from_unit_id, c.unit_id, c.moved_date
    from crowds as c
    inner join core.fct_jobs as j
        on c.from_unit_id = j.unit_id and j.is_primary and j.is_employee and j.valid_from < c.moved_date and j.valid_to >= c.moved_date
    group by c.from_unit_id, c.unit_id, c.moved_date, c.people
    having c.people * 2 >= count(*)
)

select
    m.person_id,
    m.employment_id,
    m.moved_date,
    m.from_unit_id,
    m.unit_id,
    m.from_title_id,
    m.job_title_id,
    m.is_unit_change,
    m.is_title_change,
    r.change_reason,
    coalesce(regexp_matches(lower(r.change_reason), 'reorgani|restructur|merger|spin.?off|mass'), false)
    or e.unit_id is not null
    or exists (
        select 1
        from staging.org_unit_successor as s
        where s.from_unit_id = m.from_unit_id and s.to_unit_id = m.unit_id and abs(s.changed_date - m.moved_date) <= 31
    )                                                              as is_mass
from moves as m
left join reasons as r on m.employment_id = r.employment_id and m.assignment_id = r.assignment_id and m.moved_date = r.valid_from
left join emptied as e on m.from_unit_id = e.from_unit_id and m.unit_id = e.unit_id and m.moved_date = e.moved_date
where m.is_unit_change or m.is_title_change
