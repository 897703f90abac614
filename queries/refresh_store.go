package queries

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"time"

	"dials/queries/evidence"
)

// A batch is what a refresh has to save, in the columns of meta.evidence_*.
type batch struct {
	now    time.Time
	number int64

	runs   []map[string]any
	checks []map[string]any
	points []map[string]any
}

// add adds one run with its checks and points.
func (b *batch) add(l linkRow, k *kept, f evidence.Finding, share *float64, why, before string) error {
	trial, err := json.Marshal(k.trial)
	if err != nil {
		return err
	}
	b.number++
	row := map[string]any{
		"run_number": b.number, "tactic_link_id": l.ID, "tactic_id": l.Tactic, "metric_id": l.Metric,
		"computed_at": b.now.UTC().Format("2006-01-02 15:04:05.999999"), "why": why, "fingerprint": k.fingerprint,
		"rung": int(f.Rung), "result": string(f.Result), "is_claim": f.IsClaim, "joint_with": f.Joint, "caps": f.Caps, "missing": f.Missing,
		"words": f.Rung.Words(), "how_we_know": f.HowWeKnow(), "mind_change": f.MindChange, "next_step": f.Next, "weakest_gate": f.WeakestGate,
		"reason": f.Why, "tests": f.Tests, "rejected": f.Rejected, "trial": json.RawMessage(trial),
		"is_overridden": false, "is_people": false, "launched_month": day(l.LaunchedMonth), "data_as_of": day(monthEnd(l.LastMonth)),
	}
	if k.problem != "" && k.trial.Estimate == nil {
		row["reason"] = k.problem
	}
	var months []string
	for _, m := range l.WaveMonths {
		months = append(months, m.Format(time.DateOnly))
	}
	row["wave_months"] = months
	if c := k.trial.Change; c.Known {
		row["change_relative"], row["change_points"] = known(c.Relative), known(c.Points)
		row["change_from"], row["change_to"] = day(&c.From), day(&c.To)
	}
	row["share_of_change"], row["contribution"] = share, k.contribution
	if k.study != nil {
		if err := k.study.describe(row, l, f, k.contribution); err != nil {
			return err
		}
	}
	id, err := json.Marshal([]any{row["tactic_link_id"], row["fingerprint"], f, share, before})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(id)
	run := hex.EncodeToString(sum[:8])
	row["evidence_run_id"] = run
	b.runs = append(b.runs, row)
	b.addChecks(run, k, f)
	b.addPoints(run, k)
	return nil
}

// describe adds what a study knows to a run.
func (s *study) describe(row map[string]any, l linkRow, f evidence.Finding, contribution *float64) error {
	facts, e := s.Facts, s.Trial.Estimate
	settings, err := json.Marshal(facts.Settings)
	if err != nil {
		return err
	}
	set := func(name string, v any) { row[name] = v }
	set("design_rule", facts.DesignRule)
	set("runners_up", facts.RunnersUp)
	set("is_overridden", facts.IsOverridden)
	set("is_people", facts.IsPeople)
	set("treated", facts.Treated)
	set("least_people", facts.LeastPeople)
	set("comparison", facts.Comparison)
	set("arms", facts.Arms)
	set("months_before", facts.MonthsBefore)
	set("months_after", facts.MonthsAfter)
	set("reporting", s.Trial.Reporting)
	if !facts.First.IsZero() {
		set("first_month", day(&facts.First))
		set("last_month", day(&facts.Last))
		set("launched_month", day(&facts.Launched))
	}
	if e == nil {
		return nil
	}
	set("design", string(s.Trial.Design))
	set("estimand", facts.Estimand)
	set("scale", facts.Scale)
	set("settings", json.RawMessage(settings))
	set("command", facts.Command)
	if !f.HasInterval { // of the effect nothing can be said
		set("naive", facts.Naive)
		if f.Rung == evidence.BeforeAfter {
			s.value(row, l, f, contribution)
		}
		return nil
	}
	set("effect", e.Value)
	set("std_error", e.StdErr)
	if e.DF > 0 {
		set("df", e.DF)
	}
	set("p_value", e.P)
	set("low", f.Low)
	set("high", f.High)
	set("level", f.Level)
	set("mde", f.MDE)
	set("worth", positive(s.Trial.Worth))
	set("naive", facts.Naive)
	set("counterfactual", facts.Counterfactual)
	set("unit_months", facts.UnitMonths)
	relative, metric := facts.converters()
	for name, v := range map[string]float64{"effect": e.Value, "low": f.Low, "high": f.High} {
		set(name+"_relative", relative(v))
		set(name+"_metric", metric(v))
	}
	// of the wanted side, where logarithms make it differ
	side := 1.0
	if s.Trial.Wanted == evidence.Down {
		side = -1
	}
	set("mde_relative", magnitude(relative(side*f.MDE)))
	if s.Trial.Worth > 0 {
		set("worth_relative", magnitude(relative(side*s.Trial.Worth)))
	}
	s.value(row, l, f, contribution)
	return nil
}

