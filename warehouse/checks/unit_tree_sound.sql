-- The unit tree has no circles, and successors take no more than the whole.
-- severity: warning
select format('org_unit: unit {} is below itself: it is shown at the top', v.unit_id) as message
from core.dim_unit_versions as v
inner join core.dim_units as u on v.unit_id = u.unit_id
where v.is_latest and v.parent_id is not null and u.parent_id is null

union all

select format('org_unit_successor: the shares of unit {} on {} add up to {}: they are scaled to 1', from_unit_id, changed_date::varchar, round(sum(share), 4))
from staging.org_unit_successor
group by source, from_unit_id, changed_date
having sum(share) > 1 + 1e-6
