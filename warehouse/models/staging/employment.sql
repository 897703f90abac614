-- Grain: one employment of one person with one legal entity, as each source states it now.
-- valid_to is as stated: null is open.
select
    employment_id,
    person_id,
    legal_entity,
    hire_date,
    term_date,
    term_reason,
    is_voluntary,
    employment_type,
    contracted_hours,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.employment
where superseded_at is null and deleted_at is null
