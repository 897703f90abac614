-- Grain: one month that HR, payroll or learning knows: their counts of people side by side.
-- Retro lines to leavers and off-cycle runs are what usually explains a difference.
with learners as (
    select month, count(distinct learner_id) as people, count(distinct learner_id) filter (where person_id is null) as unknown_people
    from core.fct_enrolments
    where month is not null
    group by month
),

exceptions as (
    select
        month,
        count(*) filter (where is_retro)                                       as retro_lines,
        count(*) filter (where is_retro and is_leaver)                         as retro_leaver_lines
    from core.fct_payroll_exceptions
    group by month
),

off_cycle as (
    select run_month as month, count(distinct (source, payroll_run_id)) as runs
    from core.fct_payroll_exceptions
    where is_off_cycle
    group by run_month
),

paid_months as (
    select min(month) as first_month, max(month) as last_month
    from core.fct_paid_heads_monthly
    where payroll_heads > 0
)

select
    coalesce(p.month, l.month)                                                       as month,
    coalesce(p.hris_heads, 0)                                                        as hris_heads,
    coalesce(p.payroll_heads, 0)                                                     as payroll_heads,
    coalesce(l.people, 0)                                                            as lms_people,
    coalesce(l.unknown_people, 0)                                                    as lms_not_in_hris,
    coalesce(p.paid_not_in_hris, 0)                                                  as paid_not_in_hris,
    coalesce(p.in_hris_not_paid, 0)                                                  as in_hris_not_paid,
    coalesce(x.retro_lines, 0)                                                       as retro_lines,
    coalesce(x.retro_leaver_lines, 0)                                                as retro_leaver_lines,
    coalesce(o.runs, 0)                                                              as off_cycle_runs,
    -- months that payroll does not cover have nothing to agree with
    case
        when p.month between m.first_month and m.last_month
            then abs(p.payroll_heads - p.hris_heads) <= s.reconciliation_tolerance * p.hris_heads
    end                                                                              as is_within_tolerance,
    coalesce(p.hris_heads, 0)                                                        as people_n,
    coalesce(p.hris_heads, 0) < s.min_people                                         as is_hidden
from core.fct_paid_heads_monthly as p
full outer join learners as l on p.month = l.month
cross join core.dim_settings as s
cross join paid_months as m
left join exceptions as x on coalesce(p.month, l.month) = x.month
left join off_cycle as o on coalesce(p.month, l.month) = o.month
