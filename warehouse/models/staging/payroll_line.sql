-- Grain: one element of one person's pay in one run, as each source states it now.
select
    payroll_line_id,
    payroll_run_id,
    person_id,
    element,
    tactic_id,
    amount,
    currency,
    paid_hours,
    earned_from_date,
    earned_to_date,
    is_employer_cost,
    reverses_line_id,
    source,
    stated_at,
    recorded_at
from raw.payroll_line
where superseded_at is null and deleted_at is null
