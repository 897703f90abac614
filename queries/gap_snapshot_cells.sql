-- Page: /gaps. One row per title ('' is all) and competency ('' is all) in the unit asked for, as a snapshot froze it.
-- topic: competency
-- class: aggregate
-- people: people_n
select job_title_id, competency_id, required_n, assessed_n, pairs, assessed_pairs, gap_index, is_index_low, proficient_low, proficient_high, people_n, is_hidden
from marts.gap_snapshot_cells
where view_name = $scope_view and ancestor_id = $scope_unit and snapshot = $snapshot
order by job_title_id, competency_id
