-- Grain: one item of one survey wave and unit: the mean of its answers, how many answered and
-- how many were asked. month is that of the wave's first answer. step names what the item
-- asks, by the words in it or by itself: heard, understood, want, know how, act, certain.
with trusted as (
    select s.survey_id, s.wave, s.item, s.respondent, s.unit_id, s.goal_id, s.value, s.asked, s.answered, s.answered_date
    from staging.survey_result as s
    cross join core.dim_horizon as h
    left join core.dim_sources as o on s.source = o.source
    where s.answered_date <= h.as_of_date or s.answered_date is null
    qualify row_number() over (
        partition by s.survey_id, s.wave, s.item, s.respondent order by coalesce(o.position, 1000000), o.source
    ) = 1
),

waves as (
    select survey_id, wave, date_trunc('month', min(answered_date))::date as month
    from trusted
    group by survey_id, wave
)

select
    t.survey_id,
    t.wave,
    w.month,
    t.item,
    case
        when t.item ilike '%certain%' or t.item ilike '%clear what%' then 'certain'
        when t.item ilike '%know how%' then 'know how'
        when t.item ilike '%heard%' or t.item ilike '%hear of%' then 'heard'
        when t.item ilike '%underst%' then 'understood'
        when t.item ilike '%want%' or t.item ilike '%willing%' then 'want'
        when regexp_matches(lower(t.item), '\b(act|acts|acted)\b') then 'act'
    end                                                                                   as step,
    coalesce(t.goal_id, '')                                                               as goal_id,
    coalesce(t.unit_id, '(no unit)')                                                      as unit_id,
    sum(t.value * coalesce(t.answered, 1)) / nullif(sum(coalesce(t.answered, 1)) filter (t.value is not null), 0) as mean_value,
    sum(coalesce(t.answered, 1)) filter (t.value is not null)                             as answered,
    case when count(t.asked) = count(*) then sum(t.asked) end                             as asked
from trusted as t
inner join waves as w on t.survey_id = w.survey_id and t.wave = w.wave
where w.month is not null
group by t.survey_id, t.wave, w.month, t.item, t.goal_id, t.unit_id
having sum(coalesce(t.answered, 1)) filter (t.value is not null) > 0
