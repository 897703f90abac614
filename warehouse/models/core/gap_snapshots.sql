-- Grain: one snapshot of competency gaps, frozen under a name.
select snapshot_id, name, made_at, made_by, note, month
from staging.gap_snapshots
