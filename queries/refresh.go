package queries

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"dials/queries/evidence"
)

// evidenceVersion is part of every fingerprint: a change of method recomputes.
const evidenceVersion = "6"

// A Saver keeps evidence: each argument is a JSON array of rows, by the names of
// the columns of meta.evidence_run, _check and _point.
type Saver interface {
	SaveEvidence(ctx context.Context, runs, checks, points []byte) error
}

// Progress says how far a refresh is.
type Progress struct {
	Tactic string `json:"tactic"`
	Dial   string `json:"dial"`
	Done   int    `json:"done"`
	Of     int    `json:"of"`
}

// A Refreshed says what a refresh did.
type Refreshed struct {
	Links    int     `json:"links"`    // tactics aimed at dials
	Computed int     `json:"computed"` // whose data had changed
	Changed  int     `json:"changed"`  // about which something else is believed now
	Claims   int     `json:"claims"`
	Seconds  float64 `json:"seconds"`
}

// Refresh brings the evidence up to date: it estimates what changed since the last
// refresh, judges all tactics together and gives saver a run for each about which
// anything is new. Nothing new, nothing saved. now is the time that new runs carry;
// the result depends on the marts alone. progress may be nil.
//
// It reads for no reader: people are counted in groups before they get here, and
// what leaves are estimates.
func Refresh(ctx context.Context, m *Marts, saver Saver, now time.Time, progress func(Progress)) (Refreshed, error) {
	r, err := refresh(ctx, m.db, saver, now, progress)
	if err != nil {
		return r, fmt.Errorf("evidence: %w", err)
	}
	return r, nil
}

func refresh(ctx context.Context, db *sql.DB, saver Saver, now time.Time, progress func(Progress)) (Refreshed, error) {
	start := time.Now()
	links, err := rowsOf[linkRow](ctx, db, "links")
	if err != nil {
		return Refreshed{}, err
	}
	rows, err := rowsOf[believedRow](ctx, db, "believed")
	if err != nil {
		return Refreshed{}, err
	}
	believed := map[string]believedRow{}
	number := int64(0)
	for _, b := range rows {
		believed[b.Link] = b
		number = max(number, b.Number)
	}
	done := Refreshed{Links: len(links)}
	studies, err := studyAll(ctx, db, links, believed, progress)
	if err != nil {
		return done, err
	}
	trials := make([]evidence.Trial, len(links))
	for i, k := range studies {
		if k.study != nil {
			done.Computed++
		}
		trials[i] = k.trial
	}
	f := newFetcher(db)
	defer f.close()
	findings := evidence.Conclude(trials)
	shares := sharesOf(links, trials, findings)
	batch := batch{now: now, number: number}
	for i, l := range links {
		if findings[i].IsClaim {
			done.Claims++
		}
		was, known := believed[l.ID]
		why := reason(was, known, studies[i], findings[i], shares[i])
		if why == "" {
			continue
		}
		done.Changed++
		k := studies[i]
		if k.study == nil { // judged anew with others, on an old estimate
			if k, err = f.again(ctx, l); err != nil {
				return done, fmt.Errorf("%s: %w", l.ID, err)
			}
		}
		if err := batch.add(l, k, findings[i], shares[i], why, was.Run); err != nil {
			return done, fmt.Errorf("%s: %w", l.ID, err)
		}
	}
	if progress != nil {
		progress(Progress{Done: len(links), Of: len(links)})
	}
	if err := batch.save(ctx, saver); err != nil {
		return done, err
	}
	done.Seconds = time.Since(start).Seconds()
	return done, nil
}

// kept is what is known of one link: its study if it was computed now.
type kept struct {
	fingerprint string
	trial       evidence.Trial
	study       *study
	problem     string // why there is no estimate
	// contribution is what people think the tactic's part is; nil where nobody was asked.
	contribution *float64
}

// inputs is everything that a link's study rests on, but for the dial's cells.
type inputs struct {
	Link    linkRow
	Content string
	Company []companyRow
	Units   []unitRow
	Waves   []waveRow
	Rivals  []rivalRow
	Pilots  []pilotRow
	Others  []pilotRivalRow
	People  []contributionRow
}

func (f *fetcher) inputs(ctx context.Context, l linkRow) (in inputs, fingerprint string, err error) {
	in = inputs{Link: l}
	args := []sql.NamedArg{sql.Named("link", l.ID), sql.Named("tactic", l.Tactic), sql.Named("metric", text(l.Metric))}
	if in.Content, err = f.contentOf(ctx, text(l.Metric)); err != nil {
		return in, "", err
	}
	if in.Company, err = fetch[companyRow](ctx, f, "company", args...); err != nil {
		return in, "", err
	}
	if in.Units, err = fetch[unitRow](ctx, f, "units", args...); err != nil {
		return in, "", err
	}
	if in.Waves, err = fetch[waveRow](ctx, f, "waves", args...); err != nil {
		return in, "", err
	}
	if in.Rivals, err = fetch[rivalRow](ctx, f, "rivals", args...); err != nil {
		return in, "", err
	}
	if in.Pilots, err = fetch[pilotRow](ctx, f, "pilots", args...); err != nil {
		return in, "", err
	}
	if in.Others, err = fetch[pilotRivalRow](ctx, f, "pilot_rivals", args...); err != nil {
		return in, "", err
	}
	if in.People, err = fetch[contributionRow](ctx, f, "contribution", args...); err != nil {
		return in, "", err
	}
	if fingerprint, err = fingerprintOf(evidenceVersion, in); err != nil {
		return in, "", fmt.Errorf("fingerprint: %w", err)
	}
	return in, fingerprint, nil
}

