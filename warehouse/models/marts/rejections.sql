-- Grain: one source, stream, column and reason of rejected records, without their values.
select
    source,
    stream,
    target,
    column_name,
    reason,
    sum(rows)::bigint   as rows,
    max(last_seen_at)   as last_seen_at
from core.fct_rejections
group by source, stream, target, column_name, reason
