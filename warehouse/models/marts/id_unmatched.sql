-- Grain: one source that names people, kind of use and reason why identifiers are nobody's.
select
    source,
    used_for as system,
    nearly   as reason,
    count(*) as ids
from core.fct_ids
where person_id is null
group by source, used_for, nearly
