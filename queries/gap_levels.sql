-- Page: /gaps. One row per rule and competency of one title ('' is all) in the unit asked for, at the last reference month:
-- the mean level that each kind of rater found.
-- topic: competency
-- class: aggregate
-- people: people_n
select rule, competency_id, assessed_n, level_share, required_share, people_n, is_hidden
from marts.gaps
where view_name = $scope_view and ancestor_id = $scope_unit and job_title_id = $title and competency_id <> ''
  and month = (select max(month) from marts.gaps where view_name = $scope_view and ancestor_id = $scope_unit and rule = 'self')
order by rule, competency_id
