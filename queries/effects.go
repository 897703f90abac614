package queries

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"dials/queries/impact"
)

// effectsVersion is part of every fingerprint: a change of method computes anew.
const effectsVersion = "1"

// An EffectSaver keeps estimates of changes of people in place of those before: an
// array of JSON rows by the names of the columns of meta.group_effect.
type EffectSaver interface {
	SaveEffects(ctx context.Context, effects []byte) error
}

// Estimated says what a refresh of effects did.
type Estimated struct {
	Studies int     `json:"studies"`
	Changed bool    `json:"changed"`
	Seconds float64 `json:"seconds"`
}

// A changeRow is how many people of one arm and stratum changed by so much.
type changeRow struct {
	Kind      string  `db:"kind"`
	Subject   string  `db:"subject_id"`
	Measure   string  `db:"measure"`
	Stratum   string  `db:"stratum"`
	IsTreated bool    `db:"is_treated"`
	Change    float64 `db:"change"`
	People    int64   `db:"people"`
}

// An effectRow is an estimate by the names of the columns of meta.group_effect.
type effectRow struct {
	Kind           string         `json:"kind"`
	Subject        string         `json:"subject_id"`
	Measure        string         `json:"measure"`
	Fingerprint    string         `json:"fingerprint"`
	Design         string         `json:"design,omitempty"`
	Settings       map[string]any `json:"settings,omitempty"`
	Treated        int64          `json:"treated_n"`
	Compared       int64          `json:"compared_n"`
	Strata         int64          `json:"strata"`
	TreatedChange  *float64       `json:"treated_change"`
	ComparedChange *float64       `json:"compared_change"`
	Effect         *float64       `json:"effect"`
	StdErr         *float64       `json:"std_error"`
	DF             *float64       `json:"df"`
	P              *float64       `json:"p_value"`
	AdjustedP      *float64       `json:"adjusted_p"`
	Low            *float64       `json:"low"`
	High           *float64       `json:"high"`
	MDE            *float64       `json:"mde"`
	Reason         string         `json:"reason,omitempty"`
}

// A knownEffect is an estimate that is kept, and what it rests on.
type knownEffect struct {
	Kind        string `db:"kind"`
	Subject     string `db:"subject_id"`
	Measure     string `db:"measure"`
	Fingerprint string `db:"fingerprint"`
}

// RefreshEffects brings the effects of courses on competencies, and of managers'
// training on their reviews, up to date with the marts. Nothing new, nothing saved.
// Like Refresh it reads for no reader: people are counted by what changed.
func RefreshEffects(ctx context.Context, m *Marts, saver EffectSaver) (Estimated, error) {
	done, err := refreshEffects(ctx, m.db, saver)
	if err != nil {
		return done, fmt.Errorf("effects on people: %w", err)
	}
	return done, nil
}

func refreshEffects(ctx context.Context, db *sql.DB, saver EffectSaver) (Estimated, error) {
	start := time.Now()
	rows, err := rowsOf[changeRow](ctx, db, "changes")
	if err != nil {
		return Estimated{}, err
	}
	before, err := rowsOf[knownEffect](ctx, db, "changes_known")
	if err != nil {
		return Estimated{}, err
	}
	kept := map[knownEffect]bool{}
	for _, b := range before {
		kept[b] = true
	}
	studies := slices.Collect(chunks(rows, changeRow.isSameStudy))
	done := Estimated{Studies: len(studies), Changed: len(kept) != len(studies)}
	effects := make([]effectRow, len(studies))
	for i, s := range studies {
		fingerprint, err := fingerprintOfChanges(s)
		if err != nil {
			return done, err
		}
		effects[i] = effectRow{Kind: s[0].Kind, Subject: s[0].Subject, Measure: s[0].Measure, Fingerprint: fingerprint}
		done.Changed = done.Changed || !kept[knownEffect{s[0].Kind, s[0].Subject, s[0].Measure, fingerprint}]
	}
	if done.Changed {
		for i, s := range studies {
			effects[i].estimate(s)
		}
		if err := saveEffects(ctx, saver, effects); err != nil {
			return done, err
		}
	}
	done.Seconds = time.Since(start).Seconds()
	return done, nil
}

