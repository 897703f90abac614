-- Page: /gaps. One row per title ('' is all) and kind of two raters in the unit asked for, at the last day of the data.
-- topic: competency
-- class: aggregate
-- people: people_n
select job_title_id, raters, pairs, has_few_raters, raters_n, mean_difference, sd_difference, exact_share, within_one_share, kappa, people_n, is_hidden
from marts.gap_raters
where view_name = $scope_view and ancestor_id = $scope_unit
order by job_title_id, raters
