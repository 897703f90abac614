-- Extract: headcount_monthly. One row per unit and month: employees and their full-time equivalents.
-- class: aggregate
-- topic: workforce
-- scope: grants
-- people: people_n
-- windows: marts.headcount_monthly
select h.unit_id, h.month, h.heads, h.fte,
  case when h.is_contractors_hidden is not distinct from false then h.contractors end as contractors,
  h.heads_at_end, h.people_n, h.is_complete, h.is_hidden
from marts.headcount_monthly h
where h.rowid >= $row_from and h.rowid < $row_to
  and ($from is null or h.month >= $from) and ($to is null or h.month < $to)
