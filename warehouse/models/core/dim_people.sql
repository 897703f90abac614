-- Grain: one person that the HR systems know.
select person_id
from staging.person

union

select person_id
from staging.employment
