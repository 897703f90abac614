-- One row per study that was estimated: the fingerprint of what it rests on.
select kind, subject_id, measure, fingerprint
from marts.group_effects
