-- Page: /investment. One row per need or course and a dial that its tactics are aimed at: whether customers asked for it.
-- topic: investment
-- class: none
-- people: none
-- scope: everyone
select kind, id, name, is_customer_led, metric_id, metric_name
from marts.customer_led
order by kind desc, name, metric_name
