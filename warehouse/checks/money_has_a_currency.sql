-- Money has a currency, of three letters.
-- severity: error
select format('{}: {} rows of source {} have no ISO 4217 currency, such as {}', stream, count(*), source, any_value(key)) as message
from (
    select 'compensation' as stream, source, employment_id as key, currency from staging.compensation
    union all
    select 'pay_band', source, pay_band_id, currency from staging.pay_band
    union all
    select 'learning_cost', source, cost_id, currency from staging.learning_cost
    union all
    select 'payroll_line', source, payroll_line_id, currency from staging.payroll_line
    union all
    select 'tactic', source, tactic_id, currency from staging.tactic where planned_cost_amount is not null
    union all
    select 'benefit', source, benefit_id, currency from staging.benefit where coalesce(planned_amount, actual_amount) is not null
    union all
    select 'metric', source, metric_id, currency from staging.metric where money_per_unit is not null
)
where currency is null or not regexp_full_match(currency, '[A-Za-z]{3}')
group by stream, source
