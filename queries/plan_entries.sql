-- Page: /plan. One row per entry of a tactic, its waves and its units in the register.
-- topic: portfolio
-- class: none
-- people: none
select stream, entry_key ->> 'tactic_id' as tactic_id
from marts.register_entries
where stream in ('tactic', 'tactic_wave', 'tactic_unit') and (entry_key ->> 'tactic_id') = $tactic
order by stream
