-- Page: /impact. One row per verdict that the reader sees: whose panel they may take away.
-- topic: impact
-- class: aggregate
-- scope: everyone
-- people: people_n
select e.tactic_link_id, e.is_people, coalesce(d.has_people, false) as has_people, e.fingerprint, e.people_n, e.is_hidden
from marts.evidence e
left join marts.dials d on d.metric_id = e.metric_id
order by e.tactic_link_id
