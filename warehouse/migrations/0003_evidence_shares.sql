-- What a benefit rests on, the tactic's part in the dial's own change, and how few
-- people an outcome may show.
alter table meta.evidence_run add column benefit_basis varchar;      -- measured, or estimate, not measured
alter table meta.evidence_run add column contribution double;        -- that people ascribe to it, of one
alter table meta.evidence_run add column change_relative double;     -- of the whole company's dial, since the launch
alter table meta.evidence_run add column change_points double;
alter table meta.evidence_run add column change_from date;
alter table meta.evidence_run add column change_to date;
alter table meta.evidence_run add column share_of_change double;     -- all tactics of a dial together at most 1
alter table meta.evidence_run add column least_people bigint;        -- in any outcome of an arm
