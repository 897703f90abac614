-- Grain: one arm of an experiment on people, and one kind of people in it: how
-- many there are, and how many left by choice in each month of the window. No row
-- is about a person; the rows are for the estimators, and none leaves Dials.
select
    tactic_link_id,
    tactic_id,
    metric_id,
    arm,
    case
        when tenure_years is null then null
        when tenure_years < 1 then 0.5
        when tenure_years < 2 then 1.5
        when tenure_years < 5 then 3.5
        when tenure_years < 10 then 7.5
        else 15
    end                                                  as tenure_years,
    is_frontline,
    level,
    is_known,
    left_in_month,
    max(months)                                          as months,
    max(from_month)                                      as from_month,
    max(until_month)                                     as until_month,
    max(assigned_at)                                     as assigned_at,
    count(*)                                             as people,
    count(left_in_month)                                 as leavers,
    count(*) filter (where is_completed)                 as completers,
    true                                                 as is_hidden
from core.panel_people
group by tactic_link_id, tactic_id, metric_id, arm, 5, is_frontline, level, is_known, left_in_month
