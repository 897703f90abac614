-- Grain: one identifier of a person as one source and legal entity uses it, and whose it is.
-- In order: what a person matched by hand; person_xref of the system that is named like the source; where the source
-- lists the account, the rules of fct_account_matches; else the person's own id; else,
-- where no system is named like the source, any system's identifier.
with systems as (
    select distinct system
    from core.fct_person_ids
    where not is_manual  -- a match by hand says nothing of the system's other identifiers
),

found as (
    select
        u.used_for,
        u.source,
        u.legal_entity,
        u.value,
        u.has_system or h.value is not null                        as has_system,
        coalesce(h.value, e.value, a.value) is not null            as is_found,
        case
            when h.value is not null then h.person_id
            when e.value is not null then e.person_id
            else a.person_id
        end                                                        as person_id,
        case
            when h.value is not null then h.is_ambiguous
            when e.value is not null then e.is_ambiguous
            else coalesce(a.is_ambiguous, false)
        end                                                        as is_ambiguous,
        coalesce(h.valid_from, e.valid_from, a.valid_from)         as valid_from,
        coalesce(h.valid_to, e.valid_to, a.valid_to)               as valid_to,
        coalesce(c.is_listed, false)                               as has_account,
        c.person_id                                                as account_person_id,
        c.rule,
        c.nearly,
        c.nearly_person_id,
        p.person_id                                                as own_person_id
    from (
        select w.*, coalesce(s.system, '*') as system, s.system is not null as has_system
        from core.fct_id_uses as w
        left join systems as s on w.source = s.system
    ) as u
    left join core.fct_person_ids as h on u.source = h.system and u.legal_entity = h.legal_entity and u.value = h.value and h.is_manual
    left join core.fct_person_ids as e on u.system = e.system and u.legal_entity = e.legal_entity and u.value = e.value
    left join core.fct_person_ids as a on u.system = a.system and a.legal_entity = '*' and u.value = a.value
    left join core.fct_account_matches as c on u.source = c.system and u.value = c.account_id
    left join core.dim_people as p on u.value = p.person_id
),

decided as (
    select
        *,
        case
            when is_found and has_system then case when is_ambiguous then 'ambiguous' else 'xref' end
            when account_person_id is not null then rule
            when has_account then 'none'   -- its number in that system is nobody's id elsewhere
            when own_person_id is not null then 'own id'
            when is_found then case when is_ambiguous then 'ambiguous' else 'xref' end
            else 'none'
        end as match_basis
    from found
)

select
    used_for,
    source,
    legal_entity,
    value,
    case
        when match_basis = 'xref' then person_id
        when match_basis = 'own id' then own_person_id
        when match_basis not in ('none', 'ambiguous') then account_person_id
    end as person_id,
    match_basis,
    case
        when match_basis = 'ambiguous' then 'person_xref: the identifier has belonged to several people'
        when match_basis = 'none' then coalesce(nearly, 'the source lists no account with it, and person_xref does not know it')
    end as nearly,
    case when match_basis = 'none' then nearly_person_id end as nearly_person_id,
    case when match_basis in ('xref', 'ambiguous') then valid_from else date '1900-01-01' end as valid_from,
    case when match_basis in ('xref', 'ambiguous') then valid_to else date '9999-12-31' end   as valid_to
from decided