func saveEffects(ctx context.Context, saver EffectSaver, effects []effectRow) error {
	if err := adjust(effects); err != nil {
		return err
	}
	src, err := json.Marshal(effects)
	if err != nil {
		return err
	}
	return saver.SaveEffects(ctx, src)
}

func (r changeRow) isSameStudy(o changeRow) bool {
	return r.Kind == o.Kind && r.Subject == o.Subject && r.Measure == o.Measure
}

func (r changeRow) isSameStratum(o changeRow) bool { return r.Stratum == o.Stratum }

// chunks splits rows, which are in order, where one is not like the one before.
func chunks(rows []changeRow, isSame func(a, b changeRow) bool) iter.Seq[[]changeRow] {
	return func(yield func([]changeRow) bool) {
		from := 0
		for i := range rows {
			if i+1 == len(rows) || !isSame(rows[i], rows[i+1]) {
				if !yield(rows[from : i+1]) {
					return
				}
				from = i + 1
			}
		}
	}
}

func fingerprintOfChanges(rows []changeRow) (string, error) {
	h := sha256.New()
	err := json.NewEncoder(h).Encode([]any{effectsVersion, rows})
	return hex.EncodeToString(h.Sum(nil)[:16]), err
}

// estimate regresses the change on the training with one constant per stratum:
//
//	change = effect·trained + stratum + error, with White's errors (hc1) and t(N − K)
func (e *effectRow) estimate(rows []changeRow) {
	e.count(rows)
	var change, trained []float64
	var strata []string
	for _, r := range rows {
		arm := 0.0
		if r.IsTreated {
			arm = 1
		}
		for range r.People {
			change, trained, strata = append(change, r.Change), append(trained, arm), append(strata, r.Stratum)
		}
	}
	frame, err := impact.NewFrame(impact.Column{Name: "change", Numbers: change}, impact.Column{Name: "trained", Numbers: trained}, impact.Column{Name: "stratum", Text: strata})
	if err != nil {
		e.Reason = err.Error()
		return
	}
	report, err := impact.Run(impact.Spec{Design: "ols", Outcome: "change", Treated: "trained", Fixed: []string{"stratum"}}, frame)
	switch {
	case err != nil:
		e.Reason = err.Error()
	case report.Effect == nil:
		e.Reason = "nothing to compare"
	default:
		x := report.Effect
		e.Design, e.Settings = report.Design, report.Settings
		e.Effect, e.StdErr, e.DF, e.P = known(x.Value), known(x.StdErr), known(x.DF), known(x.P)
		e.Low, e.High, e.MDE = known(x.Lo), known(x.Hi), positive(report.MDE)
	}
}

// count says how many there are and what they changed by: the compared as if they were
// in the strata of the treated.
func (e *effectRow) count(rows []changeRow) {
	var theirs, others float64
	for stratum := range chunks(rows, changeRow.isSameStratum) {
		var n [2]int64
		var sum [2]float64
		for _, r := range stratum {
			arm := 0
			if r.IsTreated {
				arm = 1
			}
			n[arm] += r.People
			sum[arm] += r.Change * float64(r.People)
		}
		e.Treated, e.Compared, e.Strata = e.Treated+n[1], e.Compared+n[0], e.Strata+1
		theirs += sum[1]
		others += sum[0] / float64(n[0]) * float64(n[1])
	}
	e.TreatedChange, e.ComparedChange = known(theirs/float64(e.Treated)), known(others/float64(e.Treated))
}

// adjust corrects the p values of each kind for how many there are.
func adjust(effects []effectRow) error {
	kinds := map[string][]int{}
	for i, e := range effects {
		if e.P != nil {
			kinds[e.Kind] = append(kinds[e.Kind], i)
		}
	}
	for _, of := range kinds {
		p := make([]float64, len(of))
		for j, i := range of {
			p[j] = *effects[i].P
		}
		adjusted, err := impact.BenjaminiHochberg(p)
		if err != nil {
			return err
		}
		for j, i := range of {
			effects[i].AdjustedP = known(adjusted[j])
		}
	}
	return nil
}
