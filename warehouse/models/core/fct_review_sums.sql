-- Grain: one measure of reviews, month (the last of a fiscal year, of a quarter, of a wave of the survey, or of the
-- facts), unit and at most one attribute of people: what its people add up to; amount ÷ base is the number. cell names
-- the people behind it. A person stands in one unit of a year: that of their last review.
with years as (
    select
        r.person_id,
        r.month,
        last_value(r.unit_id) over latest       as unit_id,
        last_value(r.job_title_id) over latest  as job_title_id,
        last_value(r.location) over latest      as location,
        r.due_date,
        r.held_date,
        r.completed_date,
        r.mode,
        r.were_both_present,
        r.actions,
        r.actions_done,
        r.actions_due,
        r.actions_on_time,
        r.is_checked,
        r.is_passed,
        r.checkins,
        r.has_gap,
        r.is_tied
    from core.fct_reviews as r
    window latest as (
        partition by r.person_id, r.month order by coalesce(r.due_date, r.held_date), r.review_id
        rows between unbounded preceding and unbounded following
    )
),

steps as (
    select y.person_id, y.month, y.unit_id, y.job_title_id, y.location, m.cell, m.measure, m.amount::double as amount, m.base::double as base
    from years as y
    cross join lateral (
        values
        ('due', 'held', (y.due_date is not null and y.held_date is not null)::integer, (y.due_date is not null)::integer),
        ('due', 'on time', coalesce(y.held_date <= y.due_date, false)::integer, (y.due_date is not null)::integer),
        ('held', 'signed', (y.completed_date is not null)::integer, (y.held_date is not null)::integer),
        ('held', 'agreed', (y.actions > 0)::integer, (y.held_date is not null)::integer),
        ('held', 'checked', y.is_checked::integer, (y.held_date is not null)::integer),
        ('held', 'backed||1', (y.checkins >= 1)::integer, (y.held_date is not null)::integer),
        ('held', 'backed||3', (y.checkins >= 3)::integer, (y.held_date is not null)::integer),
        ('held', 'backed||6', (y.checkins >= 6)::integer, (y.held_date is not null)::integer),
        (
            'signed',
            'face to face',
            coalesce(y.mode in ('in_person', 'video') and y.were_both_present, false)::integer,
            (y.held_date is not null and y.completed_date is not null)::integer
        ),
        ('acted', 'done', y.actions_done, y.actions),
        ('acted on time', 'done on time', y.actions_on_time, y.actions_due),
        ('checked', 'passed', (y.is_checked and y.is_passed)::integer, y.is_checked::integer),
        ('gap', 'tied', y.is_tied::integer, y.has_gap::integer)
    ) as m (cell, measure, amount, base)
    where m.base > 0
),

ratings as (
    select person_id, month, unit_id, band, rating * 4 + 1 as rating
    from core.fct_review_ratings
    qualify row_number() over (partition by person_id, month order by held_date desc, review_id) = 1
),

quarters as (
    select
        (q.day + interval 2 month)::date            as month,
        q.day::date                                 as from_date,
        (q.day + interval 3 month)::date            as to_date
    from core.dim_horizon as h
    cross join unnest(generate_series(
        date_trunc('quarter', h.as_of_date + 1) - interval 24 month,
        date_trunc('quarter', h.as_of_date + 1) - interval 3 month,
        interval 3 month
    )) as q (day)
),

staff as (
    select q.month, q.from_date, q.to_date, j.person_id, arg_max(j.unit_id, j.valid_to) as unit_id
    from core.fct_jobs as j
    inner join quarters as q on j.valid_from < q.to_date and j.valid_to > q.from_date
    where j.is_primary and j.is_employee
    group by q.month, q.from_date, q.to_date, j.person_id
),

notes as (
    select
        s.month,
        s.person_id,
        s.unit_id,
        count(n.review_note_id) filter (where n.kind = 'recognition') as recognitions,
        count(n.review_note_id)                                       as notes
    from staff as s
    left join staging.review_note as n on s.person_id = n.person_id and n.noted_date >= s.from_date and n.noted_date < s.to_date
    where s.to_date > (select min(noted_date) from staging.review_note)
    group by s.month, s.person_id, s.unit_id
),

reviewed as (
    select distinct q.month, r.person_id
    from core.fct_reviews as r
    inner join quarters as q on r.held_date < q.to_date and r.held_date >= q.to_date - interval 12 month
),

latest as (
    select date_trunc('month', as_of_date)::date as month, as_of_date
    from core.dim_horizon
),

last_held as (
    select person_id, max(held_date) as held_date
    from (
        select r.person_id, r.held_date
        from staging.review as r
        cross join latest as l
        where r.held_date <= l.as_of_date
    )
    group by person_id
),

sinces as (
    select
        s.month,
        s.person_id,
        s.unit_id,
        s.job_title_id,
        s.location,
        m.cell,
        m.measure,
        m.amount::double as amount
    from core.fct_staff as s
    inner join latest as l on s.month = l.month
    left join last_held as r on s.person_id = r.person_id and r.held_date >= s.spell_start_date
    cross join lateral (
        values
        ('reviewed once', 'since', l.as_of_date - r.held_date),
        ('a year here', 'without', case when s.spell_start_date <= l.as_of_date - 365 then coalesce(r.held_date < l.as_of_date - 365, true)::integer end)
    ) as m (cell, measure, amount)
    where s.is_employee and m.amount is not null
),

