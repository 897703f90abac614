-- Every dial has observations, or is computed.
-- severity: warning
select format('dial {} has no observation', metric_id) as message
from marts.dials
where first_month is null
