-- Extract: customer_led. One row per need or course and dial that its tactics are aimed at.
-- class: none
-- topic: investment
-- scope: everyone
-- people: none
select kind, id, name, is_customer_led, metric_id, metric_name
from marts.customer_led
order by kind, id, metric_id
