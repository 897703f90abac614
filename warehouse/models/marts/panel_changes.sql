-- Grain: one study, arm, stratum and change: of how many. What the refresh estimates effects of courses and of managers'
-- training from: people are counted by what changed, and only where a stratum has both arms. A stratum is when the
-- change ended and the level that it began at, so that who began low is compared with others who did.
with changes as (
    select
        'course'                                             as kind,
        course_id                                            as subject_id,
        competency_id                                        as measure,
        strftime(quarter, '%Y-%m') || ' ' || from_share      as stratum,
        is_trained                                           as is_treated,
        round(change, 9)                                     as change
    from core.fct_course_changes

    union all

    select 'managers', '', measure, fiscal_year || ' ' || from_share, is_trained, round(change, 9)
    from core.fct_reviewer_changes
)

select
    kind,
    subject_id,
    measure,
    stratum,
    is_treated,
    change,
    count(*) as people
from changes
group by kind, subject_id, measure, stratum, is_treated, change
qualify max(is_treated::integer) over (partition by kind, subject_id, measure, stratum) > min(is_treated::integer) over (partition by kind, subject_id, measure, stratum)
