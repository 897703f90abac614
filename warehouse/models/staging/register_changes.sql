-- Grain: one change that somebody made of the register in Dials.
select change_id, changed_at, stream, entry_key, action, before, after, declared_by, actor, note
from meta.register_change
