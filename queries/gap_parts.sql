-- Page: /gaps/cell. One row per unit of those asked for: one title and competency there, by the rule asked for.
-- topic: competency
-- class: aggregate
-- people: people_n
select ancestor_id as unit, required_n, assessed_n, assessed_pairs, gap_index, is_index_low, proficient_low, proficient_high,
  is_found_hidden, people_n, is_hidden
from marts.gaps
where view_name = $scope_view and rule = $rule and job_title_id = $title and competency_id = $competency
  and ancestor_id in (select unnest(string_split($units, chr(31))))
  and month = (select max(month) from marts.gaps where view_name = $scope_view and ancestor_id = $scope_unit and rule = $rule and month <= $as_of::date)
order by ancestor_id
