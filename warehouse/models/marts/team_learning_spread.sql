-- Grain: one node of the unit tree ('*' is the company): the quartiles of how much of their team is
-- active in learning, over managers with at least two reports. Fewer than 20 managers have none: a row about one manager
-- is a row about a person.
with teams as (
    select month, manager_id, count(*) as team, count(*) filter (where is_active_in_learning) as active
    from core.fct_team_learning
    group by month, manager_id
    having count(*) >= 2
)

select
    v.view_name,
    s.node_id                               as ancestor_id,
    t.month,
    quantile_cont(t.active / t.team, 0.25)  as low_share,
    quantile_cont(t.active / t.team, 0.5)   as median_share,
    quantile_cont(t.active / t.team, 0.75)  as high_share,
    count(*)                                as people_n,
    false                                   as is_hidden
from teams as t
inner join core.fct_learner_places as p on t.month = p.month and t.manager_id = p.learner_id
inner join core.dim_cell_places as s on not s.is_own and t.month = s.month and p.unit_id = s.unit_id
cross join (values ('as_was'), ('as_now')) as v (view_name)
group by v.view_name, s.node_id, t.month
having count(*) >= 20
