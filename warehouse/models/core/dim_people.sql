-- Grain: one person: who is in a source that creates people.
select person_id
from staging.person
where source not in (select source from core.dim_sources where not creates_people)

union

select person_id
from staging.employment
where source not in (select source from core.dim_sources where not creates_people)
