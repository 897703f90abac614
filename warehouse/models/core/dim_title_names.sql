-- Grain: one canonical job title by its latest name, of the source that is trusted most.
select t.job_title_id, t.name, t.family, t.level
from staging.job_title as t
left join core.dim_sources as s on t.source = s.source
qualify row_number() over (
    partition by t.job_title_id order by coalesce(s.position, 1000000), t.source, t.valid_from desc nulls last
) = 1
