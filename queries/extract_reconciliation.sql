-- Extract: reconciliation. One row per month with the counts of HRIS, payroll and learning for the whole company.
-- Where a difference is under the floor, neither is told and both counts are rounded to 5: the one less the other would give
-- them back.
-- topic: trust
-- class: aggregate
-- scope: company
-- people: people_n
select month,
  case when is_few then 5 * round(hris_heads / 5) else hris_heads end::bigint as hris_heads,
  case when is_few then 5 * round(payroll_heads / 5) else payroll_heads end::bigint as payroll_heads,
  case when lms_people = 0 or lms_people >= $min_people then lms_people end as lms_heads,
  case when not is_few then paid_not_in_hris end as paid_not_in_hris,
  case when not is_few then in_hris_not_paid end as in_hris_not_paid, is_few,
  case when not is_unknown_few then lms_not_in_hris end as lms_not_in_hris,
  is_unknown_few,
  case when retro_lines = 0 or retro_lines >= $min_people then retro_lines end as retro_lines,
  off_cycle_runs, is_within_tolerance, 5 * round(people_n / 5)::bigint as people_n, is_hidden
from (
  select *,
    paid_not_in_hris > 0 and paid_not_in_hris < $min_people or in_hris_not_paid > 0 and in_hris_not_paid < $min_people as is_few,
    lms_not_in_hris > 0 and lms_not_in_hris < $min_people as is_unknown_few
  from marts.reconciliation_monthly
)
order by month
