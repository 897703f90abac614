-- Grain: one thing that a person can be found by, of each rule: employee number, e-mail, account.
-- What ever belonged to two people finds nobody. E-mails and accounts are compared in lower case.
with stated as (
    select 'employee number' as rule, trim(value) as value, person_id
    from staging.person_xref
    where system = 'employee_number'

    union all

    select 'employee number', person_id, person_id
    from core.dim_people

    union all

    select 'e-mail', lower(trim(value)), person_id
    from staging.person_xref
    where system = 'email'

    union all

    -- some systems know an e-mail by its hash alone
    select 'e-mail', sha1('mailto:' || lower(trim(value))), person_id
    from staging.person_xref
    where system = 'email'

    union all

    select 'account', lower(trim(value)), person_id
    from staging.person_xref
    where system = 'account'
)

select
    s.rule,
    s.value,
    case when count(distinct s.person_id) = 1 then min(s.person_id) end as person_id,
    count(distinct s.person_id) > 1                                     as is_ambiguous
from stated as s
inner join core.dim_people as p on s.person_id = p.person_id
where s.value <> ''
group by s.rule, s.value
