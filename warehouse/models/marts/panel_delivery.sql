-- Grain: one tactic: what shows that it was delivered. For the refresh of the evidence, which says
-- whether there is any; no count leaves Dials.
select
    tactic_id,
    completed_people,
    paid_people,
    changed_units,
    greatest(completed_people, paid_people) as people_n,
    true                                    as is_hidden
from core.panel_delivery
