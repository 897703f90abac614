-- Grain: one declared table of people, what it measures, one unit, one value of one attribute of people
-- ('' is all of them) and one reference month: how many people stand behind the cell. Every table of people
-- that is shown is a line here; core.fct_cell_privacy hides what must be hidden.
-- numerator: of a sensitive rate. largest, total: of a sum, the largest person's part and the whole.
select *
from core.cells_headcount

union all by name

select *
from core.cells_people

union all by name

select *
from core.cells_learning

union all by name

select *
from core.cells_objectives

union all by name

select *
from core.cells_uncovered

union all by name

select *
from core.cells_checkins

union all by name

select *
from core.cells_survey

union all by name

select *
from core.cells_gaps

union all by name

select *
from core.cells_gap_required

union all by name

select *
from core.cells_gap_mapped

union all by name

select *
from core.cells_gap_raters

union all by name

select *
from core.cells_gap_steps

union all by name

select *
from core.cells_investment

union all by name

select *
from core.cells_programmes
