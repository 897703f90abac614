-- Hours of learning are not negative.
-- severity: warning
select format('{}: {} rows have negative hours', stream, count(*)) as message
from (
    select 'enrolment' as stream from staging.enrolment where hours < 0
    union all
    select 'tactic_participant' from staging.tactic_participant where hours < 0
    union all
    select 'session' from staging.session where hours < 0
    union all
    select 'course' from staging.course where duration_hours < 0
)
group by stream
