-- Grain: one solid line of one person to one manager in force on the last day of the facts,
-- by the source that is trusted most for that person. Dotted lines grant nothing.
select distinct l.person_id, l.manager_id
from staging.reporting_line as l
cross join core.dim_horizon as h
left join core.dim_sources as s on l.source = s.source
where
    l.kind = 'solid'
    and coalesce(l.valid_from, date '1900-01-01') <= h.as_of_date
    and h.as_of_date < coalesce(l.valid_to, date '9999-12-31')
qualify dense_rank() over (partition by l.person_id order by coalesce(s.position, 1000000), l.source) = 1
