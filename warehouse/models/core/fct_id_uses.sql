-- Grain: one identifier of a person as one source uses it, in learning or in pay.
select 'learning' as used_for, source, '*' as legal_entity, person_id as value
from staging.enrolment
where person_id is not null

union

select 'learning', source, '*', person_id
from staging.certification

union

select 'learning', source, '*', person_id
from staging.learning_event
where person_id is not null

union

select 'learning', source, '*', person_id
from staging.tactic_participant

union

select 'payroll', l.source, coalesce(r.legal_entity, '*'), l.person_id
from staging.payroll_line as l
left join staging.payroll_run as r on l.source = r.source and l.payroll_run_id = r.payroll_run_id
