-- Page: /reviews. One row per fiscal year of the review and rating for the unit asked for: how full-time base pay changed in
-- the twelve months after it, people rounded to 5.
-- topic: reviews
-- class: pay
-- people: people_n
-- rounded: none
select month, split_part(measure, '||', 2)::integer as rating, ratio as rise, people_n, is_hidden
from marts.pay_tree
where view_name = $scope_view and ancestor_id = $scope_unit and measure like 'rise||%'
order by month, rating
