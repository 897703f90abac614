-- Grain: one course, by the first of its sources.
select c.course_id, c.name, c.purpose, c.modality, c.kind, c.duration_hours, coalesce(c.is_customer_led, false) as is_customer_led
from staging.course as c
left join core.dim_sources as s on c.source = s.source
qualify row_number() over (partition by c.course_id order by coalesce(s.position, 1000000), c.source) = 1
