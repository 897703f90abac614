-- The versions of a record do not overlap; an end that is not stated is where the next begins.
-- severity: error
select format('{}: {} of source {} is valid until {} and again from {}', stream, any_value(key), source, any_value(valid_to)::varchar, any_value(next_from)::varchar)
    || case when count(*) > 1 then format(', and {} more like it', count(*) - 1) else '' end as message
from (
    select 'person_xref' as stream, source, concat_ws(', ', system, legal_entity, value) as key, valid_from, valid_to, lead(valid_from) over (partition by source, system, legal_entity, value order by valid_from) as next_from from staging.person_xref
    union all
    select 'employment' as stream, source, concat_ws(', ', employment_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, employment_id order by valid_from) as next_from from staging.employment
    union all
    select 'job' as stream, source, concat_ws(', ', employment_id, assignment_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, employment_id, assignment_id order by valid_from) as next_from from staging.job
    union all
    select 'reporting_line' as stream, source, concat_ws(', ', person_id, manager_id, kind) as key, valid_from, valid_to, lead(valid_from) over (partition by source, person_id, manager_id, kind order by valid_from) as next_from from staging.reporting_line
    union all
    select 'compensation' as stream, source, concat_ws(', ', employment_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, employment_id order by valid_from) as next_from from staging.compensation
    union all
    select 'org_unit' as stream, source, concat_ws(', ', unit_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, unit_id order by valid_from) as next_from from staging.org_unit
    union all
    select 'job_title' as stream, source, concat_ws(', ', job_title_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, job_title_id order by valid_from) as next_from from staging.job_title
    union all
    select 'title_map' as stream, source, concat_ws(', ', raw_title) as key, valid_from, valid_to, lead(valid_from) over (partition by source, raw_title order by valid_from) as next_from from staging.title_map
    union all
    select 'pay_band' as stream, source, concat_ws(', ', pay_band_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, pay_band_id order by valid_from) as next_from from staging.pay_band
    union all
    select 'requirement' as stream, source, concat_ws(', ', competency_id, job_title_id, unit_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, competency_id, job_title_id, unit_id order by valid_from) as next_from from staging.requirement
    union all
    select 'learning_assignment' as stream, source, concat_ws(', ', assignment_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, assignment_id order by valid_from) as next_from from staging.learning_assignment
    union all
    select 'goal' as stream, source, concat_ws(', ', goal_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, goal_id order by valid_from) as next_from from staging.goal
    union all
    select 'metric' as stream, source, concat_ws(', ', metric_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, metric_id order by valid_from) as next_from from staging.metric
    union all
    select 'tactic' as stream, source, concat_ws(', ', tactic_id) as key, valid_from, valid_to, lead(valid_from) over (partition by source, tactic_id order by valid_from) as next_from from staging.tactic
)
where next_from < valid_to
group by stream, source
