-- Grain: one unit and month: employees, their full-time equivalents and the people
-- of other contracts, as means of daily values. A cell that is_hidden still holds its
-- numbers, for sums over more units: shown alone, it is withheld. The contractors of
-- a few units are hidden, and of as many more that the company's do not give them back.
-- hide: contractors where is_contractors_hidden
with counted as (
    select
        h.unit_id,
        h.month,
        h.heads,
        h.fte,
        h.contractors,
        h.heads_at_end,
        h.people                                                                    as people_n,
        h.is_complete,
        coalesce(p.is_hidden, h.people < s.min_people)                              as is_hidden,
        h.contractors > 0 and h.contractors < s.min_people                          as is_small,
        s.min_people
    from core.fct_headcount_monthly as h
    cross join core.dim_settings as s
    left join core.fct_unit_privacy as p on p.view_name = 'as_was' and p.is_own and h.unit_id = p.node_id and h.month = p.month
),

ranked as (
    select
        unit_id,
        month,
        is_small,
        min_people,
        bool_or(is_small) over (partition by month) as has_small,
        count(*) over earlier                       as hidden_before,
        coalesce(sum(contractors) over earlier, 0)  as contractors_before,
        coalesce(max(contractors) over earlier, 0)  as most_before
    from counted
    where contractors > 0
    window earlier as (partition by month order by is_small desc, contractors, unit_id rows between unbounded preceding and 1 preceding)
)

select
    c.unit_id,
    c.month,
    c.heads,
    c.fte,
    c.contractors,
    c.heads_at_end,
    c.people_n,
    c.is_complete,
    c.is_hidden,
    coalesce(
        r.is_small or r.has_small and (
            r.hidden_before < 2 or r.contractors_before < r.min_people
            or (r.most_before < r.min_people and r.contractors_before > (r.min_people - 1) * r.hidden_before - 2)
        ),
        false
    )                                                                               as is_contractors_hidden
from counted as c
left join ranked as r on c.unit_id = r.unit_id and c.month = r.month
-- the order of rows must say nothing
order by 1, 2
