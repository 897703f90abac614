-- Page: /investment. One row: the days of the window.
-- topic: investment
-- class: none
-- people: none
-- scope: everyone
select from_date, to_date
from marts.learning_windows
where window_id = $window
