-- Grain: one measure of the workforce, month, unit and at most one attribute of people (attribute is '' for none):
-- what its people add up to. A person stands in one unit, one title and one place of a month, so rows add up along
-- the tree. numerator counts the people of a sensitive rate; amount ÷ base is the number; largest is one person's part.
with years as (
    select
        y.month,
        y.person_id,
        y.unit_id,
        y.job_title_id,
        y.location,
        m.measure,
        m.floor,
        m.is_sensitive,
        m.amount::double      as amount,
        y.average_heads       as base
    from core.fct_staff_years as y
    cross join lateral (
        values
        ('leavers', 'people', true, y.separations),
        ('voluntary', 'people', true, y.voluntary_separations),
        ('involuntary', 'people', true, y.separations - y.voluntary_separations),
        ('joiners', 'people', true, y.joins),
        ('moves', 'people', true, y.moves)
    ) as m (measure, floor, is_sensitive, amount)
),

-- hired in the year before, so that the first year of all of them is over
cohorts as (
    select
        y.month,
        e.person_id,
        e.spell_start_date,
        min(s.term_date) as term_date,
        y.to_date
    from core.fct_employments as e
    inner join core.dim_staff_years as y
        on e.spell_start_date >= y.from_date - interval 1 year and e.spell_start_date < y.from_date
    left join core.fct_separations as s on e.person_id = s.person_id and e.spell = s.spell
    where e.is_employee and y.from_date - interval 1 year >= (select min(month) from core.dim_months)
    group by y.month, e.person_id, e.spell_start_date, y.to_date
),

first_years as (
    select
        c.month,
        c.person_id,
        arg_max(j.unit_id, j.valid_to)                                 as unit_id,
        arg_max(coalesce(j.job_title_id, '(no title)'), j.valid_to)    as job_title_id,
        arg_max(coalesce(j.location, '(no place)'), j.valid_to)        as location,
        'first year'                                                   as measure,
        'people'                                                       as floor,
        true                                                           as is_sensitive,
        max(coalesce(c.term_date < c.spell_start_date + interval 1 year, false)::integer)::double as amount,
        1::double                                                      as base
    from cohorts as c
    inner join core.fct_jobs as j
        on c.person_id = j.person_id and j.is_primary and j.is_employee
        and j.valid_from < c.spell_start_date + interval 1 year and j.valid_to > c.spell_start_date
    group by c.month, c.person_id
),

-- who starts in a title: from outside, or from another title
starts as (
    select y.month, j.person_id, j.unit_id, j.job_title_id, j.location, j.valid_from, false as is_internal
    from core.fct_employments as e
    inner join core.dim_staff_years as y on e.spell_start_date >= y.from_date and e.spell_start_date < y.to_date
    inner join core.fct_jobs as j
        on e.employment_id = j.employment_id and j.is_primary and j.is_employee and j.valid_from <= e.hire_date and j.valid_to > e.hire_date
    where e.is_employee and e.hire_date = e.spell_start_date

    union all

    select y.month, m.person_id, m.unit_id, m.job_title_id, j.location, m.moved_date, true
    from core.fct_moves as m
    inner join core.dim_staff_years as y on m.moved_date >= y.from_date and m.moved_date < y.to_date
    inner join core.fct_jobs as j on m.employment_id = j.employment_id and j.is_primary and j.valid_from = m.moved_date
    where m.is_title_change and not m.is_mass
),

fills as (
    select
        month,
        person_id,
        arg_max(unit_id, valid_from)                              as unit_id,
        arg_max(coalesce(job_title_id, '(no title)'), valid_from) as job_title_id,
        arg_max(coalesce(location, '(no place)'), valid_from)     as location,
        'fills'                                                   as measure,
        'people'                                                  as floor,
        true                                                      as is_sensitive,
        count(*) filter (where is_internal)::double               as amount,
        count(*)::double                                          as base
    from starts
    group by month, person_id
),

spells as (
    select
        y.month,
        a.person_id,
        a.absence_type,
        a.absence_id,
        greatest(a.from_date, y.from_date)                        as from_date,
        least(coalesce(a.to_date, h.as_of_date + 1), y.to_date)   as to_date,
        a.from_date                                               as first_date,
        greatest(coalesce(a.to_date, h.as_of_date + 1) - a.from_date, 1) as days,
        a.absent_hours
    from staging.absence as a
    cross join core.dim_horizon as h
    inner join core.dim_staff_years as y on a.from_date < y.to_date and coalesce(a.to_date, h.as_of_date + 1) > y.from_date
    left join core.dim_sources as s on a.source = s.source
    qualify dense_rank() over (partition by a.absence_id order by coalesce(s.position, 1000000), a.source) = 1
),

missed as (
    select
        s.month,
        s.person_id,
        s.absence_type,
        sum(coalesce(s.absent_hours / s.days, y.weekly_hours / 7) * greatest(s.to_date - s.from_date, 1)) as hours,
        count(distinct s.absence_id) filter (where s.first_date = s.from_date) as spells
    from spells as s
    inner join core.fct_staff_years as y on s.month = y.month and s.person_id = y.person_id
    group by s.month, s.person_id, s.absence_type
),

