-- Nobody leaves before they start; such an employment is left out.
-- severity: error
select format('employment {} of source {} ends on {} and starts on {}', employment_id, source, term_date::varchar, hire_date::varchar) as message
from core.dim_employment_versions
where is_latest and term_date < hire_date
