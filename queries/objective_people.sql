-- Page: /objectives/people. One row per objective of one person, or task, that is open; those behind first.
-- topic: strategy
-- class: person
-- view: individual-goals
-- people: none
select person_id, goal_id, name, level, parent_name, unit_id, start_date, due_date, first_due_date, curve, progress, expected_progress,
  reading_date, owner_status, computed_status, is_stalled, has_sight, broken, days, progresses
from marts.objective_people
where $state = 'all' or $state = 'behind' and computed_status in ('behind', 'overdue') or $state = 'stalled' and is_stalled
  or $state = 'unsighted' and not has_sight
order by computed_status in ('behind', 'overdue') desc, due_date, person_id, goal_id
limit 501