absences as (
    select
        y.month,
        y.person_id,
        y.unit_id,
        y.job_title_id,
        y.location,
        k.kind || '||' || t.absence_type                                        as measure,
        'pay'                                                                   as floor,
        true                                                                    as is_sensitive,
        coalesce(case k.kind when 'absence' then m.hours else m.spells end, 0)::double as amount,
        case k.kind when 'absence' then y.contracted_hours else y.average_heads end as base
    from core.fct_staff_years as y
    inner join (select distinct month, absence_type from missed) as t on y.month = t.month
    cross join (values ('absence'), ('spells')) as k (kind)
    left join missed as m on y.month = m.month and y.person_id = m.person_id and t.absence_type = m.absence_type
),

latest as (
    select max(month) as month
    from core.fct_staff
),

teams as (
    select l.manager_id, x.month, count(distinct l.person_id) as reports
    from core.fct_reporting_lines as l
    inner join core.fct_staff as p on l.person_id = p.person_id
    inner join latest as x on p.month = x.month
    group by l.manager_id, x.month
),

present as (
    select
        s.month,
        s.person_id,
        s.unit_id,
        s.job_title_id,
        s.location,
        s.employment_type,
        s.is_employee,
        s.fte,
        case when s.is_employee then (s.day - s.spell_start_date) / 365.25 end as tenure_years,
        r.reports
    from core.fct_staff as s
    left join teams as r on s.person_id = r.manager_id and s.month = r.month
),

states as (
    select
        month,
        person_id,
        unit_id,
        'contracts'                                                    as measure,
        a.attribute,
        case a.attribute when '' then '' else employment_type end      as attribute_value,
        fte                                                            as amount,
        1::double                                                      as base
    from present
    cross join (values (''), ('type')) as a (attribute)

    union all

    select
        month,
        person_id,
        unit_id,
        'tenure',
        a.attribute,
        case
            when a.attribute = '' then ''
            when tenure_years < 1 then '0-1'
            when tenure_years < 2 then '1-2'
            when tenure_years < 5 then '2-5'
            when tenure_years < 10 then '5-10'
            else '10+'
        end,
        tenure_years,
        1
    from present
    cross join (values (''), ('band')) as a (attribute)
    where is_employee

    union all

    select
        month,
        person_id,
        unit_id,
        'span',
        a.attribute,
        case
            when a.attribute = '' then ''
            when reports < 4 then '1-3'
            when reports < 7 then '4-6'
            when reports < 10 then '7-9'
            when reports < 15 then '10-14'
            else '15+'
        end,
        reports,
        1
    from present
    cross join (values (''), ('band')) as a (attribute)
    where is_employee and reports > 0
),

facts as (
    select month, person_id, unit_id, job_title_id, location, measure, floor, is_sensitive, amount, base
    from years

    union all

    select month, person_id, unit_id, job_title_id, location, measure, floor, is_sensitive, amount, base
    from first_years

    union all

    select month, person_id, unit_id, job_title_id, location, measure, floor, is_sensitive, amount, base
    from fills

    union all

    select month, person_id, unit_id, job_title_id, location, measure, floor, is_sensitive, amount, base
    from absences
),

summed as (
    select
        measure,
        month,
        unit_id,
        ''                                                                        as attribute,
        ''                                                                        as attribute_value,
        count(*)                                                                  as people,
        case when bool_or(is_sensitive) then count(*) filter (where amount > 0) end as numerator,
        sum(amount)                                                               as amount,
        sum(base)                                                                 as base,
        case when measure like 'absence||%' then max(amount) end                  as largest,
        case when measure like 'absence||%' then sum(amount) end                  as total,
        any_value(floor)                                                          as floor
    from facts
    group by measure, month, unit_id

    union all

    -- of the whole company: of units, single titles would nearly always tell of few
    select
        f.measure || '||' || b.attribute,
        f.month,
        '(company)',
        a.attribute,
        a.attribute_value,
        count(*),
        case when bool_or(f.is_sensitive) then count(*) filter (where f.amount > 0) end,
        sum(f.amount),
        sum(f.base),
        case when f.measure like 'absence||%' then max(f.amount) end,
        case when f.measure like 'absence||%' then sum(f.amount) end,
        any_value(f.floor)
    from facts as f
    cross join (values ('title'), ('location')) as b (attribute)
    cross join lateral (values ('', ''), (b.attribute, case b.attribute when 'title' then f.job_title_id else f.location end)) as a (attribute, attribute_value)
    where
        (f.measure in ('leavers', 'joiners', 'first year', 'fills') or f.measure like 'absence||%')
        and f.month = (select max(month) from core.dim_staff_years)
    group by f.measure, f.month, b.attribute, a.attribute, a.attribute_value
),

-- of the company's months: leavers, by unit as it was told then
months as (
    select t.month, t.unit_id, t.people, t.separations, t.heads
    from core.fct_turnover_monthly as t
    where t.month > (select max(month) - interval 36 month from core.dim_months) and t.people > 0
)

select 'workforce' as table_name, measure as cell, measure, month, unit_id, attribute, attribute_value, people, numerator, amount, base, largest, total, floor
from summed

union all

select 'workforce', measure, measure, month, unit_id, attribute, attribute_value, count(*), null, sum(amount), sum(base), null, null, 'people'
from states
group by measure, month, unit_id, attribute, attribute_value

union all

select 'workforce', 'leavers of a month', 'leavers of a month', month, unit_id, '', '', people, least(separations, people), separations, heads, null, null, 'people'
from months
