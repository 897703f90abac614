-- Grain: one month and type of learning cost that belongs to no tactic.
-- hide: amount where is_hidden
select
    u.month,
    u.cost_type,
    u.amount,
    u.currency                                                     as cost_currency,
    u.lines,
    u.missing_rate_lines,
    u.people                                                       as people_n,
    u.people between 1 and s.min_people_pay - 1                    as is_hidden
from core.fct_unallocated_costs as u
cross join core.dim_settings as s
