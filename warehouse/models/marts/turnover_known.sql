-- Grain: one first day of a month: turnover of the whole company over the twelve months before it, as known on that day
-- and as known now, and what was recorded since that makes the difference. A difference of 1 to 4 people is told as a
-- range, and then what was known is not: one less the other would give it back. No difference is told as none only
-- where there is none of any kind.
with told as (
    select
        k.known_date,
        k.month,
        k.difference,
        k.people,
        k.amount,
        k.heads,
        k.leavers,
        k.average_heads,
        n.is_hidden,
        n.is_range,
        n.numerator_low,
        n.numerator_high
    from core.fct_known_sums as k
    inner join core.fct_people_nodes as n
        on n.table_name = 'known'
        and n.view_name = 'as_was'
        and n.node_id = '*'
        and n.measure = k.difference || '||' || k.known_date
        and n.month = k.month
),

days as (
    select
        known_date,
        any_value(month)                                                     as month,
        any_value(people)                                                    as people_n,
        any_value(leavers)                                                   as leavers_now,
        any_value(average_heads)                                             as heads_now,
        sum(case difference when 'late leavers' then -amount when 'withdrawn' then amount else 0 end) as leavers_more,
        sum(heads)                                                           as heads_more,
        max(amount) filter (where difference = 'late leavers')               as late_leavers,
        max(amount) filter (where difference = 'withdrawn')                  as withdrawn,
        max(amount) filter (where difference = 'late joiners')               as late_joiners,
        bool_or(is_hidden)                                                   as is_hidden,
        bool_or(is_range and amount > 0)                                     as is_range,
        sum(amount) = 0                                                      as is_same
    from told
    group by known_date
),

-- the sum of twelve months is told only where each of them is
vague as (
    select coalesce(bool_or(is_range or is_hidden), true) as is_vague
    from core.fct_people_nodes
    where table_name = 'workforce' and view_name = 'as_was' and node_id = '*' and measure = 'leavers of a month'
)

select
    d.known_date,
    d.month,
    case when not d.is_hidden and not v.is_vague then d.people_n end                                              as people_n,
    case when not d.is_hidden and not v.is_vague then d.leavers_now end                                           as leavers_now,
    case when not d.is_hidden and not v.is_vague then d.leavers_now / d.heads_now end                             as turnover_now,
    case when not d.is_hidden and not v.is_vague and not d.is_range then d.leavers_now + d.leavers_more end       as leavers_then,
    case
        when not d.is_hidden and not v.is_vague and not d.is_range
            then (d.leavers_now + d.leavers_more) / (d.heads_now + d.heads_more)
    end                                                                                                           as turnover_then,
    case when not d.is_hidden and (d.is_same or d.late_leavers >= 5) then d.late_leavers end                      as late_leavers,
    case when not d.is_hidden and (d.is_same or d.withdrawn >= 5) then d.withdrawn end                            as withdrawn,
    case when not d.is_hidden and (d.is_same or d.late_joiners >= 5) then d.late_joiners end                      as late_joiners,
    d.is_same,
    d.is_range,
    d.is_hidden or v.is_vague                                                                                     as is_hidden
from days as d
cross join vague as v
order by d.known_date
