-- Grain: one cost line of learning; amount is empty where its currency has no rate that day. A line
-- for a session is for the session's course.
select
    c.cost_id,
    c.source,
    c.cost_type,
    c.cost_date,
    coalesce(c.course_id, t.course_id)                                          as course_id,
    c.session_id,
    c.tactic_id,
    c.unit_id,
    c.person_id,
    c.amount                                                                    as stated_amount,
    upper(c.currency)                                                           as stated_currency,
    case when upper(c.currency) = s.base_currency then c.amount else (c.amount * f.rate)::decimal(18, 4) end as amount,
    s.base_currency                                                             as currency,
    upper(c.currency) is distinct from s.base_currency and f.rate is null       as is_rate_missing
from staging.learning_cost as c
cross join core.dim_settings as s
left join (
    select s.session_id, min(coalesce(s.course_id, v.course_id)) as course_id
    from staging.session as s
    left join staging.course_version as v on s.course_version_id = v.course_version_id
    group by s.session_id
) as t on c.session_id = t.session_id
left join core.fct_fx_daily as f on upper(c.currency) = f.currency and c.cost_date = f.day
