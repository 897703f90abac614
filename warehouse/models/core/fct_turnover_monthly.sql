-- Grain: one unit and month with employees, from the month of the first leaver that the history knows:
-- before it, nobody left because leavers were not kept.
with leavers as (
    select
        unit_id,
        month,
        count(*)                               as separations,
        count(*) filter (where is_voluntary)   as voluntary_separations
    from core.fct_separations
    group by unit_id, month
),

first_leaver as (
    select min(month) as month
    from leavers
)

select
    h.unit_id,
    h.month,
    h.heads,
    h.people,
    h.is_complete,
    coalesce(l.separations, 0)            as separations,
    coalesce(l.voluntary_separations, 0)  as voluntary_separations
from core.fct_headcount_monthly as h
inner join first_leaver as f on h.month >= f.month
left join leavers as l on h.unit_id = l.unit_id and h.month = l.month
where h.heads > 0
