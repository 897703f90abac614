-- Page: /workforce. One row per month with the counts of HRIS, payroll and learning for the whole company, months in order.
-- Differences under the floor are said as few only, and what would give them back is rounded to 5.
-- topic: trust
-- class: aggregate
-- scope: company
-- people: people_n
select month, hris_heads, payroll_heads,
  case when lms_people = 0 or lms_people >= $min_people then lms_people end as lms_heads,
  case when is_paid_few then null when is_unpaid_few then 5 * round(paid_not_in_hris / 5) else paid_not_in_hris end::bigint as paid_not_in_hris,
  is_paid_few,
  case when is_unpaid_few then null when is_paid_few then 5 * round(in_hris_not_paid / 5) else in_hris_not_paid end::bigint as in_hris_not_paid,
  is_unpaid_few,
  case when not is_unknown_few then lms_not_in_hris end as lms_not_in_hris,
  is_unknown_few,
  case when retro_lines = 0 or retro_lines >= $min_people then retro_lines end as retro_lines,
  off_cycle_runs, is_within_tolerance, people_n, is_hidden
from (
  select *,
    paid_not_in_hris > 0 and paid_not_in_hris < $min_people as is_paid_few,
    in_hris_not_paid > 0 and in_hris_not_paid < $min_people as is_unpaid_few,
    lms_not_in_hris > 0 and lms_not_in_hris < $min_people as is_unknown_few
  from marts.reconciliation_monthly
)
order by month
