-- Grain: one tactic: the need that it answers, and whether the solution came before it.
-- is_solution_first: the need's first tactic was approved on the day it was opened, or before.
with firsts as (
    select t.need_id, min(t.approved_date) as first_approved_date
    from core.dim_tactics as t
    where t.need_id is not null
    group by t.need_id
)

select
    t.tactic_id,
    t.name,
    n.need_id,
    n.title                                                   as need_title,
    n.opened_date                                             as need_opened_date,
    f.first_approved_date,
    datediff('day', n.opened_date, f.first_approved_date)     as days_to_first_tactic,
    f.first_approved_date <= n.opened_date                    as is_solution_first,
    n.was_neutral,
    n.had_owner_access,
    n.is_shared,
    n.is_customer_feedback
from core.dim_tactics as t
left join core.dim_needs as n on t.need_id = n.need_id
left join firsts as f on n.need_id = f.need_id
