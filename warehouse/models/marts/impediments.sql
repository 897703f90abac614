-- Grain: one impediment of one objective of a unit.
select
    impediment_id,
    goal_id,
    goal_name,
    level,
    unit_id,
    raised_date,
    is_help_requested,
    answered_date,
    closed_date,
    is_open,
    age_days,
    is_old,
    days_to_answer,
    is_answered
from core.fct_impediments
