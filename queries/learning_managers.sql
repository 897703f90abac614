-- Page: /learning/people. One row per manager with a team: how many of it are active in learning; the least active first.
-- topic: learning
-- class: person
-- view: manager-comparison
-- people: none
select person_id, team, active
from marts.team_learning_people
order by active / team, person_id
limit 501