-- an answer of one person, or the mean of a group's
answers as (
    select
        date_trunc('month', max(a.answered_date) over (partition by a.survey_id, a.wave))::date as month,
        coalesce(a.unit_id, '(no unit)')                                                       as unit_id,
        coalesce(a.asked, 1)                                                                   as asked,
        case when a.value is null then 0 else coalesce(a.answered, 1) end                      as answered,
        a.value,
        a.item,
        a.respondent,
        a.asked is null                                                                        as is_person
    from staging.survey_result as a
    where regexp_matches(lower(a.survey_id || ' ' || a.item), 'review|apprais|\btalk')
),

-- people are asked once a wave, whatever the items
asked as (
    select
        month,
        unit_id,
        max(asked)::bigint    as asked,
        max(answered)::bigint as answered,
        sum(points) / sum(answers)   as mean
    from (
        select
            month,
            unit_id,
            item,
            case when bool_or(is_person) then count(distinct respondent) else sum(asked) end                                   as asked,
            case when bool_or(is_person) then count(distinct respondent) filter (where answered > 0) else sum(answered) end    as answered,
            sum(value * answered)                                                                                              as points,
            nullif(sum(answered), 0)                                                                                           as answers
        from answers
        where month is not null
        group by month, unit_id, item
    )
    group by month, unit_id
),

managers as (
    select r.reviewer_id as person_id, r.month, r.fiscal_year, j.unit_id, r.is_trained, r.trained_date, r.first_date, r.due, r.on_time, r.actions_due, r.actions_on_time
    from core.fct_reviewers as r
    asof left join (
        select person_id, unit_id, valid_from
        from core.fct_jobs
        where is_primary and is_employee
    ) as j on r.reviewer_id = j.person_id and r.first_date >= j.valid_from
),

-- who reviewed in two years running: trained between the two, before both, or never
pairs as (
    select
        n.person_id,
        n.month,
        n.unit_id,
        case when b.is_trained then 'trained before' when n.is_trained then 'trained between' else 'not trained' end as grouping_name,
        b.due             as due_before,
        b.on_time         as on_time_before,
        n.due             as due_after,
        n.on_time         as on_time_after,
        b.actions_due     as actions_before,
        b.actions_on_time as actions_on_time_before,
        n.actions_due     as actions_after,
        n.actions_on_time as actions_on_time_after
    from managers as n
    inner join managers as b on n.person_id = b.person_id and n.fiscal_year = b.fiscal_year + 1
),

compared as (
    select p.person_id, p.month, p.unit_id, p.grouping_name as cell, p.grouping_name || '||' || m.measure as measure, m.amount::double as amount, m.base::double as base
    from pairs as p
    cross join lateral (
        values
        ('on time before', p.on_time_before, p.due_before),
        ('on time after', p.on_time_after, p.due_after),
        ('actions before', p.actions_on_time_before, p.actions_before),
        ('actions after', p.actions_on_time_after, p.actions_after)
    ) as m (measure, amount, base)
    where m.amount is not null
),

facts as (
    select person_id, month, unit_id, job_title_id, location, cell, measure, amount, base
    from steps

    union all

    select person_id, month, unit_id, job_title_id, location, cell, measure, amount, 1
    from sinces
),

summed as (
    select cell, measure, month, unit_id, '' as attribute, '' as attribute_value, count(distinct person_id) as people, sum(amount) as amount, sum(base) as base
    from facts
    group by cell, measure, month, unit_id

    union all

    select f.cell, f.measure, f.month, f.unit_id, a.attribute, a.attribute_value, count(distinct f.person_id), sum(f.amount), sum(f.base)
    from facts as f
    cross join lateral (values ('title', f.job_title_id), ('location', f.location)) as a (attribute, attribute_value)
    where
        (f.measure = 'since' and a.attribute = 'title')
        or (f.measure in ('held', 'on time') and f.month = (select max(month) from core.fct_reviews where due_date is not null))
    group by f.cell, f.measure, f.month, f.unit_id, a.attribute, a.attribute_value

    union all

    select 'rated', 'rating', r.month, r.unit_id, a.attribute, case a.attribute when '' then '' else r.band::text end, count(*), sum(r.rating), count(*)
    from ratings as r
    cross join (values (''), ('band')) as a (attribute)
    group by r.month, r.unit_id, a.attribute, case a.attribute when '' then '' else r.band::text end

    union all

    select 'heads of a quarter', 'recognition', month, unit_id, '', '', count(*), sum(recognitions), count(*)
    from notes
    group by month, unit_id

    union all

    select 'reviewed in a year', 'noted', n.month, n.unit_id, '', '', count(*), count(*) filter (where n.notes > 0), count(*)
    from notes as n
    inner join reviewed as r on n.month = r.month and n.person_id = r.person_id
    group by n.month, n.unit_id

    union all

    select 'answered', 'quality', month, unit_id, '', '', answered, mean * answered, answered
    from asked
    where answered > 0

    union all

    select 'asked', 'response', month, unit_id, '', '', asked, answered, asked
    from asked
    where asked > 0

    union all

    select 'managers', 'trained', month, coalesce(unit_id, '(no unit)'), '', '', count(*), count(*) filter (where is_trained), count(*)
    from managers
    group by month, coalesce(unit_id, '(no unit)')

    union all

    select cell, measure, month, coalesce(unit_id, '(no unit)'), '', '', count(distinct person_id), sum(amount), sum(base)
    from compared
    group by cell, measure, month, coalesce(unit_id, '(no unit)')
)

select 'reviews' as table_name, cell, measure, month, unit_id, attribute, attribute_value, people, null::bigint as numerator, amount, base
from summed
