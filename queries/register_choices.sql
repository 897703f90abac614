-- Page: /register. One row per thing that an entry may refer to.
-- class: none
-- people: none
-- topic: portfolio
select kind, choice_id, label
from marts.register_choices
order by kind, label, choice_id
