-- Grain: one pay run of one legal entity, as each source states it now.
select
    payroll_run_id,
    legal_entity,
    status,
    is_off_cycle,
    period_start_date,
    period_end_date,
    pay_date,
    source,
    stated_at,
    recorded_at
from raw.payroll_run
where superseded_at is null and deleted_at is null
