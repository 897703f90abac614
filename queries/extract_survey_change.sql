-- Extract: survey_change. One row per unit with all below it, survey and item: its first wave and its last.
-- class: aggregate
-- topic: strategy
-- scope: grants
-- people: people_n
select t.ancestor_id as unit_id, t.survey_id, t.item, t.before_wave, t.after_wave, t.before_month, t.month as after_month, t.before_mean,
  t.after_mean, t.delta, t.std_error,
  t.units, t.before_answered, t.before_asked, t.after_answered, t.after_asked, t.people_n, t.is_hidden
from marts.survey_change_tree t
where t.view_name = $scope_view
order by 1, 2, 3
