-- What the people of the attack's companies do beside being employed, from raw.employment and raw.job: something of
-- everything that a page counts. Drawn by hashes of who and what, so that equal seeds are equal companies.
create or replace temp macro draw(who, what, n) as hash(who || '/' || what) % n;
create or replace temp macro after(day, days) as (day + days::integer)::date;
create or replace temp macro begins(m) as ($first::date + to_months(m::integer))::date;
create or replace temp table heads as
select e.person_id, e.employment_id, e.hire_date, coalesce(e.term_date, date '9999-12-31') as term_date, arg_max(j.unit_id, j.valid_from) as unit_id
from raw.employment as e join raw.job as j using (employment_id) group by all;

insert into raw.job_title (job_title_id, name, family, is_frontline, is_critical, valid_from, source, recorded_at)
select 't' || i, 'Title ' || i, 'f', i = 0, i = 1, date '2000-01-01', 'hris', $known from range(4) as r (i);
insert into raw.compensation (employment_id, base_amount, currency, per, fte_basis, valid_from, source, recorded_at)
select employment_id, 1000 + draw(person_id, 'pay', 9000), 'EUR', 'month', 1, hire_date, 'hris', $known from heads;
insert into raw.pay_band (pay_band_id, currency, low_amount, midpoint_amount, high_amount, valid_from, source, recorded_at)
values ('b', 'EUR', 12000, 60000, 120000, date '2000-01-01', 'hris', $known);
insert into raw.absence (absence_id, person_id, absence_type, from_date, to_date, absent_hours, source, recorded_at)
select 'a' || person_id || m, person_id, if(m % 2 = 0, 'sick', 'leave'), after(hire_date, m * 20), after(hire_date, m * 20 + 2), 16, 'hris', $known
from heads cross join range(4) as r (m) where draw(person_id, 'absent' || m, 3) = 0 and after(hire_date, m * 20 + 2) < term_date;
insert into raw.workforce_plan (unit_id, job_title_id, period_start_date, plan_version, planned_heads, source, recorded_at)
select unit_id, 't' || draw(person_id, 'title', 3), begins(9), 'v1', count(*), 'hris', $known from heads group by all;

insert into raw.framework (framework_id, name, source, recorded_at) values ('f', 'F', 'hris', $known);
insert into raw.scale (scale_id, low_value, high_value, source, recorded_at) values ('s', 0, 5, 'hris', $known);
insert into raw.competency (competency_id, framework_id, name, scale_id, source, recorded_at)
select 'c' || i, 'f', 'C' || i, 's', 'hris', $known from range(3) as r (i);
insert into raw.requirement (competency_id, job_title_id, level, weight, valid_from, source, recorded_at)
select 'c' || c, 't' || t, 2 + (c + t) % 3, 1 + c, date '2000-01-01', 'hris', $known from range(3) as r (c), range(3) as q (t) where (c + t) % 4 > 0;
insert into raw.assessment (assessment_id, person_id, competency_id, rater_type, value, scale_id, assessed_date, source, recorded_at)
select 'as' || person_id || c || rater || m, person_id, 'c' || c, rater, draw(person_id, c || rater || m, 6), 's', after(begins(m), 10), 'hris', $known
from heads, range(3) as r (c), range(1, 5, 3) as q (m), (values ('self'), ('manager'), ('test')) as v (rater)
where draw(person_id, 'assessed' || c || rater || m, 3) < 2 and hire_date <= begins(m) and term_date > after(begins(m), 10);
insert into raw.course (course_id, name, purpose, modality, kind, duration_hours, source, recorded_at)
select 'k' || i, 'K' || i, if(i = 0, 'compliance', 'skill'), 'class', if(i = 1, 'on_the_job', 'formal'), 4, 'hris', $known from range(3) as r (i);
insert into raw.course_competency (course_id, competency_id, source, recorded_at) select 'k' || i, 'c' || i, 'hris', $known from range(3) as r (i);
insert into raw.learning_assignment (assignment_id, course_id, due_days, recurs_months, valid_from, source, recorded_at)
values ('la0', 'k0', 30, 12, begins(0), 'hris', $known);
insert into raw.enrolment (enrolment_id, person_id, course_id, attempt, assigned_date, assigned_basis, due_date, started_at, completed_at, withdrawn_date,
  is_passed, hours, origin, source, recorded_at)
