-- Page: /investment. One row per what is measured of the window (hours, self, plans), of everybody and of the front line, and of each quarter
-- by purpose, modality and kind; of the unit asked for.
-- topic: investment
-- class: aggregate
-- people: people_n
select window_id, month, what, value, attribute_value, people_n, hours, aligned_hours, square, fte, days, items, items_done, is_range, is_hidden
from marts.investment_tree
where view_name = $scope_view and ancestor_id = $scope_unit and (window_id in ($window, 'quarter') or what = 'plans')
order by window_id, month, what, value, attribute_value
