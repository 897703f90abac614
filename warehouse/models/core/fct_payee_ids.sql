-- Grain: one identifier of a person as one payroll and legal entity uses it, and whose it is.
select
    source,
    legal_entity,
    value,
    person_id,
    coalesce(person_id, source || ':' || value) as key_id,  -- someone nobody knows still is someone
    match_basis,
    valid_from,
    valid_to,
    -- millions of pay lines are grouped by numbers, not by text: that of the person, and
    -- that of the identifier for pay outside the days on which it was the person's
    dense_rank() over (order by coalesce(person_id, source || ':' || value))::integer as payee_number,
    -row_number() over (order by source, legal_entity, value)::integer                 as identifier_number
from core.fct_ids
where used_for = 'payroll'
