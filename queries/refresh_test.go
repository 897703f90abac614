package queries

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// saved keeps what a refresh saves, and what is believed where the next one looks.
type saved struct {
	db                   *sql.DB
	times                int
	runs, checks, points []byte
}

func (s *saved) SaveEvidence(ctx context.Context, runs, checks, points []byte) error {
	s.times++
	s.runs, s.checks, s.points = runs, checks, points
	var rows []map[string]any
	if err := json.Unmarshal(runs, &rows); err != nil {
		return err
	}
	for _, r := range rows {
		trial, err := json.Marshal(r["trial"])
		if err != nil {
			return err
		}
		_, err = s.db.ExecContext(ctx, `insert into meta.evidence_run by name
			select $1 as evidence_run_id, $2::bigint as run_number, $3 as tactic_link_id, $4 as fingerprint, $5::int as rung, $6 as result,
				$7::int as tests, $8::int as rejected, $9::double as low, $10::double as high, $11::json as trial, $12::double as share_of_change,
				'' as tactic_id, now()::timestamp as computed_at, '' as why, false as is_claim, '' as words, '' as how_we_know, false as is_overridden,
				false as is_people, []::varchar[] as joint_with, []::varchar[] as caps`,
			r["evidence_run_id"], r["run_number"], r["tactic_link_id"], r["fingerprint"], r["rung"], r["result"], r["tests"], r["rejected"], r["low"], r["high"], string(trial), r["share_of_change"])
		if err != nil {
			return err
		}
	}
	return nil
}

