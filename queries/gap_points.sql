-- Page: /gaps. One row per point of a scale, with what it means.
-- topic: competency
-- class: none
-- people: none
select scale_id, value, label, anchor
from marts.scale_points
order by scale_id, value
