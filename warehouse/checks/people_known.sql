-- People that payroll, learning and tactics name are known to HR.
-- severity: warning
select format('{}: {} of {} identifiers belong to nobody that HR knows', source, unmatched_ids, ids) as message
from marts.id_matches
where unmatched_ids > 0
