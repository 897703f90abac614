-- Grain: one wave of a tactic's roll-out, with when and how its units or people
-- were decided. A stated time of assignment counts only from a trusted log.
select
    w.tactic_id,
    w.wave,
    w.start_date,
    w.assigned_by,
    w.order_rule,
    w.seed,
    case when s.is_trusted_log and w.assigned_at is not null then w.assigned_at else w.recorded_at end as assigned_at,
    coalesce(s.is_trusted_log and w.assigned_at is not null, false)                                   as is_assigned_at_trusted
from staging.tactic_wave as w
left join core.dim_sources as s on w.source = s.source
qualify row_number() over (partition by w.tactic_id, w.wave order by coalesce(s.position, 1000000), w.source) = 1
