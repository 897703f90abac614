-- Grain: one unit and month in which somebody worked there. heads, fte and
-- contractors are means of daily values; the last month runs to the horizon.
-- people: distinct employees with a primary job in the unit on any day of the month.
with bounds as (
    select
        min(month)                           as first_date,
        max(h.as_of_date) + 1                as end_date
    from core.dim_months
    cross join core.dim_horizon as h
),

-- each stretch adds its heads on its first day and takes them on the day after its last
stretches as (
    select
        j.unit_id,
        j.person_id,
        greatest(j.valid_from, b.first_date)                        as valid_from,
        least(j.valid_to, b.end_date)                               as valid_to,
        (j.is_employee and j.is_primary)::integer                   as heads,
        case when j.is_employee then j.fte_share else 0 end         as fte,
        (not j.is_employee and j.is_primary)::integer               as contractors
    from core.fct_jobs as j
    cross join bounds as b
    where j.valid_to > b.first_date and j.valid_from < b.end_date
),

deltas as (
    select unit_id, valid_from as day, heads, fte, contractors
    from stretches

    union all

    select unit_id, valid_to, -heads, -fte, -contractors
    from stretches
),

-- what an event adds to the month's sum of days is its size × the days left
moved as (
    select
        d.unit_id,
        m.month,
        sum(d.heads)                                       as heads,
        sum(d.fte)                                         as fte,
        sum(d.contractors)                                 as contractors,
        sum(d.heads * (least(m.next_month, b.end_date) - d.day))       as head_days,
        sum(d.fte * (least(m.next_month, b.end_date) - d.day))         as fte_days,
        sum(d.contractors * (least(m.next_month, b.end_date) - d.day)) as contractor_days
    from deltas as d
    inner join core.dim_months as m on date_trunc('month', d.day) = m.month
    cross join bounds as b
    -- the day after the last one known ends what we see, and nobody's job
    where d.day < b.end_date
    group by d.unit_id, m.month
),

-- people of a month: stretches that touch in one unit are one stay, from month to month
stays as (
    select unit_id, person_id, first_month, max(last_month) as last_month
    from (
        select
            unit_id,
            person_id,
            last_month,
            min(first_month) over (partition by unit_id, person_id, stay) as first_month
        from (
            select
                unit_id,
                person_id,
                first_month,
                last_month,
                sum(is_new) over (partition by unit_id, person_id order by first_month, last_month rows unbounded preceding) as stay
            from (
                select
                    unit_id,
                    person_id,
                    date_trunc('month', valid_from)::date   as first_month,
                    date_trunc('month', valid_to - 1)::date as last_month,
                    coalesce(
                        date_trunc('month', valid_from)::date > max(date_trunc('month', valid_to - 1)::date) over (
                            partition by unit_id, person_id order by valid_from, valid_to rows between unbounded preceding and 1 preceding
                        ),
                        true
                    )::integer as is_new
                from stretches
                where heads = 1
            )
        )
    )
    group by unit_id, person_id, first_month
),

arrivals as (
    select unit_id, month, sum(people) as people
    from (
        select unit_id, first_month as month, 1 as people
        from stays

        union all

        select unit_id, (last_month + interval 1 month)::date, -1
        from stays
    )
    group by unit_id, month
),

grid as (
    select u.unit_id, m.month, least(m.next_month, b.end_date) - m.month as days, m.is_complete
    from (select distinct unit_id from stretches) as u
    cross join core.dim_months as m
    cross join bounds as b
),

running as (
    select
        g.unit_id,
        g.month,
        g.days,
        g.is_complete,
        coalesce(sum(d.heads) over earlier, 0) * g.days + coalesce(d.head_days, 0)             as head_days,
        coalesce(sum(d.fte) over earlier, 0) * g.days + coalesce(d.fte_days, 0)                as fte_days,
        coalesce(sum(d.contractors) over earlier, 0) * g.days + coalesce(d.contractor_days, 0) as contractor_days,
        coalesce(sum(d.heads) over until, 0)                                                   as heads_at_end,
        coalesce(sum(a.people) over until, 0)                                                  as people
    from grid as g
    left join moved as d on g.unit_id = d.unit_id and g.month = d.month
    left join arrivals as a on g.unit_id = a.unit_id and g.month = a.month
    window
        earlier as (partition by g.unit_id order by g.month rows between unbounded preceding and 1 preceding),
        until as (partition by g.unit_id order by g.month rows unbounded preceding)
)

select
    unit_id,
    month,
    days,
    is_complete,
    head_days / days::double                 as heads,
    round(fte_days / days, 6)                as fte,
    contractor_days / days::double           as contractors,
    heads_at_end::bigint                     as heads_at_end,
    people::bigint                           as people
from running
where head_days > 0 or contractor_days > 0
