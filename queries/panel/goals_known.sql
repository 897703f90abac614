-- One row: the fingerprint of what the last forecasts of objectives rest on.
select coalesce(max(text), '') as fingerprint
from marts.objective_quality
where name = 'fingerprint'
