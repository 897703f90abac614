-- Grain: one business measure (a dial), as each source states it now. valid_to is as stated: null is open.
select
    metric_id,
    name,
    unit_of_measure,
    direction,
    unit_aggregation,
    time_aggregation,
    base_grain,
    base_unit_type,
    formula,
    owner_id,
    owner_name,
    is_owner_in_ld,
    signed_off_at,
    money_per_unit,
    margin,
    currency,
    computed_from,
    valid_from,
    valid_to,
    valid_basis,
    source,
    stated_at,
    recorded_at
from raw.metric
where superseded_at is null and deleted_at is null
