package queries

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"math"
	"time"

	"dials/queries/forecast"
)

// forecastVersion is part of the fingerprint: a change of method computes anew.
const forecastVersion = "1"

// A ForecastSaver keeps forecasts of objectives in place of those before: arrays of
// JSON rows by the names of the columns of meta.goal_forecast and _quality.
type ForecastSaver interface {
	SaveForecasts(ctx context.Context, forecasts, quality []byte) error
}

// A Foreseen says what a refresh of forecasts did.
type Foreseen struct {
	Open     int     `json:"open"`     // objectives of units that are not done
	Forecast int     `json:"forecast"` // of them with a forecast
	Finished int     `json:"finished"` // that the calibration rests on
	Changed  bool    `json:"changed"`
	Seconds  float64 `json:"seconds"`
}

// A goalRow is an objective of a unit with what came of it.
type goalRow struct {
	ID          string     `db:"goal_id"`
	Start       *time.Time `db:"start_date"`
	Due         *time.Time `db:"due_date"`
	Curve       string     `db:"curve"`
	Finish      *time.Time `db:"finish_date"`
	IsAbandoned bool       `db:"is_abandoned"`
	IsOpen      bool       `db:"is_open"`
	AsOf        time.Time  `db:"as_of_date"`
	HasTarget   bool       `db:"has_target"`
	Kind        string     `db:"kind"`
	IsSilent    *bool      `db:"is_silent"`
}

// RefreshForecasts brings the forecasts of objectives up to date with the marts: it
// learns from all of them how far off forecasts were, forecasts those that are open
// and tries the method on those whose end is known. Nothing new, nothing saved. Like
// Refresh it reads for no reader; of single people's objectives it knows nothing.
func RefreshForecasts(ctx context.Context, m *Marts, saver ForecastSaver) (Foreseen, error) {
	f, err := refreshForecasts(ctx, m.db, saver)
	if err != nil {
		return f, fmt.Errorf("forecasts of objectives: %w", err)
	}
	return f, nil
}

func refreshForecasts(ctx context.Context, db *sql.DB, saver ForecastSaver) (Foreseen, error) {
	start := time.Now()
	goals, err := rowsOf[goalRow](ctx, db, "goals")
	if err != nil {
		return Foreseen{}, err
	}
	past, fingerprint, err := pastOf(ctx, db, goals)
	if err != nil {
		return Foreseen{}, err
	}
	type known struct {
		Fingerprint string `db:"fingerprint"`
	}
	before, err := rowsOf[known](ctx, db, "goals_known")
	if err != nil {
		return Foreseen{}, err
	}
	done := Foreseen{}
	if before[0].Fingerprint == fingerprint || len(goals) == 0 && before[0].Fingerprint == "" {
		done.Seconds = time.Since(start).Seconds()
		return done, nil
	}
	today := 0
	for _, g := range goals {
		today = dayNumber(g.AsOf)
	}
	calibration := forecast.Calibrate(past, today)
	done.Finished, done.Changed = calibration.Finished, true
	rows := []map[string]any{}
	for i, g := range goals {
		if !g.IsOpen {
			continue
		}
		done.Open++
		row := foresee(calibration, g, past[i])
		if row["reason"] == nil {
			done.Forecast++
		}
		rows = append(rows, row)
	}
	quality := qualityRows(forecast.BackTest(past, today), calibration, fingerprint)
	forecasts, err := json.Marshal(rows)
	if err != nil {
		return done, err
	}
	figures, err := json.Marshal(quality)
	if err != nil {
		return done, err
	}
	err = saver.SaveForecasts(ctx, forecasts, figures)
	done.Seconds = time.Since(start).Seconds()
	return done, err
}

// pastOf puts goals and their readings together, in the order of goals, with a
// fingerprint of all of it.
func pastOf(ctx context.Context, db *sql.DB, goals []goalRow) (past []forecast.Past, fingerprint string, err error) {
	h := sha256.New()
	if err := json.NewEncoder(h).Encode([]any{forecastVersion, goals}); err != nil {
		return nil, "", err
	}
	past = make([]forecast.Past, len(goals))
	at := map[string]int{}
	for i, g := range goals {
		at[g.ID] = i
		p := &past[i]
		p.Curve, p.Kind, p.IsAbandoned = forecast.Curve(g.Curve), g.Kind, g.IsAbandoned
		if g.Start != nil && g.Due != nil {
			p.Start, p.Due = dayNumber(*g.Start), dayNumber(*g.Due)
		}
		if g.Finish != nil && !g.IsAbandoned {
			p.Finish = dayNumber(*g.Finish)
		}
	}
	rows, err := open(ctx, db, "goal_readings", nil)
	if err != nil {
		return nil, "", err
	}
	defer rows.Close()
	for rows.Next() {
		var id sql.RawBytes
		var day time.Time
		var r forecast.Reading
		if err := rows.Scan(&id, &day, &r.Progress, &r.IsWarned); err != nil {
			return nil, "", err
		}
		r.Day = dayNumber(day)
		mixReading(h, id, r)
		i, known := at[string(id)]
		if p := &past[max(i, 0)]; known && p.Due > p.Start && r.Day > p.Start {
			p.Readings = append(p.Readings, r)
		}
	}
	return past, hex.EncodeToString(h.Sum(nil)), rows.Err()
}

