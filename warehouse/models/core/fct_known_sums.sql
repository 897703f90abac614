-- Grain: one day of core.dim_known_days and one difference between what was known then of the leavers of the twelve
-- months before and what is known now, of the whole company: who left and was not known to (late leavers), who was
-- known to leave and did not, or in other months (withdrawn), who had joined and was not known to (late joiners).
-- base is the difference in average heads that it makes.
with leavers as (
    select s.employment_id, s.person_id, s.term_date, k.known_date, k.month, k.from_date, k.to_date
    from core.fct_separations as s
    inner join core.dim_known_days as k on s.term_date > k.from_date and s.term_date <= k.to_date
),

known as (
    select distinct v.employment_id, v.person_id, v.term_date, v.is_as_now, k.known_date, k.month, k.from_date, k.to_date
    from core.fct_employment_ends as v
    inner join core.dim_known_days as k
        on v.known_from < k.known_date + interval 1 day
        and v.known_to >= k.known_date + interval 1 day
        and v.term_date > k.from_date
        and v.term_date <= k.to_date
    where not v.is_deleted
),

differences as (
    select l.known_date, l.month, l.person_id, 'late leavers' as difference, (l.to_date - l.term_date) / (l.to_date - l.from_date)::double as heads
    from leavers as l
    left join known as n on l.employment_id = n.employment_id and l.known_date = n.known_date
    where n.employment_id is null

    union all

    -- an end that a new start bridges was never a separation
    select n.known_date, n.month, n.person_id, 'withdrawn', -(n.to_date - n.term_date) / (n.to_date - n.from_date)::double
    from known as n
    left join leavers as l on n.employment_id = l.employment_id and n.known_date = l.known_date
    where l.employment_id is null and not n.is_as_now

    union all

    select k.known_date, k.month, e.person_id, 'late joiners', -(k.to_date - e.spell_start_date) / (k.to_date - k.from_date)::double
    from core.fct_employments as e
    inner join core.dim_known_days as k on e.spell_start_date >= k.from_date and e.spell_start_date < k.to_date
    inner join (select distinct employment_id, first_known from core.fct_employment_ends) as f on e.employment_id = f.employment_id
    where e.is_employee and e.hire_date = e.spell_start_date and f.first_known >= k.known_date + interval 1 day
),

staff as (
    select k.known_date, k.month, count(distinct j.person_id) as people
    from core.fct_jobs as j
    inner join core.dim_known_days as k on j.valid_from < k.to_date and j.valid_to > k.from_date
    where j.is_primary and j.is_employee
    group by k.known_date, k.month
),

whole as (
    select k.known_date, sum(t.separations) as leavers, sum(t.heads) / 12 as average_heads
    from core.fct_turnover_monthly as t
    inner join core.dim_known_days as k on t.month >= k.from_date and t.month < k.to_date
    group by k.known_date
)

select
    s.known_date,
    s.month,
    d.difference,
    s.people,
    count(distinct x.person_id)      as numerator,
    count(x.person_id)               as amount,
    coalesce(sum(x.heads), 0)        as heads,
    any_value(w.leavers)             as leavers,
    any_value(w.average_heads)       as average_heads
from staff as s
cross join (values ('late leavers'), ('withdrawn'), ('late joiners')) as d (difference)
inner join whole as w on s.known_date = w.known_date
left join differences as x on s.known_date = x.known_date and d.difference = x.difference
group by s.known_date, s.month, d.difference, s.people
