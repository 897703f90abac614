-- Grain: one unit and month: employees, their full-time equivalents and the people
-- of other contracts, as means of daily values. A cell that is_hidden still holds its
-- numbers, for sums over more units: shown alone, it is withheld.
-- hide: contractors where is_contractors_hidden
select
    h.unit_id,
    h.month,
    h.heads,
    h.fte,
    h.contractors,
    h.heads_at_end,
    h.people                                                                        as people_n,
    h.is_complete,
    coalesce(p.is_hidden, h.people < s.min_people)                                  as is_hidden,
    h.contractors > 0 and h.contractors < s.min_people                              as is_contractors_hidden
from core.fct_headcount_monthly as h
cross join core.dim_settings as s
left join core.fct_unit_privacy as p on p.view_name = 'as_was' and p.is_own and h.unit_id = p.node_id and h.month = p.month
