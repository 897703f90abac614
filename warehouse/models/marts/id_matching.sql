-- Grain: one identifier that is nobody's, with the person whom a rule nearly found; and one that
-- somebody matched in Dials. For those alone who match: the columns are no person_id, since
-- who is nobody yet is in no unit.
select
    used_for,
    source,
    legal_entity,
    value,
    nearly,
    nearly_person_id   as nearly_person,
    null::varchar      as matched_person,
    null::timestamp    as matched_at
from core.fct_ids
where person_id is null

union all

select
    null,
    x.system,
    x.legal_entity,
    x.value,
    null,
    null,
    x.person_id,
    x.recorded_at
from core.fct_hand_matches as x
