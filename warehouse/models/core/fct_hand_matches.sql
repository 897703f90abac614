-- Grain: one identifier that somebody matched in Dials, and whose it is.
select system, legal_entity, value, person_id, recorded_at
from staging.person_xref
where source = 'dials'
