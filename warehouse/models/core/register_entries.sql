-- Grain: one entry of the register, as the first of its sources has it now; those of
-- Dials come first. Where a person is named, that is said, not who.
with stated as (
    select
        'need' as stream,
        n.source,
        n.recorded_at,
        null::date as valid_from,
        to_json({'need_id': n.need_id}) as entry_key,
        to_json({
            'title': n.title,
            'owner_id': case when p.person_id is null then n.owner_id end,
            'owner_id_is_person': p.person_id is not null,
            'opened_date': n.opened_date,
            'goal_id': n.goal_id,
            'is_customer_feedback': n.is_customer_feedback,
            'was_neutral': n.was_neutral,
            'had_owner_access': n.had_owner_access,
            'is_shared': n.is_shared
        }) as entry
    from staging.need as n
    left join core.dim_people as p on n.owner_id = p.person_id

    union all

    select
        'tactic',
        t.source,
        t.recorded_at,
        t.valid_from,
        to_json({'tactic_id': t.tactic_id}),
        to_json({
            'name': t.name,
            'tactic_type': t.tactic_type,
            'need_id': t.need_id,
            'owner_id': case when p.person_id is null then t.owner_id end,
            'owner_id_is_person': p.person_id is not null,
            'approved_date': t.approved_date,
            'launched_date': t.launched_date,
            'ended_date': t.ended_date,
            'planned_cost_amount': t.planned_cost_amount,
            'currency': t.currency,
            'sessions_planned': t.sessions_planned,
            'has_follow_up': t.has_follow_up,
            'course_id': t.course_id
        })
    from staging.tactic as t
    left join core.dim_people as p on t.owner_id = p.person_id

    union all

    select
        'tactic_link',
        l.source,
        l.recorded_at,
        null,
        to_json({'tactic_link_id': l.tactic_link_id}),
        to_json({
            'tactic_id': l.tactic_id,
            'goal_id': l.goal_id,
            'metric_id': l.metric_id,
            'mechanism': l.mechanism,
            'baseline': l.baseline,
            'target': l.target,
            'target_date': l.target_date,
            'business_owner_id': case when p.person_id is null then l.business_owner_id end,
            'business_owner_id_is_person': p.person_id is not null,
            'expected_lag_months': l.expected_lag_months,
            'registered_at': f.registered_at,
            'registered_basis': f.registered_basis,
            'registered_source': f.registered_source,
            'approved_at': l.approved_at,
            'design_override': l.design_override
        })
    from staging.tactic_link as l
    left join core.dim_people as p on l.business_owner_id = p.person_id
    left join core.fct_tactic_links as f on l.tactic_link_id = f.tactic_link_id

    union all

    select
        'tactic_wave',
        w.source,
        w.recorded_at,
        null,
        to_json({'tactic_id': w.tactic_id, 'wave': w.wave}),
        to_json({
            'start_date': w.start_date,
            'assigned_by': w.assigned_by,
            'order_rule': w.order_rule,
            'assigned_at': w.assigned_at,
            'seed': w.seed
        })
    from staging.tactic_wave as w

    union all

    select
        'tactic_unit',
        u.source,
        u.recorded_at,
        null,
        to_json({'tactic_id': u.tactic_id, 'unit_id': u.unit_id}),
        to_json({
            'arm': u.arm,
            'wave': u.wave,
            'assigned_at': u.assigned_at,
            'exposed_from_date': u.exposed_from_date,
            'exposed_to_date': u.exposed_to_date,
            'is_chosen_on_dial': u.is_chosen_on_dial,
            'selection_from_date': u.selection_from_date,
            'selection_to_date': u.selection_to_date
        })
    from staging.tactic_unit as u

    union all

    select
        'rival_event',
        r.source,
        r.recorded_at,
        null,
        to_json({'rival_event_id': r.rival_event_id, 'unit_id': r.unit_id}),
        to_json({
            'name': r.name,
            'metric_id': r.metric_id,
            'from_date': r.from_date,
            'to_date': r.to_date,
            'is_independent': r.is_independent
        })
    from staging.rival_event as r

    union all

    select
        'annotation',
        a.source,
        a.recorded_at,
        null,
        to_json({'annotation_id': a.annotation_id, 'unit_id': a.unit_id}),
        to_json({'on_date': a.on_date, 'name': a.name})
    from staging.annotation as a

    union all

    select
        'metric',
        m.source,
        m.recorded_at,
        m.valid_from,
        to_json({'metric_id': m.metric_id}),
        to_json({
            'name': m.name,
            'formula': m.formula,
            'unit_of_measure': m.unit_of_measure,
            'direction': m.direction,
            'unit_aggregation': m.unit_aggregation,
            'time_aggregation': m.time_aggregation,
            'base_grain': m.base_grain,
            'owner_name': m.owner_name,
            'is_owner_in_ld': m.is_owner_in_ld,
            'signed_off_at': m.signed_off_at,
            'money_per_unit': m.money_per_unit,
            'margin': m.margin,
            'currency': m.currency
        })
    from staging.metric as m

    union all

    select
        'benefit',
        b.source,
        b.recorded_at,
        null,
        to_json({'benefit_id': b.benefit_id}),
        to_json({
            'tactic_id': b.tactic_id,
            'metric_id': b.metric_id,
            'months': b.months,
            'planned_amount': b.planned_amount,
            'actual_amount': b.actual_amount,
            'currency': b.currency,
            'go_live_date': b.go_live_date
        })
    from staging.benefit as b
)

select
    e.stream,
    e.entry_key,
    e.entry,
    e.source,
    e.source || '@' || epoch_us(e.recorded_at) as version,
    e.recorded_at
from stated as e
left join core.dim_sources as s on e.source = s.source
qualify row_number() over (
    partition by e.stream, e.entry_key::varchar order by coalesce(s.position, 1000000), e.source, e.valid_from desc
) = 1
