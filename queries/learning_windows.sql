-- Page: /investment and /learning/people. One row: the days of the window.
-- topic: frame
-- class: none
-- people: none
-- scope: everyone
select from_date, to_date
from marts.learning_windows
where window_id = $window
