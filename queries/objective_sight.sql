-- Page: /objectives. One row for the unit asked for: people with an objective of their own and a line of sight, and the
-- full-time equivalents of units without one.
-- topic: strategy
-- class: aggregate
-- people: people_n
select month, people, sighted_people, sighted_low, sighted_high, goals, sighted_goals, fte, uncovered_fte, uncovered_share,
  people_n, is_hidden
from marts.objective_people_tree
where view_name = $scope_view and ancestor_id = $scope_unit
