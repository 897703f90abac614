-- One row per study, stratum, arm and change: of how many people.
select kind, subject_id, measure, stratum, is_treated, change, people
from marts.panel_changes
order by kind, subject_id, measure, stratum, is_treated, change
