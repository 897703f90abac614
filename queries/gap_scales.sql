-- Page: /gaps. One row per scale that competencies are assessed on.
-- topic: competency
-- class: none
-- people: none
select scale_id, scale_name, low_value, high_value, has_ends, competencies, frameworks, points, anchored_points
from marts.competency_scales
order by scale_id nulls last
