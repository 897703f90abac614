-- Page: /objectives. One row per objective and step from heard to act, of the last wave that asked about it, for the unit asked
-- for: the mean of all answers.
-- topic: strategy
-- class: aggregate
-- people: people_n
select goal_id, goal_name, step, month, wave, mean_value, answered, asked, people_n, is_hidden
from marts.survey_tree
where view_name = $scope_view and ancestor_id = $scope_unit and goal_id <> '' and step in ('heard', 'understood', 'want', 'know how', 'act')
qualify month = max(month) over (partition by goal_id)
order by goal_id, list_position(['heard', 'understood', 'want', 'know how', 'act'], step)
