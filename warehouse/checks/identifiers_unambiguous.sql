-- An identifier belongs to one person for good; one that ever had two belongs to none.
-- severity: warning
select format('person_xref: {} identifiers of system {} belonged to more than one person, such as {}', count(*), system, min(value)) as message
from core.fct_person_ids
where is_ambiguous and legal_entity <> '*' and system <> '*'
group by system
