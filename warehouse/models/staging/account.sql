-- Grain: one account of somebody in one system, and what its owner can be found by, as each source states it now.
select
    system,
    account_id,
    employee_number,
    email,
    account_name,
    is_active,
    source,
    stated_at,
    recorded_at
from raw.account
where superseded_at is null and deleted_at is null
