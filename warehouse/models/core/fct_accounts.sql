-- Grain: one account of one system, with what its owner can be found by. What a record
-- calls by an e-mail, the hash of one, or a page and a name is an account too.
with stated as (
    select
        a.system,
        a.account_id,
        nullif(trim(a.employee_number), '')     as employee_number,
        nullif(lower(trim(a.email)), '')        as email,
        nullif(lower(trim(a.account_name)), '') as account_name
    from staging.account as a
    left join core.dim_sources as s on a.source = s.source
    qualify row_number() over (partition by a.system, a.account_id order by coalesce(s.position, 1000000), a.source) = 1
),

named as (
    select
        source as system,
        value  as account_id,
        case
            when starts_with(value, 'mailto:') then lower(trim(substr(value, 8)))
            when starts_with(value, 'mbox_sha1sum:') then lower(substr(value, 14))
            when starts_with(value, 'sha1:') then lower(substr(value, 6))
            when contains(value, '@') and not contains(value, '|') then lower(trim(value))
        end    as email,
        case when contains(value, '|') then lower(trim(split_part(value, '|', -1))) end as account_name
    from core.fct_id_uses
    where contains(value, '@') or contains(value, '|') or starts_with(value, 'mbox_sha1sum:') or starts_with(value, 'sha1:')
)

select system, account_id, employee_number, email, account_name, true as is_listed
from stated

union all

select distinct n.system, n.account_id, null, n.email, n.account_name, false
from named as n
where not exists (select 1 from stated as s where n.system = s.system and n.account_id = s.account_id)
