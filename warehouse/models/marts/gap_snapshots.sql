-- Grain: one snapshot of competency gaps, frozen under a name; who froze it is the audit's to say.
select snapshot_id, name, made_at, note, month as frozen_month
from core.gap_snapshots
order by snapshot_id
