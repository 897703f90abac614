-- When each open objective will be done, as the last refresh forecast it from the
-- readings of the marts. Each refresh replaces all rows.
create table meta.goal_forecast (
    goal_id         varchar not null,
    reading_date    date,             -- the last reading that it rests on
    finish_date     date,             -- by earned schedule
    low_date        date,             -- 80 % range
    high_date       date,
    theil_sen_date  date,             -- the cross-check; null where readings do not rise
    on_time         double,           -- probability of being done by the first approved due date
    spi             double,           -- earned ÷ elapsed time
    slip_days       double,           -- finish − first approved due date
    is_flagged      boolean,          -- slip > max(7 days, 10 % of the planned time)
    reason          varchar           -- why there is no forecast
);

-- How good such forecasts were on objectives whose end is known: one figure a row.
create table meta.goal_forecast_quality (
    name            varchar not null, -- fingerprint, finished, coverage, brier, bin, …
    position        integer not null,
    value           double,
    low             double,
    high            double,
    n               double,
    text            varchar
);
