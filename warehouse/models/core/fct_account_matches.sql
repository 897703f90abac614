-- Grain: one account, and whose it is by the rules in their order: employee number,
-- e-mail, account. The first rule that finds exactly one person decides; names never do.
-- nearly says which rule almost did, and why not.
with tried as (
    select
        a.system,
        a.account_id,
        a.is_listed,
        coalesce(n.person_id, e.person_id, c.person_id) as person_id,
        case
            when n.person_id is not null then 'employee number'
            when e.person_id is not null then 'e-mail'
            when c.person_id is not null then 'account'
        end as rule,
        case
            when n.is_ambiguous then 'employee number: it has belonged to several people'
            when e.is_ambiguous then 'e-mail: it has belonged to several people'
            when c.is_ambiguous then 'account: it has belonged to several people'
            when a.employee_number is null and a.email is null and a.account_name is null then 'the account has neither employee number nor e-mail nor name'
        end as ambiguous,
        a.employee_number,
        a.email,
        a.account_name
    from core.fct_accounts as a
    left join core.fct_person_keys as n on n.rule = 'employee number' and a.employee_number = n.value
    left join core.fct_person_keys as e on e.rule = 'e-mail' and a.email = e.value
    left join core.fct_person_keys as c on c.rule = 'account' and a.account_name = c.value
),

-- what would have matched, written a little otherwise: for a person to look at
alike as (
    select system, account_id, min(why) as why, case when count(distinct person_id) = 1 then min(person_id) end as person_id
    from (
        select t.system, t.account_id, k.person_id, '1 employee number: one is the same but for leading zeros, blanks or letter case' as why
        from tried as t
        inner join core.fct_person_keys as k
            on k.rule = 'employee number' and ltrim(lower(replace(k.value, ' ', '')), '0') = ltrim(lower(replace(t.employee_number, ' ', '')), '0')
        where t.person_id is null

        union all

        select t.system, t.account_id, k.person_id, '2 e-mail: one has the same name at another domain'
        from tried as t
        inner join core.fct_person_keys as k
            on k.rule = 'e-mail' and case when contains(k.value, '@') then split_part(k.value, '@', 1) end = split_part(t.email, '@', 1)
        where t.person_id is null

        union all

        select t.system, t.account_id, k.person_id, '3 account: one has the same name as the e-mail'
        from tried as t
        inner join core.fct_person_keys as k on k.rule = 'account' and k.value = split_part(t.email, '@', 1)
        where t.person_id is null
    )
    group by system, account_id
)

select
    t.system,
    t.account_id,
    t.is_listed,
    t.person_id,
    t.rule,
    case when t.person_id is null then coalesce(t.ambiguous, substr(a.why, 3), 'no rule comes near: nobody has this number, e-mail or account') end as nearly,
    case when t.person_id is null and t.ambiguous is null then a.person_id end as nearly_person_id
from tried as t
left join alike as a on t.system = a.system and t.account_id = a.account_id
