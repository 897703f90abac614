-- Grain: one change that somebody made of the register in Dials: who, when, before and after.
select change_id, changed_at, stream, action, entry_key, before, after, declared_by, actor, note
from core.register_changes
