-- Grain: one spelling of a job title that was mapped: the latest mapping, by the source that is trusted most.
select m.raw_title, m.job_title_id, m.approver_id, m.valid_from
from staging.title_map as m
left join core.dim_sources as s on m.source = s.source
qualify row_number() over (partition by m.raw_title order by coalesce(s.position, 1000000), m.source, m.valid_from desc nulls last) = 1
