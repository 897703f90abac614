-- Page: /objectives. One row per item on how certain people are of their goals, for the unit asked for: its first wave and its last.
-- topic: strategy
-- class: aggregate
-- people: people_n
select survey_id, item, before_wave, after_wave, before_month, month as after_month, before_mean, after_mean, delta, std_error, units,
  before_answered, before_asked, after_answered, after_asked, people_n, is_hidden
from marts.survey_change_tree
where view_name = $scope_view and ancestor_id = $scope_unit
order by survey_id, item
