-- Page: /gaps. One row per title ('' is all) and competency ('' is all) required in the unit asked for, on the last
-- reference month until the day asked for, by the rule asked for; titles and competencies in order.
-- topic: competency
-- class: aggregate
-- people: people_n
select month, job_title_id, competency_id, required_n, pairs, assessed_n, assessed_pairs, gap_index, is_index_low, surplus_index,
  proficient_low, proficient_high, level_share, required_share, is_found_hidden, people_n, is_hidden
from marts.gaps
where view_name = $scope_view and ancestor_id = $scope_unit and rule = $rule
  and month = (select max(month) from marts.gaps where view_name = $scope_view and ancestor_id = $scope_unit and rule = $rule and month <= $as_of::date)
order by job_title_id, competency_id
