-- Grain: one node of the unit tree ('*' is the company) and item on how certain people are,
-- with its first and its last wave. delta is the change of the mean of all answers; its
-- standard error takes units as what is drawn (linearised, n ÷ (n − 1)), so answers within a
-- unit may be alike; units is how many answered in either wave, df one less.
with answers as (
    select survey_id, item, wave, month, unit_id, mean_value, answered,
        month = min(month) over (partition by survey_id, item) as is_before,
        month = max(month) over (partition by survey_id, item) as is_after
    from core.fct_survey_units
    where step = 'certain'
),

waves as (
    select survey_id, item, min(month) as before_month, max(month) as after_month, arg_min(wave, month) as before_wave, arg_max(wave, month) as after_wave
    from answers
    group by survey_id, item
    having min(month) < max(month)
),

scope as (
    select ancestor_id, unit_id, valid_from, valid_to
    from core.dim_unit_closure
    where view_name = 'as_was'

    union all

    select '*', unit_id, date '1900-01-01', date '9999-12-31'
    from (select distinct unit_id from answers)
),

placed as (
    select s.ancestor_id, a.survey_id, a.item, a.unit_id, a.is_after, a.mean_value, a.answered
    from answers as a
    inner join waves as w on a.survey_id = w.survey_id and a.item = w.item
    inner join scope as s on a.unit_id = s.unit_id and a.month >= s.valid_from and a.month < s.valid_to
    where a.is_before or a.is_after
),

means as (
    select ancestor_id, survey_id, item, is_after, sum(mean_value * answered) / sum(answered) as mean_value, sum(answered) as answered
    from placed
    group by ancestor_id, survey_id, item, is_after
),

pulls as (
    select
        p.ancestor_id,
        p.survey_id,
        p.item,
        p.unit_id,
        sum(case when p.is_after then 1 else -1 end * p.answered * (p.mean_value - m.mean_value) / m.answered) as pull
    from placed as p
    inner join means as m on p.ancestor_id = m.ancestor_id and p.survey_id = m.survey_id and p.item = m.item and p.is_after = m.is_after
    group by p.ancestor_id, p.survey_id, p.item, p.unit_id
),

spreads as (
    select ancestor_id, survey_id, item, count(*) as units, sqrt(sum(pull * pull) * count(*) / nullif(count(*) - 1, 0)) as std_error
    from pulls
    group by ancestor_id, survey_id, item
)

select
    'as_was'                                                    as view_name,
    x.ancestor_id,
    w.after_month                                               as month,
    x.survey_id,
    x.item,
    w.before_wave,
    w.after_wave,
    w.before_month,
    b.mean_value                                                as before_mean,
    a.mean_value                                                as after_mean,
    b.answered                                                  as before_answered,
    b.asked                                                     as before_asked,
    a.answered                                                  as after_answered,
    a.asked                                                     as after_asked,
    case when not (b.is_hidden or a.is_hidden) then a.mean_value - b.mean_value end as delta,
    case when not (b.is_hidden or a.is_hidden) then x.std_error end                 as std_error,
    x.units,
    least(b.people_n, a.people_n)                               as people_n,
    b.is_hidden or a.is_hidden                                  as is_hidden
from spreads as x
inner join waves as w on x.survey_id = w.survey_id and x.item = w.item
inner join marts.survey_tree as b on x.ancestor_id = b.ancestor_id and x.survey_id = b.survey_id and x.item = b.item and w.before_month = b.month
inner join marts.survey_tree as a on x.ancestor_id = a.ancestor_id and x.survey_id = a.survey_id and x.item = a.item and w.after_month = a.month
