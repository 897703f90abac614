-- Grain: one cell of a frozen snapshot: what was shown of competency gaps when it was made.
select
    s.name as snapshot,
    c.view_name,
    c.ancestor_id,
    c.month,
    c.job_title_id,
    c.competency_id,
    c.required_n,
    c.assessed_n,
    c.pairs,
    c.assessed_pairs,
    c.gap_index,
    c.is_index_low,
    c.proficient_low,
    c.proficient_high,
    c.people_n,
    c.is_hidden
from core.gap_snapshot_cells as c
inner join core.gap_snapshots as s on c.snapshot_id = s.snapshot_id
order by s.name, c.ancestor_id, c.job_title_id, c.competency_id
