-- Grain: one version of one tactic's link, the superseded ones as well: they say when Dials first knew.
select
    tactic_link_id,
    tactic_id,
    metric_id,
    source,
    recorded_at,
    superseded_at
from raw.tactic_link
