-- Grain: one person and course that is asked of them today: the proof that an auditor asks for.
select
    f.person_id,
    f.course_id,
    coalesce(c.name, f.course_id)                                   as course_name,
    f.course_version_id,
    f.proof_date,
    nullif(f.valid_until, date '9999-12-31')                        as valid_until,
    f.is_certified,
    p.unit_id                                                       as unit_at_day,
    p.job_title_id                                                  as title_at_day,
    p.location                                                      as location_at_day,
    p.employment_type                                               as type_at_day,
    case
        when f.valid_until > f.reference_date + 90 then 'valid'
        when f.valid_until > f.reference_date then 'ends within 90 days'
        when f.is_in_time then 'not yet due'
        when f.valid_until <= f.reference_date then 'ended'
        else 'missing'
    end                                                             as state,
    f.is_ruled
from core.fct_learning_proofs as f
inner join core.fct_learner_places as p on f.month = p.month and f.person_id = p.learner_id
left join core.dim_courses as c on f.course_id = c.course_id
