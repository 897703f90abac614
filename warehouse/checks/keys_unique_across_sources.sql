-- A record's key comes from one source; of several, the first in the configuration counts.
-- severity: warning
select format('{}: {} = {} comes from {}', stream, columns, any_value(key), sources)
    || case when count(*) > 1 then format(', and {} more keys', count(*) - 1) else '' end as message
from (
    select 'person' as stream, 'person_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', person_id) as key from staging.person where (select min(source) < max(source) from staging.person) group by person_id having min(source) < max(source)
    union all
    select 'person_xref' as stream, 'system, legal_entity, value' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', system, legal_entity, value) as key from staging.person_xref where (select min(source) < max(source) from staging.person_xref) group by system, legal_entity, value having min(source) < max(source)
    union all
    select 'employment' as stream, 'employment_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', employment_id) as key from staging.employment where (select min(source) < max(source) from staging.employment) group by employment_id having min(source) < max(source)
    union all
    select 'job' as stream, 'employment_id, assignment_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', employment_id, assignment_id) as key from staging.job where (select min(source) < max(source) from staging.job) group by employment_id, assignment_id having min(source) < max(source)
    union all
    select 'reporting_line' as stream, 'person_id, manager_id, kind' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', person_id, manager_id, kind) as key from staging.reporting_line where (select min(source) < max(source) from staging.reporting_line) group by person_id, manager_id, kind having min(source) < max(source)
    union all
    select 'compensation' as stream, 'employment_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', employment_id) as key from staging.compensation where (select min(source) < max(source) from staging.compensation) group by employment_id having min(source) < max(source)
    union all
    select 'org_unit' as stream, 'unit_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', unit_id) as key from staging.org_unit where (select min(source) < max(source) from staging.org_unit) group by unit_id having min(source) < max(source)
    union all
    select 'org_unit_successor' as stream, 'from_unit_id, to_unit_id, changed_date' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', from_unit_id, to_unit_id, changed_date) as key from staging.org_unit_successor where (select min(source) < max(source) from staging.org_unit_successor) group by from_unit_id, to_unit_id, changed_date having min(source) < max(source)
    union all
    select 'job_title' as stream, 'job_title_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', job_title_id) as key from staging.job_title where (select min(source) < max(source) from staging.job_title) group by job_title_id having min(source) < max(source)
    union all
    select 'title_map' as stream, 'raw_title' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', raw_title) as key from staging.title_map where (select min(source) < max(source) from staging.title_map) group by raw_title having min(source) < max(source)
    union all
    select 'pay_band' as stream, 'pay_band_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', pay_band_id) as key from staging.pay_band where (select min(source) < max(source) from staging.pay_band) group by pay_band_id having min(source) < max(source)
    union all
    select 'absence' as stream, 'absence_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', absence_id) as key from staging.absence where (select min(source) < max(source) from staging.absence) group by absence_id having min(source) < max(source)
    union all
    select 'workforce_plan' as stream, 'unit_id, job_title_id, period_start_date, plan_version' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', unit_id, job_title_id, period_start_date, plan_version) as key from staging.workforce_plan where (select min(source) < max(source) from staging.workforce_plan) group by unit_id, job_title_id, period_start_date, plan_version having min(source) < max(source)
    union all
    select 'framework' as stream, 'framework_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', framework_id) as key from staging.framework where (select min(source) < max(source) from staging.framework) group by framework_id having min(source) < max(source)
    union all
    select 'competency' as stream, 'competency_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', competency_id) as key from staging.competency where (select min(source) < max(source) from staging.competency) group by competency_id having min(source) < max(source)
    union all
    select 'scale' as stream, 'scale_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', scale_id) as key from staging.scale where (select min(source) < max(source) from staging.scale) group by scale_id having min(source) < max(source)
    union all
    select 'scale_point' as stream, 'scale_id, value' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', scale_id, value) as key from staging.scale_point where (select min(source) < max(source) from staging.scale_point) group by scale_id, value having min(source) < max(source)
    union all
    select 'requirement' as stream, 'competency_id, job_title_id, unit_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', competency_id, job_title_id, unit_id) as key from staging.requirement where (select min(source) < max(source) from staging.requirement) group by competency_id, job_title_id, unit_id having min(source) < max(source)
    union all
    select 'assessment' as stream, 'assessment_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', assessment_id) as key from staging.assessment where (select min(source) < max(source) from staging.assessment) group by assessment_id having min(source) < max(source)
    union all
    select 'course_competency' as stream, 'course_id, competency_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', course_id, competency_id) as key from staging.course_competency where (select min(source) < max(source) from staging.course_competency) group by course_id, competency_id having min(source) < max(source)
    union all
    select 'plan_item' as stream, 'plan_item_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', plan_item_id) as key from staging.plan_item where (select min(source) < max(source) from staging.plan_item) group by plan_item_id having min(source) < max(source)
    union all
    select 'course' as stream, 'course_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', course_id) as key from staging.course where (select min(source) < max(source) from staging.course) group by course_id having min(source) < max(source)
    union all
    select 'course_version' as stream, 'course_version_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', course_version_id) as key from staging.course_version where (select min(source) < max(source) from staging.course_version) group by course_version_id having min(source) < max(source)
    union all
    select 'course_xref' as stream, 'system, value' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', system, value) as key from staging.course_xref where (select min(source) < max(source) from staging.course_xref) group by system, value having min(source) < max(source)
    union all
    select 'session' as stream, 'session_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', session_id) as key from staging.session where (select min(source) < max(source) from staging.session) group by session_id having min(source) < max(source)
    union all
    select 'learning_assignment' as stream, 'assignment_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', assignment_id) as key from staging.learning_assignment where (select min(source) < max(source) from staging.learning_assignment) group by assignment_id having min(source) < max(source)
    union all
    select 'enrolment' as stream, 'enrolment_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', enrolment_id) as key from staging.enrolment where (select min(source) < max(source) from staging.enrolment) group by enrolment_id having min(source) < max(source)
    union all
    select 'certification' as stream, 'certification_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', certification_id) as key from staging.certification where (select min(source) < max(source) from staging.certification) group by certification_id having min(source) < max(source)
    union all
    select 'learning_feedback' as stream, 'feedback_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', feedback_id) as key from staging.learning_feedback where (select min(source) < max(source) from staging.learning_feedback) group by feedback_id having min(source) < max(source)
    union all
    select 'learning_event' as stream, 'statement_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', statement_id) as key from staging.learning_event where (select min(source) < max(source) from staging.learning_event) group by statement_id having min(source) < max(source)
    union all
    select 'learning_cost' as stream, 'cost_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', cost_id) as key from staging.learning_cost where (select min(source) < max(source) from staging.learning_cost) group by cost_id having min(source) < max(source)
    union all
    select 'payroll_run' as stream, 'payroll_run_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', payroll_run_id) as key from staging.payroll_run where (select min(source) < max(source) from staging.payroll_run) group by payroll_run_id having min(source) < max(source)
    union all
    select 'payroll_line' as stream, 'payroll_line_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', payroll_line_id) as key from staging.payroll_line where (select min(source) < max(source) from staging.payroll_line) group by payroll_line_id having min(source) < max(source)
    union all
    select 'fx_rate' as stream, 'currency, base_currency, kind, rate_date' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', currency, base_currency, kind, rate_date) as key from staging.fx_rate where (select min(source) < max(source) from staging.fx_rate) group by currency, base_currency, kind, rate_date having min(source) < max(source)
    union all
    select 'fiscal_period' as stream, 'calendar, fiscal_year, period' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', calendar, fiscal_year, period) as key from staging.fiscal_period where (select min(source) < max(source) from staging.fiscal_period) group by calendar, fiscal_year, period having min(source) < max(source)
    union all
    select 'review_cycle' as stream, 'review_cycle_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', review_cycle_id) as key from staging.review_cycle where (select min(source) < max(source) from staging.review_cycle) group by review_cycle_id having min(source) < max(source)
    union all
    select 'review' as stream, 'review_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', review_id) as key from staging.review where (select min(source) < max(source) from staging.review) group by review_id having min(source) < max(source)
    union all
    select 'review_note' as stream, 'review_note_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', review_note_id) as key from staging.review_note where (select min(source) < max(source) from staging.review_note) group by review_note_id having min(source) < max(source)
    union all
    select 'review_check' as stream, 'review_id, checker_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', review_id, checker_id) as key from staging.review_check where (select min(source) < max(source) from staging.review_check) group by review_id, checker_id having min(source) < max(source)
    union all
    select 'action' as stream, 'action_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', action_id) as key from staging.action where (select min(source) < max(source) from staging.action) group by action_id having min(source) < max(source)
    union all
    select 'need' as stream, 'need_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', need_id) as key from staging.need where (select min(source) < max(source) from staging.need) group by need_id having min(source) < max(source)
    union all
    select 'goal' as stream, 'goal_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', goal_id) as key from staging.goal where (select min(source) < max(source) from staging.goal) group by goal_id having min(source) < max(source)
    union all
    select 'goal_progress' as stream, 'goal_id, as_of_date' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', goal_id, as_of_date) as key from staging.goal_progress where (select min(source) < max(source) from staging.goal_progress) group by goal_id, as_of_date having min(source) < max(source)
    union all
    select 'checkin' as stream, 'checkin_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', checkin_id) as key from staging.checkin where (select min(source) < max(source) from staging.checkin) group by checkin_id having min(source) < max(source)
    union all
    select 'impediment' as stream, 'impediment_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', impediment_id) as key from staging.impediment where (select min(source) < max(source) from staging.impediment) group by impediment_id having min(source) < max(source)
    union all
    select 'survey_result' as stream, 'survey_id, wave, item, respondent' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', survey_id, wave, item, respondent) as key from staging.survey_result where (select min(source) < max(source) from staging.survey_result) group by survey_id, wave, item, respondent having min(source) < max(source)
    union all
    select 'metric' as stream, 'metric_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', metric_id) as key from staging.metric where (select min(source) < max(source) from staging.metric) group by metric_id having min(source) < max(source)
    union all
    select 'metric_target' as stream, 'metric_id, unit_id, period_start_date, plan_version' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', metric_id, unit_id, period_start_date, plan_version) as key from staging.metric_target where (select min(source) < max(source) from staging.metric_target) group by metric_id, unit_id, period_start_date, plan_version having min(source) < max(source)
    union all
    select 'metric_observation' as stream, 'metric_id, unit_id, period_start_date' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', metric_id, unit_id, period_start_date) as key from staging.metric_observation where (select min(source) < max(source) from staging.metric_observation) group by metric_id, unit_id, period_start_date having min(source) < max(source)
    union all
    select 'tactic' as stream, 'tactic_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', tactic_id) as key from staging.tactic where (select min(source) < max(source) from staging.tactic) group by tactic_id having min(source) < max(source)
    union all
    select 'tactic_link' as stream, 'tactic_link_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', tactic_link_id) as key from staging.tactic_link where (select min(source) < max(source) from staging.tactic_link) group by tactic_link_id having min(source) < max(source)
    union all
    select 'tactic_wave' as stream, 'tactic_id, wave' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', tactic_id, wave) as key from staging.tactic_wave where (select min(source) < max(source) from staging.tactic_wave) group by tactic_id, wave having min(source) < max(source)
    union all
    select 'tactic_unit' as stream, 'tactic_id, unit_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', tactic_id, unit_id) as key from staging.tactic_unit where (select min(source) < max(source) from staging.tactic_unit) group by tactic_id, unit_id having min(source) < max(source)
    union all
    select 'tactic_participant' as stream, 'tactic_id, person_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', tactic_id, person_id) as key from staging.tactic_participant where (select min(source) < max(source) from staging.tactic_participant) group by tactic_id, person_id having min(source) < max(source)
    union all
    select 'rival_event' as stream, 'rival_event_id, unit_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', rival_event_id, unit_id) as key from staging.rival_event where (select min(source) < max(source) from staging.rival_event) group by rival_event_id, unit_id having min(source) < max(source)
    union all
    select 'contribution_estimate' as stream, 'tactic_id, metric_id, respondent' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', tactic_id, metric_id, respondent) as key from staging.contribution_estimate where (select min(source) < max(source) from staging.contribution_estimate) group by tactic_id, metric_id, respondent having min(source) < max(source)
    union all
    select 'benefit' as stream, 'benefit_id' as columns, concat(min(source), ' and ', max(source)) as sources, concat_ws(', ', benefit_id) as key from staging.benefit where (select min(source) < max(source) from staging.benefit) group by benefit_id having min(source) < max(source)
)
-- what Dials corrects of a source is meant to be in both
where sources not like 'dials and %' and sources not like '% and dials'
group by stream, columns, sources
