-- Page: /investment. One row per kind of cost of the window (direct, time of learners), of everybody and of the front line, of the unit asked for.
-- topic: investment
-- class: pay
-- people: people_n
select what, attribute_value, people_n, amount, square, unit_amount, open_amount, fte, days, cost_currency, is_hidden
from marts.investment_cost_tree
where view_name = $scope_view and ancestor_id = $scope_unit and window_id = $window
order by what, attribute_value
