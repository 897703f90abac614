-- Grain: one entry of the register as it counts now. Where a person is named, that is said, not who.
select stream, entry_key, entry, source, version, recorded_at
from core.register_entries
