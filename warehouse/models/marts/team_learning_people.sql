-- Grain: one manager (person_id) with a team: how many report to them, and how many of those are active in learning.
select
    manager_id                                         as person_id,
    count(*)                                           as team,
    count(*) filter (where is_active_in_learning)      as active
from core.fct_team_learning
group by manager_id
