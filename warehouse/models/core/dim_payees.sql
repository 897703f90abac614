-- Grain: one payee: a person where is_known, else an identifier of a payroll that is nobody's.
select distinct
    payee_number,
    key_id                  as payee_id,
    person_id is not null   as is_known
from core.fct_payee_ids

union all

-- pay outside the days on which an identifier was the person's
select identifier_number, source || ':' || value, false
from core.fct_payee_ids
