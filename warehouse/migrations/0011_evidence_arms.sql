-- Which units a run compared: what two runs tell of a dial of people, together, depends on it.
alter table meta.evidence_run add column arms varchar[]; -- unit, first month and end, parted by U+001F; null of a run before this
