-- Grain: one run, column and reason of rejected records, without their values:
-- what a reason quotes may be about people.
select
    r.run_id,
    r.source,
    r.stream,
    u.target,
    r.column_name,
    regexp_replace(r.reason, '"[^"]*"', '"…"', 'g')  as reason,
    count(*)                                          as rows,
    max(u.finished_at)                                as last_seen_at
from staging.rejected_rows as r
left join (select run_id, source, stream, any_value(target) as target, max(finished_at) as finished_at from staging.runs group by run_id, source, stream) as u
    on r.run_id = u.run_id and r.source = u.source and r.stream = u.stream
group by r.run_id, r.source, r.stream, u.target, r.column_name, regexp_replace(r.reason, '"[^"]*"', '"…"', 'g')
