-- Grain: one study of changes of people, and the fingerprint of what its estimate rests on.
select kind, subject_id, measure, fingerprint
from core.group_effects
