-- Extract: annotations. One row per note and unit.
-- class: none
-- topic: frame
-- scope: grants
-- people: none
select a.annotation_id, a.unit_id, a.on_date, a.name
from marts.annotations a
order by a.annotation_id, a.unit_id
