package impact

import (
	"errors"
	"fmt"
	"math"
	"testing"
)

// Gail and Simon (1985), table 1: critical values of the likelihood ratio test at 5 %.
func TestQualitativeInteractionTable(t *testing.T) {
	for k, critical := range map[int]float64{2: 2.71, 3: 4.23, 4: 5.43, 5: 6.50, 6: 7.48} {
		effects := []Estimate{{Value: -math.Sqrt(critical), StdErr: 1}}
		for range k - 1 {
			effects = append(effects, Estimate{Value: 9, StdErr: 1})
		}
		q, p, err := QualitativeInteraction(effects)
		if err != nil || math.Abs(q-critical) > 1e-9 || math.Abs(p-0.05) > 0.0003 {
			t.Errorf("%d groups: Q %v, p %v, %v", k, q, p, err)
		}
	}
}

// Neither the order of groups, nor the unit, nor which direction is called a gain matters.
func TestQualitativeInteractionInvariance(t *testing.T) {
	base := []Estimate{{Value: 3, StdErr: 1}, {Value: -2, StdErr: 1.5}, {Value: 0.5, StdErr: 0.4}}
	q, p, err := QualitativeInteraction(base)
	if err != nil {
		t.Fatal(err)
	}
	other := []Estimate{{Value: -50, StdErr: 40}, {Value: -300, StdErr: 100}, {Value: 200, StdErr: 150}}
	if q2, p2, err := QualitativeInteraction(other); err != nil || math.Abs(q-q2) > 1e-12 || math.Abs(p-p2) > 1e-12 {
		t.Errorf("%v %v, %v %v, %v", q, p, q2, p2, err)
	}
	if _, p, err := QualitativeInteraction([]Estimate{{Value: 1, StdErr: 1}, {Value: 0, StdErr: 1}}); err != nil || p != 1 {
		t.Errorf("nothing opposes: p %v, %v", p, err)
	}
	if _, _, err := QualitativeInteraction(base[:1]); !errors.Is(err, ErrTooFew) {
		t.Errorf("one group: %v", err)
	}
	for _, e := range []Estimate{{Value: 1}, {Value: math.NaN(), StdErr: 1}, {Value: math.Inf(1), StdErr: 1}, {Value: 1, StdErr: math.Inf(1)}} {
		if _, _, err := QualitativeInteraction([]Estimate{e, {Value: 1, StdErr: 1}}); err == nil {
			t.Errorf("%+v: no error", e)
		}
	}
}

func ExampleQualitativeInteraction() {
	q, p, _ := QualitativeInteraction([]Estimate{{Value: 8, StdErr: 2.5}, {Value: -10, StdErr: 3}, {Value: -9, StdErr: 3}})
	fmt.Printf("Q = %.2f, p = %.4f\n", q, p)
	// Output: Q = 10.24, p = 0.0022
}
