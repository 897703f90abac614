-- Grain: one planned or realised benefit of a tactic, in the base currency where a rate is known.
select
    b.benefit_id,
    b.tactic_id,
    b.metric_id,
    (b.planned_amount * case when upper(b.currency) = s.base_currency then 1 else f.rate end)::decimal(18, 4) as planned_amount,
    (b.actual_amount * case when upper(b.currency) = s.base_currency then 1 else f.rate end)::decimal(18, 4)  as actual_amount,
    s.base_currency                                                                                           as currency,
    b.go_live_date,
    b.months,
    b.source
from staging.benefit as b
cross join core.dim_settings as s
left join core.dim_sources as o on b.source = o.source
left join core.fct_fx_daily as f on upper(b.currency) = f.currency and b.go_live_date = f.day
qualify row_number() over (partition by b.benefit_id order by coalesce(o.position, 1000000), b.source) = 1
