-- Grain: one employee and one year of core.dim_staff_years in which they were employed on any day, in the unit, title
-- and place that they had last. average_heads and average_fte are means of twelve monthly means of daily values, so
-- they add up to the mean of the twelve averages; contracted_hours are those of the days employed.
with stretches as (
    select
        y.month,
        j.person_id,
        j.unit_id,
        j.job_title_id,
        j.location,
        j.is_primary,
        j.fte_share,
        case when j.is_primary then j.contracted_hours end as weekly_hours,
        greatest(j.valid_from, y.from_date)                as valid_from,
        least(j.valid_to, y.to_date)                       as valid_to
    from core.fct_jobs as j
    inner join core.dim_staff_years as y on j.valid_from < y.to_date and j.valid_to > y.from_date
    where j.is_employee
),

spent as (
    select
        s.month,
        s.person_id,
        sum((least(s.valid_to, m.next_month) - greatest(s.valid_from, m.month)) / m.days::double / 12) filter (where s.is_primary) as average_heads,
        sum((least(s.valid_to, m.next_month) - greatest(s.valid_from, m.month)) / m.days::double / 12 * s.fte_share)               as average_fte
    from stretches as s
    inner join core.dim_months as m on m.month < s.valid_to and m.next_month > s.valid_from
    group by s.month, s.person_id
),

placed as (
    select
        month,
        person_id,
        arg_max(unit_id, valid_to)                                     as unit_id,
        arg_max(coalesce(job_title_id, '(no title)'), valid_to)        as job_title_id,
        arg_max(coalesce(location, '(no place)'), valid_to)            as location,
        sum((valid_to - valid_from) * weekly_hours / 7)                as contracted_hours,
        arg_max(weekly_hours, valid_to)                                as weekly_hours
    from stretches
    where is_primary
    group by month, person_id
),

leavers as (
    select y.month, s.person_id, count(*) as separations, count(*) filter (where s.is_voluntary) as voluntary_separations
    from core.fct_separations as s
    inner join core.dim_staff_years as y on s.term_date > y.from_date and s.term_date <= y.to_date
    group by y.month, s.person_id
),

joiners as (
    select y.month, e.person_id, count(distinct e.spell_start_date) as joins
    from core.fct_employments as e
    inner join core.dim_staff_years as y on e.spell_start_date >= y.from_date and e.spell_start_date < y.to_date
    where e.is_employee
    group by y.month, e.person_id
),

movers as (
    select y.month, m.person_id, count(*) as moves
    from core.fct_moves as m
    inner join core.dim_staff_years as y on m.moved_date >= y.from_date and m.moved_date < y.to_date
    where not m.is_mass
    group by y.month, m.person_id
)

select
    p.month,
    p.person_id,
    p.unit_id,
    p.job_title_id,
    p.location,
    s.average_heads,
    s.average_fte,
    p.contracted_hours,
    p.weekly_hours,
    coalesce(l.separations, 0)             as separations,
    coalesce(l.voluntary_separations, 0)   as voluntary_separations,
    coalesce(j.joins, 0)                   as joins,
    coalesce(m.moves, 0)                   as moves
from placed as p
inner join spent as s on p.month = s.month and p.person_id = s.person_id
left join leavers as l on p.month = l.month and p.person_id = l.person_id
left join joiners as j on p.month = j.month and p.person_id = j.person_id
left join movers as m on p.month = m.month and p.person_id = m.person_id
