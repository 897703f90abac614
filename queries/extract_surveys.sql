-- Extract: surveys. One row per unit of the tree and item of one survey wave: the mean of all answers, how many were asked and answered.
-- class: aggregate
-- topic: strategy
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.month, t.survey_id, t.wave, t.item, t.step, t.goal_id, t.goal_name, t.mean_value, t.answered, t.asked, t.people_n, t.is_hidden
from marts.survey_tree t
where t.view_name = $scope_view
order by 1, 3, 4, 5
