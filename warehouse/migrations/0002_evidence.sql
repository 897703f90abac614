-- What was believed about each tactic and dial, when, and why that changed. Runs
-- are only added: the last of a link is what is believed now.
create table meta.evidence_run (
    evidence_run_id     varchar not null, -- a hash of what was judged and what came of it
    run_number          bigint not null,  -- in order of time
    tactic_link_id      varchar not null,
    tactic_id           varchar not null,
    metric_id           varchar,
    computed_at         timestamp not null,
    data_as_of          date,
    why                 varchar not null, -- first run, the data changed, other tests changed, …
    fingerprint         varchar not null, -- of everything that the estimate depends on
    rung                integer not null,
    result              varchar not null,
    is_claim            boolean not null,
    joint_with          varchar[],
    caps                varchar[],
    missing             varchar[],
    words               varchar not null,
    how_we_know         varchar not null,
    mind_change         varchar,
    next_step           varchar,
    weakest_gate        varchar,
    reason              varchar,          -- why nothing can be told
    design              varchar,
    design_rule         varchar,          -- why this design
    runners_up          varchar[],
    is_overridden       boolean not null,
    estimand            varchar,
    scale               varchar,          -- level, log or share
    effect              double,           -- on that scale
    std_error           double,
    df                  double,
    p_value             double,
    low                 double,
    high                double,
    level               double,
    mde                 double,
    worth               double,           -- the smallest effect worth having
    effect_relative     double,           -- of what would have been
    low_relative        double,
    high_relative       double,
    mde_relative        double,
    worth_relative      double,
    effect_metric       double,           -- in metric units per unit and month
    low_metric          double,
    high_metric         double,
    naive               double,           -- before/after of the treated, on the scale
    counterfactual      double,           -- in metric units
    unit_months         double,           -- exposed, at most 12 a unit
    benefit_low_amount  double,
    benefit_amount      double,
    benefit_currency    varchar,
    treated             bigint,           -- units, or people where is_people
    comparison          bigint,
    is_people           boolean not null,
    months_before       integer,
    months_after        integer,
    first_month         date,
    launched_month      date,
    last_month          date,
    reporting           double,
    tests               integer not null, -- in the family of tests
    rejected            integer not null,
    wave_months         date[],
    settings            json,             -- method, lag, seed, …
    command             varchar,          -- dials estimate …, on the panel's extract
    trial               json not null     -- everything that was judged
);

-- One gate or cap of one run, or one check of its estimator.
create table meta.evidence_check (
    evidence_run_id varchar not null,
    position        integer not null,
    rung            integer,              -- null for a check that guards no rung
    is_cap          boolean not null,
    name            varchar not null,
    status          varchar not null,
    measure         varchar,
    value           double,
    "limit"         double,
    is_least        boolean,
    words           varchar
);

-- One point of one of a run's curves: path (treated and counterfactual), event
-- (months since the launch), placebo, balance, weight, comparison method.
create table meta.evidence_point (
    evidence_run_id varchar not null,
    position        integer not null,
    kind            varchar not null,
    name            varchar,
    x               double,
    month           date,
    value           double,
    other           double,
    low             double,
    high            double
);
