-- Page: /gaps. One row per reference month: all titles and competencies of the unit asked for together, by the stated rule.
-- topic: competency
-- class: aggregate
-- people: people_n
select month, required_n, pairs, assessed_pairs, gap_index, is_index_low, proficient_low, proficient_high, people_n, is_hidden
from marts.gaps
where view_name = $scope_view and ancestor_id = $scope_unit and rule = 'stated' and job_title_id = '' and competency_id = '' and month <= $as_of::date
order by month
