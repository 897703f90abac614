-- Page: /learning. One row: the quartiles, over the managers of the unit asked for, of how much of their team is active in learning.
-- topic: learning
-- class: aggregate
-- view: manager-comparison
-- people: people_n
-- quantile: low_share, median_share, high_share
select low_share, median_share, high_share, people_n, is_hidden
from marts.team_learning_spread
where view_name = $scope_view and ancestor_id = $scope_unit