func mixReading(h hash.Hash, id []byte, r forecast.Reading) {
	_, _ = h.Write(id) // a hash takes all
	var b [17]byte
	binary.LittleEndian.PutUint64(b[:], uint64(r.Day)) //nolint:gosec // any bits will do
	binary.LittleEndian.PutUint64(b[8:], math.Float64bits(r.Progress))
	if r.IsWarned {
		b[16] = 1
	}
	_, _ = h.Write(b[:])
}

// foresee is the row of one open objective.
func foresee(c forecast.Calibration, g goalRow, p forecast.Past) map[string]any {
	row := map[string]any{"goal_id": g.ID}
	none := func(why string) map[string]any {
		row["reason"] = why
		return row
	}
	switch {
	case g.Start == nil || g.Due == nil:
		return none("no start or no due date")
	case p.Due <= p.Start:
		return none("due before it starts")
	case !g.HasTarget:
		return none("no baseline or no target")
	}
	if n := len(p.Readings); n > 0 {
		last := p.Readings[n-1]
		row["reading_date"] = dateOf(float64(last.Day))
		if last.Progress >= 1 {
			return none("the target is reached")
		}
		if g.IsSilent != nil && *g.IsSilent {
			return none("not read for more than two cadences")
		}
	}
	f, err := c.Complete(p.Goal)
	if errors.Is(err, forecast.ErrTooEarly) {
		return none("too early to forecast")
	}
	if err != nil {
		return none("readings are not in order")
	}
	row["finish_date"], row["low_date"], row["high_date"] = dateOf(f.Finish), dateOf(f.Low), dateOf(f.High)
	if !math.IsNaN(f.TheilSen) {
		row["theil_sen_date"] = dateOf(f.TheilSen)
	}
	row["on_time"], row["spi"], row["slip_days"], row["is_flagged"] = known(f.OnTime), known(f.SPI), known(math.Round(f.Slip)), f.IsFlagged
	return row
}

// qualityRows are the figures of the quality of forecasts, one a row.
func qualityRows(q forecast.Quality, c forecast.Calibration, fingerprint string) []map[string]any {
	rows := []map[string]any{{"name": "fingerprint", "position": 0, "text": fingerprint}}
	add := func(name string, position int, value *float64, more map[string]any) {
		row := map[string]any{"name": name, "position": position, "value": value}
		for k, v := range more {
			row[k] = v
		}
		rows = append(rows, row)
	}
	number := func(v float64) *float64 { return known(v) }
	add("finished", 0, number(float64(q.Finished)), nil)
	add("coverage", 0, number(q.Covered/q.Ranges), map[string]any{"n": q.Ranges, "low": float64(q.Forecasts)})
	add("brier", 0, number(q.Brier), map[string]any{"n": q.Judged, "high": known(q.Base)})
	add("missed", 0, number(float64(q.Missed)), nil)
	add("surprises", 0, number(float64(q.Surprises)), map[string]any{"n": q.Missed})
	add("unsaid", 0, number(float64(q.Unsaid)), map[string]any{"n": q.Missed})
	add("noise", 0, number(c.Noise.Walk), map[string]any{"n": c.Finished})
	for i, b := range q.Bins {
		add("bin", i, number(b.Happened), map[string]any{"low": b.Low, "high": b.High, "n": b.Weight})
		add("bin said", i, number(b.Said), map[string]any{"low": b.Low, "high": b.High, "n": b.Weight})
	}
	return rows
}

// dayNumber counts days from 1 January 1970.
func dayNumber(t time.Time) int { return int(t.Unix() / 86400) }

// dateOf writes a day by its number, no later than databases and people use.
func dateOf(day float64) string {
	return time.Unix(int64(math.Round(math.Min(day, 70000)))*86400, 0).UTC().Format(time.DateOnly)
}
