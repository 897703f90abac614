package queries

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// keptEffects is a saver that keeps what it is given.
type keptEffects struct {
	rows  []effectRow
	saves int
}

func (k *keptEffects) SaveEffects(_ context.Context, effects []byte) error {
	k.saves++
	return json.Unmarshal(effects, &k.rows)
}

// The effect of a course is that of the engine: recomputed here from single people, by
// what is left of the training within each stratum.
func TestRefreshEffects(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	for _, s := range []string{
		"create schema if not exists marts",
		"create table marts.group_effects (kind varchar, subject_id varchar, measure varchar, fingerprint varchar)",
		`create table marts.panel_changes as
		select 'course' as kind, 'C1' as subject_id, 'sell' as measure, s as stratum, t as is_treated, c::double as change, n::bigint as people
		from (values ('a', true, .5, 2), ('a', true, .25, 1), ('a', false, 0, 2), ('a', false, .25, 1), ('b', true, .25, 3), ('b', true, .5, 1), ('b', false, .25, 1), ('b', false, 0, 4)) v (s, t, c, n)
		union all
		select 'course', 'C2', 'sell', 'a', t, .1, 3 from (values (true), (false)) v (t)`,
	} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	var kept keptEffects
	done, err := refreshEffects(t.Context(), db, &kept)
	if err != nil {
		t.Fatal(err)
	}
	if !done.Changed || done.Studies != 2 || len(kept.rows) != 2 {
		t.Fatalf("the refresh did %+v and kept %+v", done, kept.rows)
	}
	people := map[string][][2]float64{ // by stratum: trained, change
		"a": {{1, .5}, {1, .5}, {1, .25}, {0, 0}, {0, 0}, {0, .25}},
		"b": {{1, .25}, {1, .25}, {1, .25}, {1, .5}, {0, .25}, {0, 0}, {0, 0}, {0, 0}, {0, 0}},
	}
	var top, bottom, meat float64
	mean := func(rows [][2]float64, i int) (m float64) {
		for _, r := range rows {
			m += r[i] / float64(len(rows))
		}
		return m
	}
	for _, rows := range people {
		for _, r := range rows {
			d := r[0] - mean(rows, 0)
			top, bottom = top+d*(r[1]-mean(rows, 1)), bottom+d*d
		}
	}
	effect := top / bottom
	for _, rows := range people {
		for _, r := range rows {
			d := r[0] - mean(rows, 0)
			u := r[1] - mean(rows, 1) - effect*d
			meat += d * d * u * u
		}
	}
	se := math.Sqrt(meat*15/12) / bottom // 15 people, three parameters
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: 12}.Quantile(.975) * se
	c := kept.rows[0]
	for name, pair := range map[string][2]float64{
		"effect": {*c.Effect, effect}, "error": {*c.StdErr, se}, "low": {*c.Low, effect - half}, "high": {*c.High, effect + half}, "df": {*c.DF, 12},
		"trained": {float64(c.Treated), 7}, "compared": {float64(c.Compared), 8}, "strata": {float64(c.Strata), 2},
		"their change": {*c.TreatedChange, 2.5 / 7}, "the others' change": {*c.ComparedChange, (.25/3*3 + .25/5*4) / 7},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
	if c.Design != "ols" || c.MDE == nil || c.AdjustedP == nil || *c.AdjustedP < *c.P {
		t.Errorf("the course is told as %+v", c)
	}
	// of whom nobody differs nothing is claimed
	if x := kept.rows[1]; x.AdjustedP != nil && *x.AdjustedP <= .05 {
		t.Errorf("a course without any effect is told as %+v", x)
	}
	// nothing new, nothing saved
	for _, r := range kept.rows {
		if _, err := db.ExecContext(t.Context(), "insert into marts.group_effects values (?, ?, ?, ?)", r.Kind, r.Subject, r.Measure, r.Fingerprint); err != nil {
			t.Fatal(err)
		}
	}
	if done, err = refreshEffects(t.Context(), db, &kept); err != nil || done.Changed || kept.saves != 1 {
		t.Errorf("the second refresh did %+v, %v", done, err)
	}
}
