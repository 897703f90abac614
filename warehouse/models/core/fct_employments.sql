-- Grain: one employment, as its latest version says. A term that a start of the
-- same person follows within the rehire gap is no separation: the two are one
-- spell. Employees have spells of their own, apart from contractors, interns and agency.
with latest as (
    select
        employment_id,
        person_id,
        legal_entity,
        hire_date,
        term_date,
        term_reason,
        is_voluntary,
        employment_type,
        is_employee,
        contracted_hours,
        coalesce(term_date, date '9999-12-31') as end_date
    from core.dim_employment_versions
    -- an employment that ends before it starts never was; a check names it
    where is_latest and coalesce(term_date >= hire_date, true)
),

marked as (
    select
        employment_id,
        coalesce(
            hire_date > max(end_date) over (
                partition by person_id, is_employee order by hire_date, employment_id rows between unbounded preceding and 1 preceding
            ) + (select max(rehire_gap_days) from core.dim_settings),
            true
        ) as is_spell_start
    from latest
),

numbered as (
    select
        l.employment_id,
        l.person_id,
        l.legal_entity,
        l.hire_date,
        l.term_date,
        l.term_reason,
        l.is_voluntary,
        l.employment_type,
        l.is_employee,
        l.contracted_hours,
        l.end_date,
        sum(m.is_spell_start::integer) over (
            partition by l.person_id, l.is_employee order by l.hire_date, l.employment_id rows unbounded preceding
        ) as spell
    from latest as l
    inner join marked as m on l.employment_id = m.employment_id
)

select
    employment_id,
    person_id,
    legal_entity,
    hire_date,
    term_date,
    term_reason,
    is_voluntary,
    employment_type,
    is_employee,
    contracted_hours,
    spell::integer                   as spell,
    min(hire_date) over spells       as spell_start_date,
    -- of several employments in a spell, the one that ends last is the separation
    term_date is not null
    and row_number() over (partition by person_id, is_employee, spell order by end_date desc, hire_date desc, employment_id desc) = 1 as is_separation
from numbered
window spells as (partition by person_id, is_employee, spell)
