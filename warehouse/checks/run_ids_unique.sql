-- One run id names one run.
-- severity: error
select 'run ' || run_id || ' is in the log ' || count(*) || ' times' as message
from meta.run
group by run_id
having count(*) > 1
