-- Grain: one stretch of one job assignment, with its unit, title and kind of
-- employment, valid_from <= day < valid_to. On every day at most one stretch of a
-- person is primary among employees, and one among the others: headcount counts these.
with titles as (
    -- a mapping also holds for what was spelled so before it was made
    select raw_title, list({valid_from: valid_from, job_title_id: job_title_id} order by valid_from) as versions
    from (
        select
            m.raw_title,
            m.job_title_id,
            coalesce(m.valid_from, date '1900-01-01') as valid_from
        from staging.title_map as m
        left join core.dim_sources as s on m.source = s.source
        qualify dense_rank() over (partition by m.raw_title order by coalesce(s.position, 1000000), m.source) = 1
    )
    group by raw_title
),

trusted as (
    select
        j.employment_id,
        j.assignment_id,
        j.is_primary,
        j.fte_share,
        j.raw_title,
        j.job_title_id,
        j.unit_id,
        j.location,
        j.pay_band_id,
        j.valid_from,
        j.valid_to,
        j.valid_basis
    from staging.job as j
    left join core.dim_sources as s on j.source = s.source
    qualify dense_rank() over (partition by j.employment_id order by coalesce(s.position, 1000000), j.source) = 1
),

observed as (
    select min(valid_from) as first_date
    from trusted
    where valid_basis = 'observed'
),

-- from snapshots alone we first see a job some days after it began
started as (
    select
        t.employment_id,
        t.assignment_id,
        t.is_primary,
        t.fte_share,
        t.raw_title,
        t.job_title_id,
        t.unit_id,
        t.location,
        t.pay_band_id,
        t.valid_to,
        case
            when t.valid_from is null then e.hire_date
            when t.valid_basis = 'observed' and row_number() over (partition by t.employment_id order by t.valid_from) = 1
                then least(t.valid_from, greatest(e.hire_date, o.first_date))
            else greatest(t.valid_from, e.hire_date)
        end as valid_from,
        e.person_id,
        e.term_date
    from trusted as t
    inner join core.fct_employments as e on t.employment_id = e.employment_id
    cross join observed as o
),

ended as (
    select
        employment_id,
        assignment_id,
        is_primary,
        fte_share,
        raw_title,
        job_title_id,
        unit_id,
        location,
        pay_band_id,
        person_id,
        valid_from,
        least(
            coalesce(valid_to, date '9999-12-31'),
            coalesce(lead(valid_from) over (partition by employment_id, assignment_id order by valid_from), date '9999-12-31'),
            coalesce(term_date, date '9999-12-31')
        ) as valid_to
    from started
),

-- split where the kind of employment changes
typed as (
    select
        j.employment_id,
        j.assignment_id,
        j.is_primary,
        j.fte_share,
        j.raw_title,
        j.job_title_id,
        j.unit_id,
        j.location,
        j.pay_band_id,
        j.person_id,
        e.employment_type,
        e.is_employee,
        e.contracted_hours,
        greatest(j.valid_from, e.valid_from) as valid_from,
        least(j.valid_to, e.valid_to)        as valid_to,
        j.valid_from                         as job_from
    from ended as j
    inner join core.dim_employment_versions as e on j.employment_id = e.employment_id
    where greatest(j.valid_from, e.valid_from) < least(j.valid_to, e.valid_to)
),

-- people with more than one primary job on a day are rare: they are cut at every
-- start and end, and of each piece the job that started last stays primary
crowded as (
    select distinct person_id, is_employee
    from (
        select
            person_id,
            is_employee,
            valid_from < max(valid_to) over (
                partition by person_id, is_employee order by valid_from, valid_to rows between unbounded preceding and 1 preceding
            ) as is_overlapping
        from typed
        where is_primary
    )
    where is_overlapping
),

cuts as (
    select person_id, is_employee, day, lead(day) over (partition by person_id, is_employee order by day) as next_day
    from (
        select t.person_id, t.is_employee, t.valid_from as day
        from typed as t
        inner join crowded as c on t.person_id = c.person_id and t.is_employee = c.is_employee
        where t.is_primary

        union

        select t.person_id, t.is_employee, t.valid_to
        from typed as t
        inner join crowded as c on t.person_id = c.person_id and t.is_employee = c.is_employee
        where t.is_primary
    )
),

pieces as (
    select
        t.employment_id,
        t.assignment_id,
        row_number() over (partition by t.person_id, t.is_employee, c.day order by t.job_from desc, t.employment_id, t.assignment_id) = 1 as is_primary,
        t.fte_share,
        t.raw_title,
        t.job_title_id,
        t.unit_id,
        t.location,
        t.pay_band_id,
        t.person_id,
        t.employment_type,
        t.is_employee,
        t.contracted_hours,
        c.day      as valid_from,
        c.next_day as valid_to
    from typed as t
    inner join cuts as c on t.person_id = c.person_id and t.is_employee = c.is_employee and c.day >= t.valid_from and c.day < t.valid_to
    where t.is_primary

    union all

    select
        t.employment_id,
        t.assignment_id,
        t.is_primary,
        t.fte_share,
        t.raw_title,
        t.job_title_id,
        t.unit_id,
        t.location,
        t.pay_band_id,
        t.person_id,
        t.employment_type,
        t.is_employee,
        t.contracted_hours,
        t.valid_from,
        t.valid_to
    from typed as t
    left join crowded as c on t.person_id = c.person_id and t.is_employee = c.is_employee
    where c.person_id is null or not t.is_primary
)

select
    p.employment_id,
    p.assignment_id,
    p.person_id,
    p.is_primary,
    p.is_employee,
    p.employment_type,
    p.fte_share,
    coalesce(p.unit_id, '(no unit)')           as unit_id,
    p.raw_title,
    coalesce(
        p.job_title_id,
        coalesce(list_filter(m.versions, lambda v: v.valid_from <= p.valid_from)[-1], m.versions[1]).job_title_id
    )                                          as job_title_id,
    p.location,
    p.pay_band_id,
    p.contracted_hours,
    p.valid_from,
    p.valid_to
from pieces as p
left join titles as m on p.raw_title = m.raw_title