select 'en' || person_id || c || n, person_id, 'k' || c, n + 1, day, 'source', after(day, 30), if(done < 7, after(day, 3), null),
  if(done < 5, after(day, 5 + done * 8), null), if(done = 8, after(day, 9), null), done < 4, 1 + draw(person_id, 'hours' || c, 9),
  if(done % 2 = 0, 'self', 'assigned'), 'hris', $known
from (
  select *, draw(person_id, 'enrolled' || c || n, 10) as done, after(hire_date, draw(person_id, 'when' || c || n, 100)) as day
  from heads, range(3) as r (c), range(2) as q (n)
)
where draw(person_id, 'course' || c || n, 3) < 2 - n and after(day, 60) < term_date;
insert into raw.certification (certification_id, person_id, course_id, issued_date, expires_date, cycle, source, recorded_at)
select 'ce' || person_id, person_id, 'k0', after(hire_date, 9), after(hire_date, 9 + 30 * draw(person_id, 'until', 9)), 1, 'hris', $known
from heads where draw(person_id, 'proof', 2) = 0;
insert into raw.learning_feedback (feedback_id, course_id, respondent, step, item, value, answered_date, source, recorded_at)
select 'fb' || person_id || c || step, 'k' || c, person_id, step, 'useful', draw(person_id, 'liked' || c, 6), after(begins(0), 100), 'hris', $known
from heads, range(3) as r (c), (values ('reaction'), ('application')) as v (step) where draw(person_id, step || c, 3) = 0;
insert into raw.learning_cost (cost_id, cost_type, amount, currency, cost_date, course_id, tactic_id, unit_id, person_id, source, recorded_at)
select 'co' || person_id, if(draw(person_id, 'kind', 2) = 0, 'tuition', 'travel'), 100 + draw(person_id, 'cost', 900), 'EUR', after(begins(0), 70), 'k1',
  if(draw(person_id, 'charged', 3) = 0, 'x', null), unit_id, person_id, 'hris', $known
from heads where draw(person_id, 'costs', 2) = 0;
insert into raw.plan_item (plan_item_id, person_id, competency_id, course_id, due_date, done_date, source, recorded_at)
select 'pi' || person_id, person_id, 'c0', 'k0', begins(2), if(draw(person_id, 'did', 2) = 0, begins(1), null), 'hris', $known
from heads where draw(person_id, 'plans', 2) = 0;

insert into raw.payroll_line (payroll_line_id, payroll_run_id, person_id, element, amount, currency, paid_hours, earned_from_date, earned_to_date,
  is_employer_cost, source, recorded_at)
select 'pl' || person_id || m || x, 'r', person_id, if(x = 0, 'base', 'employer_cost'), (1000 + draw(person_id, 'pay', 9000)) / (1 + 3 * x), 'EUR', 160,
  begins(m), last_day(begins(m)), x = 1, 'hris', $known
from heads, range($months) as r (m), range(2) as q (x) where hire_date <= begins(m) and term_date > begins(m);

insert into raw.review_cycle (review_cycle_id, name, start_date, end_date, source, recorded_at) values ('y', 'Y', begins(0), begins(5), 'hris', $known);
insert into raw.review (review_id, review_cycle_id, person_id, reviewer_id, due_date, held_date, mode, were_both_present, completed_date, rating, scale_id,
  source, recorded_at)
select 'rv' || person_id, 'y', person_id, person_id, begins(3), if(state < 8, after(begins(2), 5 * state), null), if(state % 3 = 0, 'video', 'in_person'),
  state % 4 > 0, if(state < 7, after(begins(2), 5 + 5 * state), null), if(state < 7, 1 + draw(person_id, 'rating', 5), null), 's', 'hris', $known
from (select *, draw(person_id, 'review', 10) as state from heads)
where hire_date <= begins(1) and term_date > begins(4) and draw(person_id, 'reviewed', 6) > 0;
insert into raw.review_note (review_note_id, person_id, author_id, noted_date, kind, source, recorded_at)
select 'rn' || person_id, person_id, person_id, after(begins(1), 20), if(draw(person_id, 'kind', 2) = 0, 'observation', 'recognition'), 'hris', $known
from heads where draw(person_id, 'noted', 2) = 0;
insert into raw.review_check (review_id, checker_id, checked_date, is_passed, source, recorded_at)
select 'rv' || person_id, person_id, after(begins(3), 20), draw(person_id, 'good', 3) > 0, 'hris', $known from heads where draw(person_id, 'checked', 3) = 0;
insert into raw.action (action_id, review_id, owner_id, due_date, done_date, source, recorded_at)
select 'ac' || person_id, 'rv' || person_id, person_id, begins(4), if(draw(person_id, 'acted', 2) = 0, after(begins(3), 28), null), 'hris', $known
from heads where draw(person_id, 'action', 2) = 0;

