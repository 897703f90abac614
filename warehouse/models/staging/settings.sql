-- Grain: one setting of the configuration.
select
    key,
    value
from meta.setting
