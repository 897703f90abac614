-- A record's key is there once within its source.
-- severity: error
select format('{}: {} = {} is there more than once in source {}', stream, columns, any_value(key), source)
    || case when count(*) > 1 then format(', and {} more keys', count(*) - 1) else '' end as message
from (
    select 'person' as stream, 'person_id' as columns, source, concat_ws(', ', person_id) as key from staging.person group by source, person_id having count(*) > 1
    union all
    select 'person_xref' as stream, 'system, legal_entity, value, valid_from' as columns, source, concat_ws(', ', system, legal_entity, value, valid_from) as key from staging.person_xref group by source, system, legal_entity, value, valid_from having count(*) > 1
    union all
    select 'employment' as stream, 'employment_id, valid_from' as columns, source, concat_ws(', ', employment_id, valid_from) as key from staging.employment group by source, employment_id, valid_from having count(*) > 1
    union all
    select 'job' as stream, 'employment_id, assignment_id, valid_from' as columns, source, concat_ws(', ', employment_id, assignment_id, valid_from) as key from staging.job group by source, employment_id, assignment_id, valid_from having count(*) > 1
    union all
    select 'reporting_line' as stream, 'person_id, manager_id, kind, valid_from' as columns, source, concat_ws(', ', person_id, manager_id, kind, valid_from) as key from staging.reporting_line group by source, person_id, manager_id, kind, valid_from having count(*) > 1
    union all
    select 'compensation' as stream, 'employment_id, valid_from' as columns, source, concat_ws(', ', employment_id, valid_from) as key from staging.compensation group by source, employment_id, valid_from having count(*) > 1
    union all
    select 'org_unit' as stream, 'unit_id, valid_from' as columns, source, concat_ws(', ', unit_id, valid_from) as key from staging.org_unit group by source, unit_id, valid_from having count(*) > 1
    union all
    select 'org_unit_successor' as stream, 'from_unit_id, to_unit_id, changed_date' as columns, source, concat_ws(', ', from_unit_id, to_unit_id, changed_date) as key from staging.org_unit_successor group by source, from_unit_id, to_unit_id, changed_date having count(*) > 1
    union all
    select 'job_title' as stream, 'job_title_id, valid_from' as columns, source, concat_ws(', ', job_title_id, valid_from) as key from staging.job_title group by source, job_title_id, valid_from having count(*) > 1
    union all
    select 'title_map' as stream, 'raw_title, valid_from' as columns, source, concat_ws(', ', raw_title, valid_from) as key from staging.title_map group by source, raw_title, valid_from having count(*) > 1
    union all
    select 'pay_band' as stream, 'pay_band_id, valid_from' as columns, source, concat_ws(', ', pay_band_id, valid_from) as key from staging.pay_band group by source, pay_band_id, valid_from having count(*) > 1
    union all
    select 'absence' as stream, 'absence_id' as columns, source, concat_ws(', ', absence_id) as key from staging.absence group by source, absence_id having count(*) > 1
    union all
    select 'workforce_plan' as stream, 'unit_id, job_title_id, period_start_date, plan_version' as columns, source, concat_ws(', ', unit_id, job_title_id, period_start_date, plan_version) as key from staging.workforce_plan group by source, unit_id, job_title_id, period_start_date, plan_version having count(*) > 1
    union all
    select 'framework' as stream, 'framework_id' as columns, source, concat_ws(', ', framework_id) as key from staging.framework group by source, framework_id having count(*) > 1
    union all
    select 'competency' as stream, 'competency_id' as columns, source, concat_ws(', ', competency_id) as key from staging.competency group by source, competency_id having count(*) > 1
    union all
    select 'scale' as stream, 'scale_id' as columns, source, concat_ws(', ', scale_id) as key from staging.scale group by source, scale_id having count(*) > 1
    union all
    select 'scale_point' as stream, 'scale_id, value' as columns, source, concat_ws(', ', scale_id, value) as key from staging.scale_point group by source, scale_id, value having count(*) > 1
    union all
    select 'requirement' as stream, 'competency_id, job_title_id, unit_id, valid_from' as columns, source, concat_ws(', ', competency_id, job_title_id, unit_id, valid_from) as key from staging.requirement group by source, competency_id, job_title_id, unit_id, valid_from having count(*) > 1
    union all
    select 'assessment' as stream, 'assessment_id' as columns, source, concat_ws(', ', assessment_id) as key from staging.assessment group by source, assessment_id having count(*) > 1
    union all
    select 'course_competency' as stream, 'course_id, competency_id' as columns, source, concat_ws(', ', course_id, competency_id) as key from staging.course_competency group by source, course_id, competency_id having count(*) > 1
    union all
    select 'plan_item' as stream, 'plan_item_id' as columns, source, concat_ws(', ', plan_item_id) as key from staging.plan_item group by source, plan_item_id having count(*) > 1
    union all
    select 'course' as stream, 'course_id' as columns, source, concat_ws(', ', course_id) as key from staging.course group by source, course_id having count(*) > 1
    union all
    select 'course_version' as stream, 'course_version_id' as columns, source, concat_ws(', ', course_version_id) as key from staging.course_version group by source, course_version_id having count(*) > 1
    union all
    select 'course_xref' as stream, 'system, value' as columns, source, concat_ws(', ', system, value) as key from staging.course_xref group by source, system, value having count(*) > 1
    union all
    select 'session' as stream, 'session_id' as columns, source, concat_ws(', ', session_id) as key from staging.session group by source, session_id having count(*) > 1
    union all
    select 'learning_assignment' as stream, 'assignment_id, valid_from' as columns, source, concat_ws(', ', assignment_id, valid_from) as key from staging.learning_assignment group by source, assignment_id, valid_from having count(*) > 1
    union all
    select 'enrolment' as stream, 'enrolment_id' as columns, source, concat_ws(', ', enrolment_id) as key from staging.enrolment group by source, enrolment_id having count(*) > 1
    union all
    select 'certification' as stream, 'certification_id' as columns, source, concat_ws(', ', certification_id) as key from staging.certification group by source, certification_id having count(*) > 1
    union all
    select 'learning_feedback' as stream, 'feedback_id' as columns, source, concat_ws(', ', feedback_id) as key from staging.learning_feedback group by source, feedback_id having count(*) > 1
    union all
    select 'learning_event' as stream, 'statement_id' as columns, source, concat_ws(', ', statement_id) as key from staging.learning_event group by source, statement_id having count(*) > 1
    union all
    select 'learning_cost' as stream, 'cost_id' as columns, source, concat_ws(', ', cost_id) as key from staging.learning_cost group by source, cost_id having count(*) > 1
    union all
    select 'payroll_run' as stream, 'payroll_run_id' as columns, source, concat_ws(', ', payroll_run_id) as key from staging.payroll_run group by source, payroll_run_id having count(*) > 1
    union all
    select 'payroll_line' as stream, 'payroll_line_id' as columns, source, concat_ws(', ', payroll_line_id) as key from staging.payroll_line group by source, payroll_line_id having count(*) > 1
    union all
    select 'fx_rate' as stream, 'currency, base_currency, kind, rate_date' as columns, source, concat_ws(', ', currency, base_currency, kind, rate_date) as key from staging.fx_rate group by source, currency, base_currency, kind, rate_date having count(*) > 1
    union all
    select 'fiscal_period' as stream, 'calendar, fiscal_year, period' as columns, source, concat_ws(', ', calendar, fiscal_year, period) as key from staging.fiscal_period group by source, calendar, fiscal_year, period having count(*) > 1
    union all
    select 'review_cycle' as stream, 'review_cycle_id' as columns, source, concat_ws(', ', review_cycle_id) as key from staging.review_cycle group by source, review_cycle_id having count(*) > 1
    union all
    select 'review' as stream, 'review_id' as columns, source, concat_ws(', ', review_id) as key from staging.review group by source, review_id having count(*) > 1
    union all
    select 'review_note' as stream, 'review_note_id' as columns, source, concat_ws(', ', review_note_id) as key from staging.review_note group by source, review_note_id having count(*) > 1
    union all
    select 'review_check' as stream, 'review_id, checker_id' as columns, source, concat_ws(', ', review_id, checker_id) as key from staging.review_check group by source, review_id, checker_id having count(*) > 1
    union all
    select 'action' as stream, 'action_id' as columns, source, concat_ws(', ', action_id) as key from staging.action group by source, action_id having count(*) > 1
    union all
    select 'need' as stream, 'need_id' as columns, source, concat_ws(', ', need_id) as key from staging.need group by source, need_id having count(*) > 1
    union all
    select 'goal' as stream, 'goal_id, valid_from' as columns, source, concat_ws(', ', goal_id, valid_from) as key from staging.goal group by source, goal_id, valid_from having count(*) > 1
    union all
    select 'goal_progress' as stream, 'goal_id, as_of_date' as columns, source, concat_ws(', ', goal_id, as_of_date) as key from staging.goal_progress group by source, goal_id, as_of_date having count(*) > 1
    union all
    select 'checkin' as stream, 'checkin_id' as columns, source, concat_ws(', ', checkin_id) as key from staging.checkin group by source, checkin_id having count(*) > 1
    union all
    select 'impediment' as stream, 'impediment_id' as columns, source, concat_ws(', ', impediment_id) as key from staging.impediment group by source, impediment_id having count(*) > 1
    union all
    select 'survey_result' as stream, 'survey_id, wave, item, respondent' as columns, source, concat_ws(', ', survey_id, wave, item, respondent) as key from staging.survey_result group by source, survey_id, wave, item, respondent having count(*) > 1
    union all
    select 'metric' as stream, 'metric_id, valid_from' as columns, source, concat_ws(', ', metric_id, valid_from) as key from staging.metric group by source, metric_id, valid_from having count(*) > 1
    union all
    select 'metric_target' as stream, 'metric_id, unit_id, period_start_date, plan_version' as columns, source, concat_ws(', ', metric_id, unit_id, period_start_date, plan_version) as key from staging.metric_target group by source, metric_id, unit_id, period_start_date, plan_version having count(*) > 1
    union all
    select 'metric_observation' as stream, 'metric_id, unit_id, period_start_date' as columns, source, concat_ws(', ', metric_id, unit_id, period_start_date) as key from staging.metric_observation group by source, metric_id, unit_id, period_start_date having count(*) > 1
    union all
    select 'tactic' as stream, 'tactic_id, valid_from' as columns, source, concat_ws(', ', tactic_id, valid_from) as key from staging.tactic group by source, tactic_id, valid_from having count(*) > 1
    union all
    select 'tactic_link' as stream, 'tactic_link_id' as columns, source, concat_ws(', ', tactic_link_id) as key from staging.tactic_link group by source, tactic_link_id having count(*) > 1
    union all
    select 'tactic_wave' as stream, 'tactic_id, wave' as columns, source, concat_ws(', ', tactic_id, wave) as key from staging.tactic_wave group by source, tactic_id, wave having count(*) > 1
    union all
    select 'tactic_unit' as stream, 'tactic_id, unit_id' as columns, source, concat_ws(', ', tactic_id, unit_id) as key from staging.tactic_unit group by source, tactic_id, unit_id having count(*) > 1
    union all
    select 'tactic_participant' as stream, 'tactic_id, person_id' as columns, source, concat_ws(', ', tactic_id, person_id) as key from staging.tactic_participant group by source, tactic_id, person_id having count(*) > 1
    union all
    select 'rival_event' as stream, 'rival_event_id, unit_id' as columns, source, concat_ws(', ', rival_event_id, unit_id) as key from staging.rival_event group by source, rival_event_id, unit_id having count(*) > 1
    union all
    select 'contribution_estimate' as stream, 'tactic_id, metric_id, respondent' as columns, source, concat_ws(', ', tactic_id, metric_id, respondent) as key from staging.contribution_estimate group by source, tactic_id, metric_id, respondent having count(*) > 1
    union all
    select 'benefit' as stream, 'benefit_id' as columns, source, concat_ws(', ', benefit_id) as key from staging.benefit group by source, benefit_id having count(*) > 1
)
group by stream, columns, source
