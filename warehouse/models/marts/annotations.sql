-- Grain: one note on a day of one unit.
select annotation_id, unit_id, on_date, name
from core.fct_annotations
