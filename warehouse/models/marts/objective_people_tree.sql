-- Grain: one node of the unit tree ('*' is the company) on the last day of the data: people
-- with an objective of their own and how many of them have a line of sight, their objectives,
-- and the full-time equivalents of units without an objective. Full-time equivalents are
-- rounded to 5, shares to whole per cent: they come from the headcount of single units.
with horizon as (
    select date_trunc('month', as_of_date)::date as month
    from core.dim_horizon
),

scope as (
    select c.ancestor_id, c.unit_id
    from core.dim_unit_closure as c
    cross join horizon as h
    where c.view_name = 'as_was' and h.month >= c.valid_from and h.month < c.valid_to

    union all

    select '*', unit_id
    from core.fct_unit_objectives

    union all

    select '*', unit_id
    from (select distinct unit_id from core.fct_goal_people where unit_id not in (select unit_id from core.fct_unit_objectives))
),

goals as (
    select s.ancestor_id, count(*) as goals, count(*) filter (g.has_sight) as sighted_goals
    from core.fct_goal_people as g
    inner join scope as s on g.unit_id = s.unit_id
    group by s.ancestor_id
),

units as (
    select s.ancestor_id, sum(u.fte) as fte, coalesce(sum(u.fte) filter (not u.has_objective), 0) as uncovered_fte,
        count(*) as units, count(*) filter (not u.has_objective) as uncovered_units
    from core.fct_unit_objectives as u
    inner join scope as s on u.unit_id = s.unit_id
    group by s.ancestor_id
)

select
    'as_was'                                                                         as view_name,
    c.node_id                                                                        as ancestor_id,
    c.month,
    case when not o.is_hidden then o.people end                                      as people,
    case when not o.is_hidden and not o.is_range then p.sighted end                  as sighted_people,
    case when not o.is_hidden then o.numerator_low end                               as sighted_low,
    case when not o.is_hidden then o.numerator_high end                              as sighted_high,
    case when not o.is_hidden then g.goals end                                       as goals,
    case when not o.is_hidden and not o.is_range then g.sighted_goals end            as sighted_goals,
    case when not c.is_hidden then 5 * round(u.fte / 5) end                          as fte,
    case when not c.is_hidden and not c.is_range then 5 * round(u.uncovered_fte / 5) end    as uncovered_fte,
    case when not c.is_hidden and not c.is_range then round(u.uncovered_fte / nullif(u.fte, 0), 2) end as uncovered_share,
    u.units,
    u.uncovered_units,
    c.people                                                                         as people_n,
    c.is_hidden
from core.fct_cell_privacy as c
inner join units as u on c.node_id = u.ancestor_id
left join core.fct_cell_privacy as o
    on o.table_name = 'objectives' and o.measure = '' and c.month = o.month and c.node_id = o.node_id and not o.is_own and o.attribute = ''
left join (
    select s.ancestor_id, count(distinct g.person_id) filter (g.has_sight) as sighted
    from core.fct_goal_people as g
    inner join scope as s on g.unit_id = s.unit_id
    group by s.ancestor_id
) as p on c.node_id = p.ancestor_id
left join goals as g on c.node_id = g.ancestor_id
where c.table_name = 'uncovered' and not c.is_own and c.attribute = ''
