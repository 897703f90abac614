-- Extract: turnover_known. One row per first day of a month: turnover of the whole company over the twelve months before it, as known then and as known now.
-- class: aggregate
-- topic: workforce
-- scope: company
-- people: people_n
select known_date, month, leavers_now::bigint as leavers_now, turnover_now, leavers_then::bigint as leavers_then, turnover_then, late_leavers, withdrawn, late_joiners,
  is_same, is_range, people_n, is_hidden
from marts.turnover_known
order by known_date
