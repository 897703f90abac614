-- Grain: one study of changes of people as the last refresh estimated it.
select
    kind,
    subject_id,
    measure,
    fingerprint,
    design,
    settings,
    treated_n,
    compared_n,
    strata,
    treated_change,
    compared_change,
    effect,
    std_error,
    df,
    p_value,
    adjusted_p,
    low,
    high,
    mde,
    reason
from meta.group_effect