// value puts money on the effect where the dial says what it is worth. On rungs 2
// and 3 it rests on what people think the tactic's part in the change was, and is
// no measurement; below there is none.
func (s *study) value(row map[string]any, l linkRow, f evidence.Finding, contribution *float64) {
	per := l.MoneyPerUnit
	if per == nil {
		per = l.Margin
	}
	if per == nil || l.Currency == nil {
		return
	}
	_, metric := s.Facts.converters()
	if f.Rung <= evidence.Interrupted {
		if s.Facts.Naive == nil || contribution == nil {
			return
		}
		change := metric(*s.Facts.Naive)
		if change == nil {
			return
		}
		m := evidence.Worth(*change, *change, *change, s.Facts.UnitMonths, *per, s.Trial.Wanted)
		row["benefit_amount"], row["benefit_currency"], row["benefit_basis"] = known(m.Central**contribution), *l.Currency, "estimate, not measured"
		return
	}
	effect, low, high := metric(s.Trial.Estimate.Value), metric(f.Low), metric(f.High)
	if effect == nil || low == nil || high == nil {
		return
	}
	m := evidence.Worth(*effect, *low, *high, s.Facts.UnitMonths, *per, s.Trial.Wanted)
	row["benefit_amount"], row["benefit_low_amount"], row["benefit_currency"] = known(m.Central), known(m.Low), *l.Currency
	row["benefit_basis"] = "measured"
	if len(f.Joint) > 0 {
		row["benefit_basis"] = "measured, with others"
	}
	s.running(m)
}

// running adds the running total of the benefit by month since the launch, low and
// central, from which and the cost the payback follows.
func (s *study) running(m evidence.Money) {
	sum := 0.0
	for k, exposed := range s.Facts.Exposed {
		sum += exposed / s.Facts.UnitMonths
		month := s.Facts.Launched.AddDate(0, k, 0)
		s.points = append(s.points, point{Kind: "benefit", X: ptr(float64(k + 1)), Month: &month, Value: known(sum * m.Central), Low: known(sum * m.Low)})
	}
}

// converters turn a number on the scale into a share of what would have been, and
// into metric units per unit and month.
func (f studyFacts) converters() (relative, metric func(float64) *float64) {
	base := math.NaN()
	if f.Counterfactual != nil {
		base = *f.Counterfactual
	}
	if f.Scale == scaleLog {
		relative = func(v float64) *float64 { return known(math.Expm1(v)) }
		metric = func(v float64) *float64 { return known(math.Expm1(v) * base) }
		return relative, metric
	}
	relative = func(v float64) *float64 { return known(v / math.Abs(base)) }
	metric = func(v float64) *float64 { return known(v) }
	return relative, metric
}

func (b *batch) addChecks(run string, k *kept, f evidence.Finding) {
	at := 0
	add := func(row map[string]any) {
		at++
		row["evidence_run_id"], row["position"] = run, at
		b.checks = append(b.checks, row)
	}
	for _, g := range f.Gates {
		row := map[string]any{"rung": int(g.Rung), "is_cap": g.IsCap, "name": g.Name, "status": string(g.Status), "words": g.Words}
		if g.Measure != "" {
			row["measure"], row["value"], row["limit"], row["is_least"] = g.Measure, known(g.Value), known(g.Limit), g.AtLeast
		}
		add(row)
	}
	if k.study == nil {
		return
	}
	for _, c := range k.study.checks {
		status := evidence.Failed
		if c.Passed {
			status = evidence.Passed
		}
		row := map[string]any{"is_cap": false, "name": "estimator-" + c.Name, "status": string(status), "words": c.Note, "value": known(c.Statistic)}
		if p := known(c.P); p != nil {
			row["measure"], row["value"] = "p", p
		}
		add(row)
	}
}

func (b *batch) addPoints(run string, k *kept) {
	if k.study == nil {
		return
	}
	for i, p := range k.study.points {
		b.points = append(b.points, map[string]any{
			"evidence_run_id": run, "position": i + 1, "kind": p.Kind, "name": p.Name, "x": p.X, "month": day(p.Month),
			"value": p.Value, "other": p.Other, "low": p.Low, "high": p.High,
		})
	}
}

// save hands the batch over, unless there is nothing.
func (b *batch) save(ctx context.Context, saver Saver) error {
	if len(b.runs) == 0 {
		return nil
	}
	var parts [3][]byte
	for i, rows := range [][]map[string]any{b.runs, b.checks, b.points} {
		if rows == nil {
			rows = []map[string]any{}
		}
		data, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		parts[i] = data
	}
	return saver.SaveEvidence(ctx, parts[0], parts[1], parts[2])
}

func day(t *time.Time) any {
	if t == nil || t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}

func monthEnd(month *time.Time) *time.Time {
	if month == nil {
		return nil
	}
	return ptr(month.AddDate(0, 1, -1))
}

func positive(v float64) *float64 {
	if v > 0 {
		return &v
	}
	return nil
}

func magnitude(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return ptr(math.Abs(*v))
}
