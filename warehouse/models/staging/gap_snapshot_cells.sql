-- Grain: one cell of a frozen snapshot of competency gaps.
select
    snapshot_id,
    view_name,
    ancestor_id,
    month,
    job_title_id,
    competency_id,
    required_n,
    assessed_n,
    pairs,
    assessed_pairs,
    gap_index,
    is_index_low,
    proficient_low,
    proficient_high,
    people_n,
    is_hidden
from meta.gap_snapshot_cell
