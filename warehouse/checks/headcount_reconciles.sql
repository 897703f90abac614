-- Headcount and paid heads agree within the tolerance, in the months that payroll covers.
-- severity: warning
select format(
    '{}: {} people in HR, {} paid: {} apart, more than {}; {} paid but not in HR, {} in HR but not paid, {} retro lines to leavers, {} off-cycle runs',
    strftime(m.month, '%Y-%m'), m.hris_heads, m.payroll_heads, abs(m.hris_heads - m.payroll_heads),
    round(100 * s.reconciliation_tolerance, 1) || ' %', m.paid_not_in_hris, m.in_hris_not_paid, m.retro_leaver_lines, m.off_cycle_runs
) as message
from marts.reconciliation_monthly as m
cross join core.dim_settings as s
where not m.is_within_tolerance
order by m.month desc
