-- Page: /workforce. One row per dial of money and year of twelve months for the unit asked for: the dial ÷ average
-- full-time equivalents.
-- topic: workforce
-- class: aggregate
-- people: people_n
select metric_id, name, currency, month, amount, fte, amount_per_fte, people_n, is_hidden
from marts.money_per_fte
where view_name = $scope_view and ancestor_id = $scope_unit
order by name, month
