-- Extract: scale_points. One row per level of one scale.
-- class: none
-- topic: competency
-- people: none
select scale_id, value, label, anchor
from marts.scale_points
order by scale_id, value
