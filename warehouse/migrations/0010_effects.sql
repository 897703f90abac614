-- What the last refresh estimated of changes of people, by study: of a course on a
-- competency, of managers' training on their reviews. Each refresh replaces all rows.
create table meta.group_effect (
    kind            varchar not null, -- course, managers
    subject_id      varchar not null, -- the course; empty of managers
    measure         varchar not null, -- the competency; on time, followed up
    fingerprint     varchar not null, -- of what it rests on
    design          varchar,          -- of queries/impact
    settings        json,
    treated_n       bigint,
    compared_n      bigint,
    strata          bigint,
    treated_change  double,
    compared_change double,           -- weighted as the treated are
    effect          double,
    std_error       double,
    df              double,
    p_value         double,
    adjusted_p      double,           -- Benjamini–Hochberg within the kind
    low             double,           -- 95 % interval
    high            double,
    mde             double,           -- what 80 of 100 such tests would have seen
    reason          varchar           -- why there is no effect
);
