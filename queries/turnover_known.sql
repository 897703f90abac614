-- Page: /workforce. One row per first day of a month up to the day asked for, the latest first: turnover of the whole
-- company over the twelve months before it, as known then and as known now, and what was recorded since.
-- topic: workforce
-- class: aggregate
-- scope: company
-- people: people_n
select known_date, month, people_n, leavers_now, turnover_now, leavers_then, turnover_then, late_leavers, withdrawn, late_joiners,
  is_same, is_range, is_hidden
from marts.turnover_known
where known_date <= $known_on::date
order by known_date desc
