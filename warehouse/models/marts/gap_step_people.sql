-- Grain: one person, competency, stretch, unit and step of the waterfall of gaps, for those who may see
-- rows about people: what the bars are made of. open and close gaps are those of the step's ends.
select
    person_id,
    unit_id,
    goal_id,
    competency_id,
    step,
    amount::double      as amount,
    open_gap::double    as open_gap,
    close_gap::double   as close_gap
from core.fct_gap_steps
where amount <> 0 or pairs <> 0 or open_gap <> 0 or close_gap <> 0
