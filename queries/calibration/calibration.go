// Package calibration counts how often verdicts are right where the truth is known,
// and holds the counts of the released engine.
//
// Companies are simulated by "dials calibrate", which takes each through the whole
// path, data to verdict; here their verdicts become a table.
package calibration

import (
	"bytes"
	_ "embed" // the released table
	"encoding/json"
	"fmt"
	"math"
)

// A Verdict is what was judged of one tactic and one dial, and what is so.
type Verdict struct {
	Design string `json:"design"`
	// Truth is the effect, on the scale of the estimate, and Multiple what it is of
	// the smallest effect that the design sees 4 times in 5; both are 0 where the tactic does nothing.
	Truth    float64 `json:"truth"`
	Multiple float64 `json:"multiple"`

	Rung        int     `json:"rung"`
	Result      string  `json:"result"`
	Reason      string  `json:"reason"` // why nothing can be told
	IsClaim     bool    `json:"is_claim"`
	HasInterval bool    `json:"has_interval"`
	Effect      float64 `json:"effect"`
	StdErr      float64 `json:"std_error"`
	DF          float64 `json:"df"`  // 0 is the normal
	Low         float64 `json:"low"` // at the level that is shown
	High        float64 `json:"high"`
	// Tests is the number of tests in the company's family, Rejected how many of them show an effect.
	Tests    int `json:"tests"`
	Rejected int `json:"rejected"`
}

// A Company is one simulated company.
type Company struct {
	Verdicts []Verdict
}

// A Share is a count of a total.
type Share struct {
	Count int `json:"count"`
	Of    int `json:"of"`
}

// Rate is the share of one; 0 of nothing.
func (s Share) Rate() float64 {
	if s.Of == 0 {
		return 0
	}
	return float64(s.Count) / float64(s.Of)
}

// Error is the Monte Carlo error of Rate: √(p(1−p)/n).
func (s Share) Error() float64 {
	if s.Of == 0 {
		return 0
	}
	p := s.Rate()
	return math.Sqrt(p * (1 - p) / float64(s.Of))
}

// Add counts one more.
func (s *Share) Add(counts bool) {
	s.Of++
	if counts {
		s.Count++
	}
}

// A Table is what a calibration found.
type Table struct {
	Engine    string  `json:"engine"` // the version that judged
	Date      string  `json:"date"`   // of the run, YYYY-MM-DD
	Seed      uint64  `json:"seed"`
	Runs      int     `json:"runs"`
	Companies int     `json:"companies"` // simulated in all
	Seconds   float64 `json:"seconds"`   // that the companies took, added up

	// Company counts the companies in which nothing works and something is claimed.
	Company Share    `json:"company"`
	Designs []Design `json:"designs"`
	Traps   []Trap   `json:"traps"`
}

// A Design is one line of the table: verdicts of one design, never pooled.
type Design struct {
	Name string `json:"name"`
	// FalseClaims are of the verdicts about tactics that do nothing, without those that cannot tell.
	FalseClaims Share `json:"false_claims"`
	// CannotTell are of all verdicts about tactics that do nothing.
	CannotTell Share   `json:"cannot_tell"`
	Power      []Power `json:"power"`
	// Covered are the 95 % intervals that hold the truth, and CoveredClaims those of
	// claims, at the level that is shown with them.
	Covered       Share `json:"covered"`
	CoveredClaims Share `json:"covered_claims"`
	// MDE is the smallest effect that the design sees 4 times in 5, in points of the dial's level.
	MDE float64 `json:"mde"`
}

// Power is how often an effect is found.
type Power struct {
	Multiple float64 `json:"multiple"` // of the MDE
	Found    Share   `json:"found"`
	// Theory is how often a t test at the level that the company's other tests leave would find it.
	Theory float64 `json:"theory"`
}

// A Trap is a history that fools careless readers.
type Trap struct {
	Name  string `json:"name"`
	About string `json:"about"`
	// Wrong are wrong claims; Naive is how often before against after, tested as if months were independent, is wrong.
	Wrong      Share `json:"wrong"`
	Naive      Share `json:"naive"`
	CannotTell Share `json:"cannot_tell"`
}

// An Outcome is what became of a trap in one company.
type Outcome struct {
	Wrong      bool `json:"wrong"`
	CannotTell bool `json:"cannot_tell"`
	// HasNaive says that there is a naive answer, Naive that it is wrong.
	HasNaive bool `json:"has_naive"`
	Naive    bool `json:"naive"`
}

// Add counts one more company.
func (t *Trap) Add(o Outcome) {
	t.Wrong.Add(o.Wrong)
	t.CannotTell.Add(o.CannotTell)
	if o.HasNaive {
		t.Naive.Add(o.Naive)
	}
}

//go:embed released.json
var released []byte

// Released is the table of the engine as it was released.
func Released() (Table, error) {
	var t Table
	d := json.NewDecoder(bytes.NewReader(released))
	d.DisallowUnknownFields()
	if err := d.Decode(&t); err != nil {
		return Table{}, fmt.Errorf("calibration: released.json: %w", err)
	}
	return t, nil
}
