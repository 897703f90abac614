-- Grain: one source that names people, and kind of use: how many of its identifiers
-- belong to one known person.
with used as (
    select source, 'learning' as system, person_id
    from core.fct_learner_ids

    union all

    select source, 'payroll', person_id
    from core.fct_payee_ids
)

select
    source,
    system,
    count(*)                                    as ids,
    count(person_id)                            as matched_ids,
    count(*) - count(person_id)                 as unmatched_ids
from used
group by source, system
