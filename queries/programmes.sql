-- Page: /programmes. One row per course that people completed: what was answered about it, its tactic, and whether its last two years can be compared.
-- topic: learning
-- class: aggregate
-- scope: company
-- people: people_n
select course_id, name, purpose, tactic_id, teaches, reaction_people, reaction_mean, application_people, application_positive,
  recent_version, earlier_version, is_comparable, has_same_assessment, people_n, is_hidden
from marts.programmes
order by tactic_id is null, people_n desc, name
