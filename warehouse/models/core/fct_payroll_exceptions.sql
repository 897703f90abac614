-- Grain: one posted payroll line that explains why paid heads and headcount differ:
-- earned in a month before the run's (retro), or paid in an off-cycle run.
with lines as materialized (
    select
        l.payroll_line_id,
        l.source,
        l.payroll_run_id,
        l.person_id                                                                   as value,
        coalesce(r.legal_entity, '*')                                                 as legal_entity,
        date_trunc('month', coalesce(l.earned_from_date, r.period_start_date))::date  as month,
        date_trunc('month', r.period_start_date)::date                                as run_month,
        r.period_start_date,
        r.period_end_date,
        coalesce(r.is_off_cycle, false)                                               as is_off_cycle
    from staging.payroll_line as l
    inner join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
    where
        r.status = 'posted'
        and (r.is_off_cycle or l.earned_from_date < date_trunc('month', r.period_start_date))
),

flagged as (
    select
        l.payroll_line_id,
        l.source,
        l.payroll_run_id,
        i.person_id,
        i.key_id as payee_id,
        l.month,
        l.run_month,
        l.period_start_date,
        l.period_end_date,
        l.is_off_cycle
    from lines as l
    inner join core.fct_payee_ids as i on l.source = i.source and l.legal_entity = i.legal_entity and l.value = i.value
),

employed as (
    select distinct f.payroll_line_id, f.source
    from flagged as f
    inner join core.fct_employments as e
        on f.person_id = e.person_id and e.hire_date <= f.period_end_date and coalesce(e.term_date > f.period_start_date, true)
    where e.is_employee
)

select
    f.payroll_line_id,
    f.source,
    f.payroll_run_id,
    f.person_id,
    f.payee_id,
    f.month,
    f.run_month,
    f.is_off_cycle,
    f.month < f.run_month          as is_retro,
    e.payroll_line_id is null      as is_leaver
from flagged as f
left join employed as e on f.payroll_line_id = e.payroll_line_id and f.source = e.source