// refreshFixture holds the marts of two tactics: d moves its dial, n has no launch.
func refreshFixture(t testing.TB) (*Marts, *sql.DB) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	migration, err := os.ReadFile("../warehouse/migrations/0002_evidence.sql")
	if err != nil {
		t.Fatal(err)
	}
	more, err := os.ReadFile("../warehouse/migrations/0003_evidence_shares.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec(`create schema marts; create schema meta;` + string(migration) + string(more) + `
		create table marts.tactics as
		select 'd' as tactic_id, 'Drills' as name, 'process' as tactic_type, date '2024-07-01' as launch_date, date '2024-07-01' as launched_month,
			null::date as ended_date, [date '2024-07-01'] as wave_months
		union all select 'n', 'New', 'training', null, null, null, []::date[];
		create table marts.panel_delivery as select tactic_id, 80::bigint as completed_people, 0::bigint as paid_people, 12::bigint as changed_units from marts.tactics where tactic_id = 'd';
		create table marts.units as select 'u' || u as unit_id, 'Unit ' || u as name, 'g' || (u % 2) as parent_id from range(40) r(u) union all select 'g0', 'North', null union all select 'g1', 'South', null;
		create table marts.tactic_links as
		select 'l-' || tactic_id as tactic_link_id, tactic_id, 'm' as metric_id, true as has_goal, true as has_metric, true as has_baseline, true as has_target, true as has_owner,
			'so' as mechanism, 1 as expected_lag_months, true as is_approved, true as is_registered_before_launch, 100.0::double as baseline, 108.0::double as target, null::varchar as design_override
		from marts.tactics;
		create table marts.dials as select 'm' as metric_id, 'Output' as name, 'up' as direction, 'mean' as unit_aggregation, 'mean' as time_aggregation, null::varchar as computed_from,
			'EUR' as currency, 3::decimal(18,4) as money_per_unit, null::double as margin, 'pieces' as unit_of_measure, date '2025-12-01' as last_complete_month;
		create table marts.panel_units as
		select 'l-' || tactic_id as tactic_link_id, 'u' || u as unit_id, case when tactic_id = 'd' and u < 12 then 'treated' else 'other' end as part, null::bigint as wave,
			case when tactic_id = 'd' and u < 12 then date '2024-07-01' end as exposed_from_month, null::date as exposed_to_month, null::timestamp as assigned_at,
			null::boolean as is_assigned_at_trusted, false as is_chosen_on_dial, null::date as selection_from_date, null::date as selection_to_date, 10.0::double as heads
		from range(40) r(u), marts.tactics;
		create table marts.panel_waves as select 'd' as tactic_id, 1::bigint as wave, date '2024-07-01' as start_date, 'choice' as assigned_by, null::varchar as order_rule,
			null::varchar as seed, timestamp '2024-06-01' as assigned_at, true as is_assigned_at_trusted;
		create table marts.panel_rivals(tactic_link_id varchar, rival_id varchar, name varchar, unit_id varchar, from_month date, to_date date, is_independent boolean);
		create table marts.panel_pilots(tactic_link_id varchar, arm varchar, tenure_years decimal(3,1), is_frontline boolean, level varchar, is_known boolean, left_in_month integer,
			months integer, from_month date, until_month date, assigned_at timestamp, people bigint, leavers bigint, completers bigint);
		create table marts.panel_pilot_rivals(tactic_link_id varchar, rival_id varchar, name varchar, is_independent boolean, treated_share double, comparison_share double);
		create table marts.panel_contributions(tactic_id varchar, metric_id varchar, contribution double, is_hidden boolean);
		create table marts.dial_monthly as
		select 'm' as metric_id, 'u' || u as unit_id, (date '2022-01-01' + to_months(k::integer))::date as month,
			100 + u % 7 + 4 * sin(k * 0.5236) + (hash(u, k) % 1000)::double / 250 + case when u < 12 and k >= 30 then 9 else 0 end as value,
			null::double as numerator, null::double as denominator, 20::bigint as n, true as is_complete
		from range(40) r(u), range(48) m(k);`)
	if err != nil {
		t.Fatal(err)
	}
	return Open(db), db
}

func runsOf(t testing.TB, s *saved) map[string]map[string]any {
	t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal(s.runs, &rows); err != nil {
		t.Fatal(err)
	}
	byLink := map[string]map[string]any{}
	for _, r := range rows {
		byLink[r["tactic_link_id"].(string)] = r
	}
	return byLink
}

func TestRefresh(t *testing.T) {
	ctx := t.Context()
	m, db := refreshFixture(t)
	now := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	s := &saved{db: db}
	var seen []string
	got, err := Refresh(ctx, m, s, now, func(p Progress) { seen = append(seen, fmt.Sprint(p.Tactic, p.Done, p.Of)) })
	if err != nil {
		t.Fatal(err)
	}
	if got.Links != 2 || got.Computed != 2 || got.Changed != 2 || got.Claims != 1 {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"Drills0 2", "New1 2", "2 2"}, seen); diff != "" {
		t.Error("progress:", diff)
	}
	runs := runsOf(t, s)
	d := runs["l-d"]
	if d["rung"] != 4. || d["result"] != "moved as wanted" || d["why"] != "first run" || math.Abs(d["effect"].(float64)-9) > 0.5 {
		t.Errorf("rung %v, %v, %v: %v", d["rung"], d["result"], d["effect"], d["missing"])
	}
	if d["benefit_currency"] != "EUR" || math.Abs(d["benefit_amount"].(float64)-3*12*12*d["effect"].(float64)) > 1e-6 {
		t.Errorf("worth %v %v", d["benefit_amount"], d["benefit_currency"])
	}
	var points []map[string]any
	if err := json.Unmarshal(s.points, &points); err != nil {
		t.Fatal(err)
	}
	last := map[string]any{}
	for _, pt := range points {
		if pt["kind"] == "benefit" {
			last = pt
		}
	}
	if v, ok := last["value"].(float64); !ok || math.Abs(v-d["benefit_amount"].(float64)) > 1e-6 || last["x"] != 18. {
		t.Errorf("the benefit adds up to %v", last)
	}
	if !strings.HasPrefix(d["command"].(string), "dials estimate --design did --outcome outcome") {
		t.Error(d["command"])
	}
	if n := runs["l-n"]; n["rung"] != 1. || n["result"] != "cannot tell" || n["design"] != nil {
		t.Errorf("without a launch: %v", n)
	}
	first := s.runs

	// Nothing changed, nothing is done.
	if got, err = Refresh(ctx, m, s, now.AddDate(0, 0, 1), nil); err != nil || got.Computed != 0 || got.Changed != 0 || s.times != 1 {
		t.Errorf("again without a change: %+v, saved %d times, %v", got, s.times, err)
	}

	// Sums that came out otherwise in their last digits, since their rows were added up in another order, are no change.
	if _, err := db.Exec("update marts.dial_monthly set value = value * (1 + 1e-15), numerator = value / 3"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("update marts.dial_monthly set value = value * (1 - 1e-15), numerator = null"); err != nil {
		t.Fatal(err)
	}
	if got, err = Refresh(ctx, m, s, now.AddDate(0, 0, 1), nil); err != nil || got.Computed != 0 || got.Changed != 0 {
		t.Errorf("after other last digits: %+v, %v", got, err)
	}

	// What changed is computed again, and says why.
	if _, err := db.Exec("update marts.tactic_links set target = 107 where tactic_id = 'd'"); err != nil {
		t.Fatal(err)
	}
	if got, err = Refresh(ctx, m, s, now.AddDate(0, 0, 2), nil); err != nil || got.Computed != 1 || got.Changed != 1 {
		t.Errorf("after a change of one link: %+v, %v", got, err)
	}
	if why := runsOf(t, s)["l-d"]["why"]; why != "the data or the register changed" {
		t.Error(why)
	}
	if _, err := db.Exec("update marts.dial_monthly set value = value + 1 where unit_id = 'u3' and month = '2025-12-01'"); err != nil {
		t.Fatal(err)
	}
	if got, err = Refresh(ctx, m, s, now.AddDate(0, 0, 3), nil); err != nil || got.Computed != 2 {
		t.Errorf("after a change of one cell: %+v, %v", got, err)
	}

	// The same marts give the same bytes.
	m, db = refreshFixture(t)
	other := &saved{db: db}
	if _, err := Refresh(ctx, m, other, now, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, other.runs) {
		t.Error("two refreshes of the same marts differ:", cmp.Diff(string(first), string(other.runs)))
	}
}

func TestRefreshSaysWhatIsMissing(t *testing.T) {
	m, db := refreshFixture(t)
	if _, err := db.Exec("drop table marts.panel_units"); err != nil {
		t.Fatal(err)
	}
	_, err := Refresh(t.Context(), m, &saved{db: db}, time.Time{}, nil)
	if err == nil || !strings.Contains(err.Error(), "evidence: l-d: panel units: ") {
		t.Errorf("got %v", err)
	}
}

// A fingerprint is of ten digits, of every part, and of the order of parts.
func TestFingerprint(t *testing.T) {
	of := func(parts ...any) string {
		f, err := fingerprintOf(parts...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	is := of(map[string]any{"a": 0.1 + 0.2, "b": []float64{1234567.891}, "c": int64(9007199254740993)})
	for name, c := range map[string]struct {
		part any
		same bool
	}{
		"last digits": {map[string]any{"a": 0.3, "b": []float64{1234567.8910000003}, "c": int64(9007199254740993)}, true},
		"a digit":     {map[string]any{"a": 0.300001, "b": []float64{1234567.891}, "c": int64(9007199254740993)}, false},
		"an integer":  {map[string]any{"a": 0.3, "b": []float64{1234567.891}, "c": int64(9007199254740992)}, false},
		"a shape":     {map[string]any{"a": 0.3, "b": 1234567.891, "c": int64(9007199254740993)}, false},
		"a type":      {map[string]any{"a": "0.3", "b": []float64{1234567.891}, "c": int64(9007199254740993)}, false},
	} {
		if got := of(c.part); (got == is) != c.same {
			t.Errorf("%s: same is %v", name, got == is)
		}
	}
}

// The queries of a refresh are no reader's.
func TestPanelsAreNoQueries(t *testing.T) {
	m, _ := refreshFixture(t)
	for _, name := range Names() {
		if strings.Contains(name, "/") { // panel_seen is a reader's: whether they may take a panel away
			t.Errorf("All knows %s", name)
		}
	}
	if _, err := All[linkRow](t.Context(), m, Loopback(), "panel/links"); err == nil {
		t.Error("All ran a query of a refresh")
	}
}
