-- Grain: one source, configured or seen. It is as fresh as the stalest of its streams.
with streams as (
    select
        source,
        stream,
        max(finished_at) filter (where status = 'ok')                         as last_success_at,
        arg_max(data_as_of, started_at) filter (where status = 'ok')          as data_as_of,
        arg_max(rows_read, started_at) filter (where status = 'ok')           as rows_read,
        arg_max(rejected, started_at) filter (where status = 'ok')            as rejected,
        max(status) filter (where is_latest)                                  as last_status,
        max(error) filter (where is_latest)                                   as last_error
    from core.fct_runs
    group by source, stream
),

latest as (
    select
        source,
        case when count(last_success_at) = count(*) then min(last_success_at) end                   as last_success_at,
        case when bool_or(last_status = 'failed') then 'failed' else max(last_status) end           as last_status,
        min(data_as_of)                                                                             as data_as_of,
        sum(rows_read)::bigint                                                                      as rows,
        sum(rejected)::bigint                                                                       as rejected,
        max(last_error) filter (where last_status = 'failed')                                       as last_error
    from streams
    group by source
)

select
    coalesce(s.source, l.source) as source,
    s.kind,
    s.schedule,
    l.last_success_at,
    l.last_status,
    l.data_as_of,
    l.rows,
    l.rejected,
    l.last_error
from (select source, kind, schedule from core.dim_sources where source <> 'dials') as s
full outer join latest as l on s.source = l.source
