-- Grain: one point of one scale, with what it means.
select scale_id, value, label, anchor
from core.dim_scale_points
order by scale_id, value
