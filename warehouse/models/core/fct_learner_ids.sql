-- Grain: one identifier of a person as one source of learning and tactics uses it, and whose it is.
select
    source,
    legal_entity,
    value,
    person_id,
    coalesce(person_id, source || ':' || value) as key_id,  -- someone nobody knows still is someone
    match_basis,
    valid_from,
    valid_to
from core.fct_ids
where used_for = 'learning'
