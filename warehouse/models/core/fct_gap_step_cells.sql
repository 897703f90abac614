-- Grain: one stretch, step and unit: what adds up of the people directly in it. The steps
-- 'open' and 'close' are the gaps at the ends. people are those whose gap changed there.
with told as (
    select goal_id, month, unit_id, person_id, step, amount, pairs
    from core.fct_gap_steps
    where amount <> 0 or pairs <> 0

    union all

    select goal_id, month, unit_id, person_id, 'open', open_gap, open_pairs
    from core.fct_gap_steps
    where open_gap <> 0 or open_pairs <> 0

    union all

    select goal_id, month, unit_id, person_id, 'close', close_gap, close_pairs
    from core.fct_gap_steps
    where close_gap <> 0 or close_pairs <> 0
),

people as (
    select goal_id, month, unit_id, step, person_id, sum(amount) as amount, sum(pairs) as pairs
    from told
    group by goal_id, month, unit_id, step, person_id
)

select
    goal_id,
    month,
    unit_id,
    step,
    count(*)                     as people,
    sum(amount)::decimal(18, 6)  as amount,
    sum(pairs)::bigint           as pairs,
    max(abs(amount))::double     as largest,
    sum(abs(amount))::double     as total
from people
group by goal_id, month, unit_id, step