insert into raw.goal (goal_id, name, parent_id, level, owner_id, unit_id, start_date, due_date, baseline, target, direction, weight, status, cadence_days,
  valid_from, source, recorded_at)
select 'g' || unit_id, unit_id, null, 'team', null, unit_id, begins(0), begins(5), 0, 10, 'up', 1, 'active', 30, begins(0), 'hris', $known
from (select distinct unit_id from heads) where draw(unit_id, 'goal', 3) > 0
union all
select 'g' || person_id, person_id, if(draw(unit_id, 'goal', 3) > 0 and draw(person_id, 'sight', 3) > 0, 'g' || unit_id, null), 'individual', person_id,
  unit_id, begins(0), begins(5), 0, 10, 'up', 1, 'active', 30, begins(0), 'hris', $known
from heads where draw(person_id, 'own goal', 2) = 0;
insert into raw.checkin (checkin_id, person_id, manager_id, goal_id, expected_date, held_date, minutes, items_set, items_covered, source, recorded_at)
select 'ci' || person_id || m, person_id, person_id, 'g' || person_id, day, if(draw(person_id, 'met' || m, 2) = 0, day, null), 30, 3, 2, 'hris', $known
from (select *, after(begins(m), 9) as day from heads, range(5) as r (m))
where draw(person_id, 'own goal', 2) = 0 and hire_date <= day and term_date > day;
insert into raw.survey_result (survey_id, wave, item, respondent, unit_id, value, asked, answered, answered_date, source, recorded_at)
select 'sv', 'w' || m, item, person_id, unit_id, draw(person_id, item || m, 6), 1, 1, after(begins(m), 20), 'hris', $known
from heads, range(1, 5, 3) as r (m), (values ('I am certain of my goals'), ('I have heard of it')) as v (item)
where draw(person_id, item || 'answered' || m, 3) > 0 and hire_date <= begins(m) and term_date > after(begins(m), 20);

insert into raw.tactic (tactic_id, name, tactic_type, approved_date, launched_date, course_id, planned_cost_amount, currency, valid_from, source, recorded_at)
values ('x', 'X', 'training', begins(0), begins(1), 'k1', 1000, 'EUR', begins(0), 'hris', $known);
insert into raw.tactic_unit (tactic_id, unit_id, arm, exposed_from_date, source, recorded_at)
select 'x', unit_id, if(draw(unit_id, 'arm', 2) = 0, 'treated', 'control'), begins(1), 'hris', $known
from (select distinct unit_id from heads) where draw(unit_id, 'tactic', 3) > 0;
insert into raw.tactic_participant (tactic_id, person_id, arm, offered_date, completed_date, hours, source, recorded_at)
select 'x', person_id, 'treated', begins(1), if(draw(person_id, 'took', 2) = 0, after(begins(1), 9), null), 4, 'hris', $known
from heads where draw(person_id, 'part', 4) = 0;
insert into raw.metric (metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, base_grain, owner_name, computed_from, valid_from, source, recorded_at)
values ('turnover', 'Turnover', '%', 'down', 'ratio', 'mean', 'month', 'HR', 'employment', begins(0), 'hris', $known),
  ('sales', 'Sales', 'EUR', 'up', 'sum', 'sum', 'month', 'Sales', '', begins(0), 'hris', $known);
insert into raw.metric_observation (metric_id, unit_id, period_start_date, value, n, source, recorded_at)
select 'sales', unit_id, begins(m), 100 + draw(unit_id, 'sales' || m, 900), 10, 'hris', $known from (select distinct unit_id from heads), range($months) as r (m);
insert into raw.tactic_link (tactic_link_id, tactic_id, metric_id, baseline, target, target_date, registered_at, approved_at, source, recorded_at)
values ('l1', 'x', 'turnover', 0.1, 0.05, begins(5), begins(0), begins(0), 'hris', $known), ('l2', 'x', 'sales', 100, 120, begins(5), begins(0), begins(0), 'hris', $known);
