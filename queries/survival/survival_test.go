package survival

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// remission is weeks in remission of 21 patients on 6-mercaptopurine; a minus is a
// patient still in remission. E. J. Freireich and others, Blood 21 (1963) 699–716.
var remission = []float64{6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35}

func observations(times []float64) []Observation {
	var all []Observation
	for _, t := range times {
		all = append(all, Observation{Time: math.Abs(t), Event: t >= 0})
	}
	return all
}

// The estimate and its standard errors are those of Kleinbaum and Klein, Survival
// Analysis (3rd ed. 2012) §2.II and of R's survfit(conf.type = "log-log").
func TestPublished(t *testing.T) {
	c, err := KaplanMeier(observations(remission), .95)
	if err != nil {
		t.Fatal(err)
	}
	want := []Step{
		{6, 21, 3, .8571, .0764, .620, .952},
		{7, 17, 1, .8067, .0869, .563, .923},
		{10, 15, 1, .7529, .0963, .503, .889},
		{13, 12, 1, .6902, .1068, .432, .849},
		{16, 11, 1, .6275, .1141, .368, .805},
		{22, 7, 1, .5378, .1282, .268, .747},
		{23, 6, 1, .4482, .1346, .188, .680},
	}
	if len(c.Steps) != len(want) || c.N != 21 || c.Happened != 9 || c.Last != 35 {
		t.Fatalf("got %+v", c)
	}
	near := func(a, b, within float64) bool { return math.Abs(a-b) <= within }
	for i, w := range want {
		g := c.Steps[i]
		if g.Time != w.Time || g.AtRisk != w.AtRisk || g.Events != w.Events || !near(g.Survival, w.Survival, 5e-5) || !near(g.StdErr, w.StdErr, 5e-5) || !near(g.Low, w.Low, 6e-4) || !near(g.High, w.High, 6e-4) {
			t.Errorf("step %d: got %+v, want %+v", i, g, w)
		}
	}
	if m := c.Median(); m.Time != 23 || m.Low != 13 || !math.IsNaN(m.High) {
		t.Errorf("the median is %+v, R says 23, 13 to NA", m)
	}
	for at, w := range map[float64]float64{0: 1, 6: .8571, 9.9: .8067, 35: .4482} {
		if got := c.At(at); !near(got, w, 5e-5) {
			t.Errorf("S(%v) = %v, want %v", at, got, w)
		}
	}
	if !math.IsNaN(c.At(36)) {
		t.Error("after the last observation nothing is known")
	}
}

// A weight of k is k observations; the order does not matter.
func TestWeights(t *testing.T) {
	weighted := []Observation{{Time: 4, Event: true, Weight: 3}, {Time: 2, Event: true}, {Time: 3, Weight: 2}, {Time: 9, Event: true}}
	plain := observations([]float64{9, -3, 4, 4, 2, 4, -3})
	a, errA := KaplanMeier(weighted, .9)
	b, errB := KaplanMeier(plain, .9)
	if errA != nil || errB != nil || fmt.Sprint(a.Steps) != fmt.Sprint(b.Steps) {
		t.Errorf("%v %v\n%v\n%v", errA, errB, a.Steps, b.Steps)
	}
	if last := a.Steps[len(a.Steps)-1]; last.Survival != 0 || a.At(100) != 0 {
		t.Errorf("all happened, but %+v", last)
	}
}

func TestBad(t *testing.T) {
	if _, err := KaplanMeier(nil, .95); !errors.Is(err, ErrTooFew) {
		t.Error(err)
	}
	for _, o := range []Observation{{Time: -1}, {Time: math.NaN()}, {Time: math.Inf(1)}, {Time: 1, Weight: -1}} {
		if _, err := KaplanMeier([]Observation{o}, .95); !errors.Is(err, ErrBadTime) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	open, err := KaplanMeier([]Observation{{Time: 5}, {Time: 8}}, .95)
	if m := open.Median(); err != nil || len(open.Steps) != 0 || !math.IsNaN(m.Time) || open.At(8) != 1 {
		t.Errorf("nothing happened yet: %+v, %v", open, err)
	}
}

// The interval of the share still open at a time holds the truth as often as it says.
func TestCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	const runs = 2000
	held := 0
	for range runs {
		var all []Observation
		for range 60 {
			life, seen := rng.ExpFloat64()*10, rng.Float64()*25
			all = append(all, Observation{Time: math.Min(life, seen), Event: life <= seen})
		}
		c, err := KaplanMeier(all, .9)
		if err != nil {
			t.Fatal(err)
		}
		low, high := 1.0, 1.0
		for _, s := range c.Steps {
			if s.Time <= 7 {
				low, high = s.Low, s.High
			}
		}
		if truth := math.Exp(-.7); low <= truth && truth <= high {
			held++
		}
	}
	if share := float64(held) / runs; share < .87 || share > .93 {
		t.Errorf("a 90 %% interval held the truth %.1f %% of the time", 100*share)
	}
}

// Two of five impediments were answered; half were by day 12.
func ExampleKaplanMeier() {
	days := []Observation{{Time: 3, Event: true}, {Time: 5}, {Time: 12, Event: true}, {Time: 20}, {Time: 8, Event: true}}
	c, _ := KaplanMeier(days, 0.95)
	fmt.Printf("%.0f days\n", c.Median().Time)
	// Output: 12 days
}
