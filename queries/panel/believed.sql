-- One row per link: its last evidence run.
select evidence_run_id, run_number, tactic_link_id, fingerprint, rung, result, joint_with, caps, tests, rejected, low, high, share_of_change, trial
from meta.evidence_run
qualify row_number() over (partition by tactic_link_id order by run_number desc) = 1
