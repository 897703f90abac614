-- Grain: one learner and reference month: the one unit, title, location and type of the primary job
-- that they had on its last day, or last before it; who is in no HRIS is in '(no unit)'.
-- is_active: employed that day. is_on_leave: a spell of absence covers it.
with days as (
    select distinct month, reference_date
    from core.dim_learning_windows
),

-- of two primary jobs, that of an employee counts
placed as (
    select d.month, d.reference_date, j.person_id, j.unit_id, j.job_title_id, j.location, j.employment_type, j.valid_to > d.reference_date as is_active
    from days as d
    inner join core.fct_jobs as j on j.is_primary and j.valid_from <= d.reference_date
    qualify row_number() over (
        partition by d.month, j.person_id order by j.valid_to > d.reference_date desc, j.is_employee desc, j.valid_from desc, j.employment_id, j.unit_id
    ) = 1
),

absent as (
    select distinct d.month, a.person_id
    from days as d
    inner join staging.absence as a on a.from_date <= d.reference_date and coalesce(a.to_date, date '9999-12-31') > d.reference_date
),

strangers as (
    select distinct d.month, l.learner_id
    from days as d
    cross join (
        select distinct learner_id
        from core.fct_learning
        where person_id is null or person_id not in (select person_id from core.fct_jobs where is_primary)
    ) as l
)

select
    p.month,
    p.person_id                                as learner_id,
    p.unit_id,
    coalesce(p.job_title_id, '(no title)')     as job_title_id,
    coalesce(p.location, '(no location)')      as location,
    p.employment_type,
    p.is_active,
    a.person_id is not null                    as is_on_leave
from placed as p
left join absent as a on p.month = a.month and p.person_id = a.person_id

union all

select s.month, s.learner_id, '(no unit)', '(no title)', '(no location)', '(no type)', true, false
from strangers as s
left join placed as p on s.month = p.month and s.learner_id = p.person_id
where p.person_id is null