// fingerprintOf changes with any part, numbers to ten digits: sums of the same rows in
// another order, as after some were erased and loaded again, differ in the last ones.
func fingerprintOf(parts ...any) (string, error) {
	h := sha256.New()
	for _, part := range parts {
		b, err := json.Marshal(part)
		if err != nil {
			return "", err
		}
		d := json.NewDecoder(bytes.NewReader(b))
		d.UseNumber()
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return "", err
			}
			if n, ok := token.(json.Number); ok {
				if v, err := n.Float64(); err == nil && v != math.Trunc(v) {
					token = strconv.FormatFloat(v, 'e', 9, 64)
				}
			}
			fmt.Fprintf(h, "%T %v\n", token, token)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// study returns what is known of a link: as it was kept, if nothing that it rests
// on has changed.
func (f *fetcher) study(ctx context.Context, l linkRow, was believedRow) (*kept, error) {
	in, fingerprint, err := f.inputs(ctx, l)
	if err != nil {
		return nil, err
	}
	if was.Fingerprint == fingerprint {
		k := &kept{fingerprint: fingerprint}
		if b, err := json.Marshal(was.Trial); err == nil && json.Unmarshal(b, &k.trial) == nil {
			return k, nil
		}
	}
	return f.compute(ctx, in, fingerprint)
}

// again computes a study whether or not anything changed.
func (f *fetcher) again(ctx context.Context, l linkRow) (*kept, error) {
	in, fingerprint, err := f.inputs(ctx, l)
	if err != nil {
		return nil, err
	}
	return f.compute(ctx, in, fingerprint)
}

func (f *fetcher) compute(ctx context.Context, in inputs, fingerprint string) (*kept, error) {
	l := in.Link
	k := &kept{fingerprint: fingerprint}
	if len(in.People) > 0 && !in.People[0].IsHidden {
		k.contribution = &in.People[0].Contribution
	}
	var s study
	var problem error
	isLaunched := l.Launch != nil && l.LastMonth != nil && l.Launch.Before(dayAfter(*l.LastMonth))
	switch {
	case !l.HasMetric || !isLaunched:
		problem = fmt.Errorf("nothing to compare yet")
	case len(in.Pilots) > 0:
		if s, problem = studyPilot(l, in.Pilots, in.Waves, in.Others); problem == nil {
			s.Trial.CompanyEffect = pilotEffect(&s, in.Company, companyChange(l, in.Company))
		}
	default:
		all, err := f.cellsOf(ctx, *l.Metric)
		if err != nil {
			return nil, err
		}
		if p := newPanel(l, in.Units, all); p == nil {
			problem = fmt.Errorf("no units with complete months before and after the launch are known")
		} else {
			s, problem = studyPanel(l, p, in.Waves, in.Rivals)
			if s.Facts.Arms = arms(in.Units); problem == nil {
				s.Trial.CompanyEffect = p.companyEffect(l, &s, in.Company, companyChange(l, in.Company))
			}
		}
	}
	if problem != nil {
		k.problem = problem.Error()
	}
	trial := s.Trial
	trial.Name = l.TacticName
	trial.Case = evidence.Case{
		Link: evidence.Link{
			Exists: true, IsApproved: l.IsApproved, HasGoal: l.HasGoal, HasMetric: l.HasMetric, HasBaseline: l.HasBaseline,
			HasTarget: l.HasTarget, HasOwner: l.HasOwner, HasMechanism: l.HasMechanism, HasLag: l.HasLag, IsRegisteredBeforeLaunch: l.IsBefore,
		},
		IsLaunched: isLaunched,
		Change:     companyChange(l, in.Company),
	}
	trial.IsDelivered, trial.DeliveredWords = delivered(l)
	trial.Wanted = evidence.Up
	if l.Direction == "down" {
		trial.Wanted = evidence.Down
	}
	if trial.Estimate == nil {
		trial.Reporting = trial.Change.Reporting
	}
	s.Trial, k.trial, k.study = trial, trial, &s
	return k, nil
}

// delivered says what shows that a tactic was delivered, by its type: a payment is
// no completion, and that a unit was listed is no adoption.
func delivered(l linkRow) (bool, string) {
	pick := func(n int64, is, not string) (bool, string) {
		if n > 0 {
			return true, is
		}
		return false, not
	}
	switch l.TacticType {
	case "training", "communication":
		return pick(l.Completed, "Completions since the launch are on record.", "No completion since the launch is on record.")
	case "incentive":
		return pick(l.Paid, "Payments are on record.", "No payment is on record.")
	case "reorganisation":
		return pick(l.Changed, "The units that changed are on record.", "No unit that changed is on record.")
	}
	return pick(l.Completed, "People who took it up are on record.", "Nobody who took it up since the launch is on record.")
}

// reason says why a new run is kept; empty where nothing is new.
func reason(was believedRow, known bool, k *kept, f evidence.Finding, share *float64) string {
	changed := !known || was.Rung != int32(f.Rung) || was.Result != string(f.Result) || !slices.Equal(was.Joint, f.Joint) ||
		!slices.Equal(was.Caps, f.Caps) || !near(was.Low, f.Low, f.HasInterval) || !near(was.High, f.High, f.HasInterval) ||
		!near(was.Share, valueOf(share), share != nil)
	switch {
	case !known:
		return "first run"
	case was.Fingerprint != k.fingerprint:
		return "the data or the register changed"
	case changed:
		return "other tests changed"
	}
	return ""
}

func near(was *float64, is float64, has bool) bool {
	if was == nil || !has {
		return (was == nil) == !has
	}
	return math.Abs(*was-is) <= sameEnough*max(math.Abs(*was), math.Abs(is))
}

// sameEnough is the relative difference that the order of rows may make.
const sameEnough = 1e-9

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
