-- What a record refers to is there: each column that names another stream's key.
-- severity: warning
select format('{}: {} of source {} name no {} that is known, such as {}', reference, case count(distinct value) when 1 then '1 value' else count(distinct value) || ' values' end, source, target, min(value)) as message
from (
    select 'person_xref.person_id' as reference, 'person' as target, source, person_id as value from staging.person_xref where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'employment.person_id' as reference, 'person' as target, source, person_id as value from staging.employment where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'job.employment_id' as reference, 'employment' as target, source, employment_id as value from staging.job where employment_id is not null and employment_id not in (select employment_id from staging.employment)
    union all
    select 'job.job_title_id' as reference, 'job_title' as target, source, job_title_id as value from staging.job where job_title_id is not null and job_title_id not in (select job_title_id from staging.job_title)
    union all
    select 'job.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.job where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'job.pay_band_id' as reference, 'pay_band' as target, source, pay_band_id as value from staging.job where pay_band_id is not null and pay_band_id not in (select pay_band_id from staging.pay_band)
    union all
    select 'reporting_line.person_id' as reference, 'person' as target, source, person_id as value from staging.reporting_line where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'reporting_line.manager_id' as reference, 'person' as target, source, manager_id as value from staging.reporting_line where manager_id is not null and manager_id not in (select person_id from core.dim_people)
    union all
    select 'compensation.employment_id' as reference, 'employment' as target, source, employment_id as value from staging.compensation where employment_id is not null and employment_id not in (select employment_id from staging.employment)
    union all
    select 'org_unit.parent_id' as reference, 'org_unit' as target, source, parent_id as value from staging.org_unit where parent_id is not null and parent_id not in (select unit_id from staging.org_unit)
    union all
    select 'org_unit_successor.from_unit_id' as reference, 'org_unit' as target, source, from_unit_id as value from staging.org_unit_successor where from_unit_id is not null and from_unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'org_unit_successor.to_unit_id' as reference, 'org_unit' as target, source, to_unit_id as value from staging.org_unit_successor where to_unit_id is not null and to_unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'title_map.job_title_id' as reference, 'job_title' as target, source, job_title_id as value from staging.title_map where job_title_id is not null and job_title_id not in (select job_title_id from staging.job_title)
    union all
    select 'absence.person_id' as reference, 'person' as target, source, person_id as value from staging.absence where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'workforce_plan.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.workforce_plan where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'workforce_plan.job_title_id' as reference, 'job_title' as target, source, job_title_id as value from staging.workforce_plan where job_title_id is not null and job_title_id not in (select job_title_id from staging.job_title)
    union all
    select 'competency.framework_id' as reference, 'framework' as target, source, framework_id as value from staging.competency where framework_id is not null and framework_id not in (select framework_id from staging.framework)
    union all
    select 'competency.scale_id' as reference, 'scale' as target, source, scale_id as value from staging.competency where scale_id is not null and scale_id not in (select scale_id from staging.scale)
    union all
    select 'scale_point.scale_id' as reference, 'scale' as target, source, scale_id as value from staging.scale_point where scale_id is not null and scale_id not in (select scale_id from staging.scale)
    union all
    select 'requirement.competency_id' as reference, 'competency' as target, source, competency_id as value from staging.requirement where competency_id is not null and competency_id not in (select competency_id from staging.competency)
    union all
    select 'requirement.job_title_id' as reference, 'job_title' as target, source, job_title_id as value from staging.requirement where job_title_id is not null and job_title_id not in (select job_title_id from staging.job_title)
    union all
    select 'requirement.goal_id' as reference, 'goal' as target, source, goal_id as value from staging.requirement where goal_id is not null and goal_id not in (select goal_id from staging.goal)
    union all
    select 'assessment.person_id' as reference, 'person' as target, source, person_id as value from staging.assessment where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'assessment.competency_id' as reference, 'competency' as target, source, competency_id as value from staging.assessment where competency_id is not null and competency_id not in (select competency_id from staging.competency)
    union all
    select 'assessment.scale_id' as reference, 'scale' as target, source, scale_id as value from staging.assessment where scale_id is not null and scale_id not in (select scale_id from staging.scale)
    union all
    select 'course_competency.course_id' as reference, 'course' as target, source, course_id as value from staging.course_competency where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'course_competency.competency_id' as reference, 'competency' as target, source, competency_id as value from staging.course_competency where competency_id is not null and competency_id not in (select competency_id from staging.competency)
    union all
    select 'plan_item.person_id' as reference, 'person' as target, source, person_id as value from staging.plan_item where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'plan_item.review_id' as reference, 'review' as target, source, review_id as value from staging.plan_item where review_id is not null and review_id not in (select review_id from staging.review)
    union all
    select 'plan_item.competency_id' as reference, 'competency' as target, source, competency_id as value from staging.plan_item where competency_id is not null and competency_id not in (select competency_id from staging.competency)
    union all
    select 'plan_item.course_id' as reference, 'course' as target, source, course_id as value from staging.plan_item where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'course_version.course_id' as reference, 'course' as target, source, course_id as value from staging.course_version where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'course_xref.course_id' as reference, 'course' as target, source, course_id as value from staging.course_xref where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'session.course_id' as reference, 'course' as target, source, course_id as value from staging.session where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'learning_assignment.course_id' as reference, 'course' as target, source, course_id as value from staging.learning_assignment where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'learning_assignment.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.learning_assignment where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'learning_assignment.job_title_id' as reference, 'job_title' as target, source, job_title_id as value from staging.learning_assignment where job_title_id is not null and job_title_id not in (select job_title_id from staging.job_title)
    union all
    select 'enrolment.course_id' as reference, 'course' as target, source, course_id as value from staging.enrolment where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'certification.person_id' as reference, 'person' as target, source, person_id as value from staging.certification where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'certification.course_id' as reference, 'course' as target, source, course_id as value from staging.certification where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'learning_feedback.course_id' as reference, 'course' as target, source, course_id as value from staging.learning_feedback where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'learning_cost.course_id' as reference, 'course' as target, source, course_id as value from staging.learning_cost where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'learning_cost.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.learning_cost where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'learning_cost.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.learning_cost where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'learning_cost.person_id' as reference, 'person' as target, source, person_id as value from staging.learning_cost where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'payroll_line.payroll_run_id' as reference, 'payroll_run' as target, source, payroll_run_id as value from staging.payroll_line where payroll_run_id is not null and payroll_run_id not in (select payroll_run_id from staging.payroll_run)
    union all
    select 'payroll_line.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.payroll_line where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'review.review_cycle_id' as reference, 'review_cycle' as target, source, review_cycle_id as value from staging.review where review_cycle_id is not null and review_cycle_id not in (select review_cycle_id from staging.review_cycle)
    union all
    select 'review.person_id' as reference, 'person' as target, source, person_id as value from staging.review where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'review.scale_id' as reference, 'scale' as target, source, scale_id as value from staging.review where scale_id is not null and scale_id not in (select scale_id from staging.scale)
    union all
    select 'review_note.person_id' as reference, 'person' as target, source, person_id as value from staging.review_note where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'review_check.review_id' as reference, 'review' as target, source, review_id as value from staging.review_check where review_id is not null and review_id not in (select review_id from staging.review)
    union all
    select 'action.review_id' as reference, 'review' as target, source, review_id as value from staging.action where review_id is not null and review_id not in (select review_id from staging.review)
    union all
    select 'need.goal_id' as reference, 'goal' as target, source, goal_id as value from staging.need where goal_id is not null and goal_id not in (select goal_id from staging.goal)
    union all
    select 'goal.parent_id' as reference, 'goal' as target, source, parent_id as value from staging.goal where parent_id is not null and parent_id not in (select goal_id from staging.goal)
    union all
    select 'goal.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.goal where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'goal.metric_id' as reference, 'metric' as target, source, metric_id as value from staging.goal where metric_id is not null and metric_id not in (select metric_id from staging.metric)
    union all
    select 'goal_progress.goal_id' as reference, 'goal' as target, source, goal_id as value from staging.goal_progress where goal_id is not null and goal_id not in (select goal_id from staging.goal)
    union all
    select 'checkin.person_id' as reference, 'person' as target, source, person_id as value from staging.checkin where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'checkin.goal_id' as reference, 'goal' as target, source, goal_id as value from staging.checkin where goal_id is not null and goal_id not in (select goal_id from staging.goal)
    union all
    select 'impediment.goal_id' as reference, 'goal' as target, source, goal_id as value from staging.impediment where goal_id is not null and goal_id not in (select goal_id from staging.goal)
    union all
    select 'survey_result.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.survey_result where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'survey_result.goal_id' as reference, 'goal' as target, source, goal_id as value from staging.survey_result where goal_id is not null and goal_id not in (select goal_id from staging.goal)
    union all
    select 'metric_target.metric_id' as reference, 'metric' as target, source, metric_id as value from staging.metric_target where metric_id is not null and metric_id not in (select metric_id from staging.metric)
    union all
    select 'metric_target.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.metric_target where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'metric_observation.metric_id' as reference, 'metric' as target, source, metric_id as value from staging.metric_observation where metric_id is not null and metric_id not in (select metric_id from staging.metric)
    union all
    select 'metric_observation.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.metric_observation where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'tactic.need_id' as reference, 'need' as target, source, need_id as value from staging.tactic where need_id is not null and need_id not in (select need_id from staging.need)
    union all
    select 'tactic.course_id' as reference, 'course' as target, source, course_id as value from staging.tactic where course_id is not null and course_id not in (select course_id from staging.course)
    union all
    select 'tactic_link.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.tactic_link where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'tactic_link.goal_id' as reference, 'goal' as target, source, goal_id as value from staging.tactic_link where goal_id is not null and goal_id not in (select goal_id from staging.goal)
    union all
    select 'tactic_link.metric_id' as reference, 'metric' as target, source, metric_id as value from staging.tactic_link where metric_id is not null and metric_id not in (select metric_id from staging.metric)
    union all
    select 'tactic_wave.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.tactic_wave where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'tactic_unit.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.tactic_unit where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'tactic_unit.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.tactic_unit where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'tactic_participant.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.tactic_participant where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'tactic_participant.person_id' as reference, 'person' as target, source, person_id as value from staging.tactic_participant where person_id is not null and person_id not in (select person_id from core.dim_people)
    union all
    select 'rival_event.metric_id' as reference, 'metric' as target, source, metric_id as value from staging.rival_event where metric_id is not null and metric_id not in (select metric_id from staging.metric)
    union all
    select 'rival_event.unit_id' as reference, 'org_unit' as target, source, unit_id as value from staging.rival_event where unit_id is not null and unit_id not in (select unit_id from staging.org_unit)
    union all
    select 'contribution_estimate.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.contribution_estimate where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'contribution_estimate.metric_id' as reference, 'metric' as target, source, metric_id as value from staging.contribution_estimate where metric_id is not null and metric_id not in (select metric_id from staging.metric)
    union all
    select 'benefit.tactic_id' as reference, 'tactic' as target, source, tactic_id as value from staging.benefit where tactic_id is not null and tactic_id not in (select tactic_id from staging.tactic)
    union all
    select 'benefit.metric_id' as reference, 'metric' as target, source, metric_id as value from staging.benefit where metric_id is not null and metric_id not in (select metric_id from staging.metric)
)
group by reference, target, source
