package evidence

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// found is a trial that passes every gate of a design's rung and moved the dial.
func found(d Design) Trial {
	t := Trial{
		Case: Case{Link: complete(), IsLaunched: true, IsDelivered: true, Change: Change{Known: true, Months: 12, Relative: 0.06, Reporting: 1}},
		Name: "Tactic", Reporting: 1, Design: d, Worth: 2,
		Estimate: &Estimate{Value: 5, StdErr: 1, DF: 40, P: 1e-5},
	}
	switch d {
	case Series:
		t.Series = &SeriesFacts{Pre: 24, Post: 12, HasSeason: true, IsSmallSample: true, Placebos: 10, Larger: 0}
	case Difference, Synthetic, RollOut:
		t.Series = &SeriesFacts{Pre: 24, Post: 12, HasSeason: true, IsSmallSample: true}
		t.Groups = &GroupFacts{
			Treated: 12, Comparison: 28, HasDrift: true, Drift: 0.1, Exposure: 6, Placebos: 199, PlaceboP: 0.005,
			Balance: []Imbalance{{"level", 0.1}, {"trend", -0.1}, {"size", 0.2}},
		}
		if d == Synthetic {
			t.Groups.Treated = 2
		}
	case Experiment:
		t.Random = &RandomFacts{IsLogged: true, IsAsAssigned: true, Treated: Arm{200, 2}, Control: Arm{2300, 30}, BalanceP: 0.4, HasBalance: true}
	}
	if d == RollOut {
		t.Waves = &WaveFacts{Waves: 4, OnlyUntreated: true, IsByRule: true, IsLogged: true, OrderP: 0.5, ChosenP: 0.5}
	}
	return t
}

func one(t Trial) Finding { return Conclude([]Trial{t})[0] }

func TestLadder(t *testing.T) {
	with := func(d Design, change func(*Trial)) Trial {
		x := found(d)
		change(&x)
		return x
	}
	limit := SMDLimit(12, 28)
	tests := []struct {
		name   string
		t      Trial
		rung   Rung
		result Result
	}{
		{"series", found(Series), Interrupted, Moved},
		{"23 months before", with(Series, func(x *Trial) { x.Series.Pre = 23 }), BeforeAfter, CannotTell},
		{"11 months after", with(Series, func(x *Trial) { x.Series.Post = 11 }), BeforeAfter, CannotTell},
		{"12 and 6 without season", with(Series, func(x *Trial) { *x.Series = SeriesFacts{Pre: 12, Post: 6, IsSmallSample: true} }), Interrupted, Moved},
		{"11 without season", with(Series, func(x *Trial) { *x.Series = SeriesFacts{Pre: 11, Post: 6, IsSmallSample: true} }), BeforeAfter, CannotTell},
		{"5 after without season", with(Series, func(x *Trial) { *x.Series = SeriesFacts{Pre: 12, Post: 5, IsSmallSample: true} }), BeforeAfter, CannotTell},
		{"a plain error", with(Series, func(x *Trial) { x.Series.IsSmallSample = false }), BeforeAfter, CannotTell},
		{"one placebo date as large", with(Series, func(x *Trial) { x.Series.Larger = 1 }), Interrupted, Moved},
		{"two placebo dates as large", with(Series, func(x *Trial) { x.Series.Larger = 2 }), BeforeAfter, CannotTell},
		{"nothing found, as at other dates", with(Series, func(x *Trial) {
			x.Series.Larger, *x.Estimate = 9, Estimate{Value: 0.1, StdErr: 0.5, DF: 40, P: 0.84}
		}), Interrupted, NoChange},
		{"two of twenty placebo dates", with(Series, func(x *Trial) { x.Series.Placebos, x.Series.Larger = 20, 2 }), Interrupted, Moved},

		{"groups", found(Difference), Compared, Moved},
		{"registered afterwards", with(Difference, func(x *Trial) { x.IsRegisteredBeforeLaunch = false }), Interrupted, Moved},
		{"5 treated and 10 others", with(Difference, func(x *Trial) { x.Groups.Treated, x.Groups.Comparison = 5, 10 }), Compared, Moved},
		{"9 others", with(Difference, func(x *Trial) { x.Groups.Comparison = 9 }), Interrupted, Moved},
		{"4 treated", with(Difference, func(x *Trial) { x.Groups.Treated = 4 }), Interrupted, Moved},
		{"synthetic", found(Synthetic), Compared, Moved},
		{"18 donors", with(Synthetic, func(x *Trial) { x.Groups.Comparison = 18 }), Interrupted, Moved},
		{"19 donors", with(Synthetic, func(x *Trial) { x.Groups.Comparison = 19 }), Compared, Moved},
		{"permutation at .05", with(Synthetic, func(x *Trial) { x.Groups.PlaceboP = 0.05 }), Compared, Moved},
		{"permutation above .05", with(Synthetic, func(x *Trial) { x.Groups.PlaceboP = 0.0501 }), Interrupted, Moved},
		{"trends apart before", with(Difference, func(x *Trial) { x.Groups.TrendP, x.Groups.HasTrend = 0.019, true }), BeforeAfter, CannotTell},
		{"trends alike before", with(Difference, func(x *Trial) { x.Groups.TrendP, x.Groups.HasTrend = 0.02, true }), Compared, Moved},
		{"averages of opposite signs", with(RollOut, func(x *Trial) { x.Waves.Flips = true }), BeforeAfter, CannotTell},
		{"waves that oppose each other", with(RollOut, func(x *Trial) { x.Waves.IsOpposed = true }), BeforeAfter, CannotTell},
		{"waves that oppose each other, nothing found", with(RollOut, func(x *Trial) { x.Waves.IsOpposed, x.Estimate.P, x.Estimate.Value = true, 0.4, 0.1 }), BeforeAfter, CannotTell},
		{"imbalance at the limit", with(Difference, func(x *Trial) { x.Groups.Balance[0].SMD = limit }), Interrupted, Moved},
		{"imbalance below it", with(Difference, func(x *Trial) { x.Groups.Balance[0].SMD = -limit + 1e-9 }), Compared, Moved},
		{"balance unknown", with(Difference, func(x *Trial) { x.Groups.Balance = nil }), Interrupted, Moved},
		{"drift of half the estimate", with(Difference, func(x *Trial) { x.Groups.Drift, x.Groups.Exposure = 0.25, 10 }), Compared, Moved},
		{"drift above it", with(Difference, func(x *Trial) { x.Groups.Drift, x.Groups.Exposure = 0.2501, 10 }), Interrupted, Moved},
		{"drift unknown", with(Difference, func(x *Trial) { x.Groups.HasDrift = false }), Interrupted, Moved},
		{"18 placebos", with(Difference, func(x *Trial) { x.Groups.Placebos = 18 }), Interrupted, Moved},
		{"19 placebos", with(Difference, func(x *Trial) { x.Groups.Placebos = 19 }), Compared, Moved},

		{"waves", found(RollOut), Staggered, Moved},
		{"2 waves", with(RollOut, func(x *Trial) { x.Waves.Waves = 2 }), Compared, Moved},
		{"3 waves", with(RollOut, func(x *Trial) { x.Waves.Waves = 3 }), Staggered, Moved},
		{"treated compared", with(RollOut, func(x *Trial) { x.Waves.OnlyUntreated = false }), Compared, Moved},
		{"chosen order", with(RollOut, func(x *Trial) { x.Waves.IsByRule = false }), Compared, Moved},
		{"order logged late", with(RollOut, func(x *Trial) { x.Waves.IsLogged = false }), Compared, Moved},
		{"order goes with the dial", with(RollOut, func(x *Trial) { x.Waves.OrderP = 0.0099 }), Compared, Moved},
		{"choice goes with the dial", with(RollOut, func(x *Trial) { x.Waves.ChosenP = 0.0099 }), Compared, Moved},
		{"choice hardly goes with it", with(RollOut, func(x *Trial) { x.Waves.ChosenP = 0.01 }), Staggered, Moved},
		{"waves without balance", with(RollOut, func(x *Trial) { x.Groups.Balance[1].SMD = 2 }), Staggered, Moved},
		{"waves found afterwards", with(RollOut, func(x *Trial) { x.IsRegisteredBeforeLaunch = false }), Interrupted, Moved},

		{"experiment", found(Experiment), Randomised, Moved},
		{"draw logged late", with(Experiment, func(x *Trial) { x.Random.IsLogged = false }), BeforeAfter, CannotTell},
		{"unknown below 20 %", with(Experiment, func(x *Trial) { x.Random.Treated, x.Random.Control = Arm{1000, 199}, Arm{1000, 199} }), Randomised, Moved},
		{"unknown at 20 %", with(Experiment, func(x *Trial) { x.Random.Treated, x.Random.Control = Arm{1000, 200}, Arm{1000, 200} }), BeforeAfter, CannotTell},
		{"5 points apart", with(Experiment, func(x *Trial) { x.Random.Treated, x.Random.Control = Arm{1000, 100}, Arm{1000, 50} }), Randomised, Moved},
		{"more than 5 points apart", with(Experiment, func(x *Trial) { x.Random.Treated, x.Random.Control = Arm{1000, 101}, Arm{1000, 50} }), BeforeAfter, CannotTell},
		{"omnibus at .01", with(Experiment, func(x *Trial) { x.Random.BalanceP = 0.01 }), BeforeAfter, CannotTell},
		{"omnibus above .01", with(Experiment, func(x *Trial) { x.Random.BalanceP = 0.0101 }), Randomised, Moved},
		{"omnibus unknown", with(Experiment, func(x *Trial) { x.Random.HasBalance = false }), BeforeAfter, CannotTell},
		{"not as assigned", with(Experiment, func(x *Trial) { x.Random.IsAsAssigned = false }), BeforeAfter, CannotTell},
		{"experiment found afterwards", with(Experiment, func(x *Trial) { x.IsRegisteredBeforeLaunch = false }), BeforeAfter, CannotTell},
		{"experiment without year before", with(Experiment, func(x *Trial) { x.Change = Change{Why: "a year"} }), Randomised, Moved},

		{"no delivery", with(Experiment, func(x *Trial) { x.IsDelivered = false }), BeforeAfter, CannotTell},
		{"not linked", with(Experiment, func(x *Trial) { x.Exists = false }), Unlinked, CannotTell},
		{"not approved", with(Experiment, func(x *Trial) { x.IsApproved = false }), Unlinked, CannotTell},
		{"not launched", with(Experiment, func(x *Trial) { x.IsLaunched = false }), Linked, CannotTell},
		{"reports from 79 %", with(Difference, func(x *Trial) { x.Reporting = 0.79 }), Compared, CannotTell},
		{"reports from 80 %", with(Difference, func(x *Trial) { x.Reporting = 0.80 }), Compared, Moved},
		{"chosen on the dial", with(Difference, func(x *Trial) { x.Selection = &SelectionFacts{12, true, true} }), Compared, Moved},
		{"11 earlier months", with(Difference, func(x *Trial) { x.Selection = &SelectionFacts{11, true, true} }), BeforeAfter, CannotTell},
		{"window in the base", with(Difference, func(x *Trial) { x.Selection = &SelectionFacts{24, false, true} }), BeforeAfter, CannotTell},
		{"not matched", with(Difference, func(x *Trial) { x.Selection = &SelectionFacts{24, true, false} }), BeforeAfter, CannotTell},
		{"waves chosen on the dial", with(RollOut, func(x *Trial) { x.Selection = &SelectionFacts{24, true, true} }), Compared, Moved},
		{"nothing estimated", with(Difference, func(x *Trial) { x.Estimate = nil }), BeforeAfter, CannotTell},

		{"other way", with(Difference, func(x *Trial) { x.Wanted = Down }), Compared, MovedAgainst},
		{"down wanted", with(Difference, func(x *Trial) { x.Wanted, x.Estimate.Value = Down, -5 }), Compared, Moved},
		{"too weak", with(Difference, func(x *Trial) { *x.Estimate = Estimate{Value: 1, StdErr: 1, DF: 40, P: 0.32}; x.Groups.Drift = 0 }), Compared, CannotTell},
		{"ruled out", with(Difference, func(x *Trial) { *x.Estimate = Estimate{Value: 0.1, StdErr: 0.5, DF: 40, P: 0.84}; x.Groups.Drift = 0 }), Compared, NoChange},
		{"worth unknown", with(Difference, func(x *Trial) {
			*x.Estimate, x.Worth = Estimate{Value: 0.1, StdErr: 0.5, DF: 40, P: 0.84}, 0
			x.Groups.Drift = 0
		}), Compared, CannotTell},
		{"down, ruled out", with(Difference, func(x *Trial) {
			x.Wanted, *x.Estimate, x.Groups.Drift = Down, Estimate{Value: 0.5, StdErr: 0.9, DF: 40, P: 0.6}, 0
		}), Compared, NoChange},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := one(tt.t)
			if f.Rung != tt.rung || f.Result != tt.result {
				t.Errorf("got rung %d, %s; want %d, %s\n%v", f.Rung, f.Result, tt.rung, tt.result, f.Missing)
			}
			if claim := tt.rung >= Interrupted && tt.result == Moved; f.IsClaim != claim {
				t.Errorf("claim is %v", f.IsClaim)
			}
			if f.Next == "" || !strings.HasSuffix(f.Next, ".") {
				t.Errorf("next is %q", f.Next)
			}
		})
	}
}

func TestRivals(t *testing.T) {
	tests := []struct {
		name  string
		d     Design
		rival Rival
		joint bool
	}{
		{"20 points", Difference, Rival{"Price", 0.7, 0.5, true}, false},
		{"more than 20 points", Difference, Rival{"Price", 0.701, 0.5, true}, true},
		{"the comparison more", Difference, Rival{"Price", 0.1, 0.4, false}, true},
		{"both alike", Difference, Rival{"Price", 1, 1, false}, false},
		{"a draw exempts", Experiment, Rival{"Price", 1, 0, true}, false},
		{"but not from what follows it", Experiment, Rival{"Price", 1, 0, false}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			x := found(tt.d)
			x.Rivals = []Rival{{"Even", 0.5, 0.5, false}, tt.rival}
			f := one(x)
			if (len(f.Joint) > 0) != tt.joint || f.IsClaim == tt.joint {
				t.Errorf("joint with %v, claim %v", f.Joint, f.IsClaim)
			}
			if tt.joint && !slices.Equal(f.Joint, []string{"Price"}) {
				t.Errorf("joint with %v", f.Joint)
			}
		})
	}
}

func TestFamily(t *testing.T) {
	p := func(v, p float64) Trial {
		x := found(Series)
		se := math.Abs(v) / 4
		x.Estimate = &Estimate{Value: v, StdErr: se, P: p}
		return x
	}
	late := p(5, 0.04)
	late.IsRegisteredBeforeLaunch = false
	low := p(5, 1e-9) // rung 2: no test of this family
	low.Series.Pre = 3
	// p .03 is within 5 % alone, but not among four tests of which one is clear.
	trials := []Trial{p(5, 0.0001), p(5, 0.03), p(5, 0.5), p(5, 0.6), late, low}
	got := Conclude(trials)
	if got[0].Result != Moved || got[0].Tests != 4 || got[0].Rejected != 1 || math.Abs(got[0].Level-(1-0.05/4)) > 1e-12 {
		t.Errorf("the clear one: %s, %d of %d at %v", got[0].Result, got[0].Rejected, got[0].Tests, got[0].Level)
	}
	if got[1].Result == Moved || got[1].IsClaim {
		t.Error("one within chance is a claim")
	}
	if got[4].Tests != 1 || got[4].Result != Moved || got[4].Caps[0] != "found afterwards" {
		t.Errorf("found afterwards is not a family of its own: %+v", got[4])
	}
	if got[5].Tests != 0 {
		t.Error("rung 2 counts as a test")
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(trials), func(i, j int) {
		trials[i], trials[j] = trials[j], trials[i]
		got[i], got[j] = got[j], got[i]
	})
	if diff := cmp.Diff(got, Conclude(trials)); diff != "" {
		t.Error("findings depend on the order:", diff)
	}
}

// Benjamini and Hochberg 1995, section 3.3: of 15 p-values, 4 are rejected at 5 %.
func TestDiscoveriesPublished(t *testing.T) {
	p := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	if got := Discoveries(p, 0.05); got != 4 {
		t.Errorf("%d are rejected, want 4", got)
	}
}

// More evidence never lowers a rung, a failed gate never raises one, and there is
// no claim against a gate.
func TestLadderIsMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 20000 {
		x := anyTrial(r)
		gates := Gates(x)
		rung := rungOf(x, gates)
		i := r.IntN(len(gates))
		better, worse := slices.Clone(gates), slices.Clone(gates)
		better[i].Status, worse[i].Status = Passed, Failed
		if gates[i].Status == Failed && rungOf(x, better) < rung {
			t.Fatalf("passing %s lowers rung %d", gates[i].Name, rung)
		}
		if gates[i].Status == Passed && rungOf(x, worse) > rung {
			t.Fatalf("failing %s raises rung %d", gates[i].Name, rung)
		}
		checkClaim(t, x, one(x))
	}
}

func checkClaim(t *testing.T, x Trial, f Finding) {
	t.Helper()
	if !f.IsClaim {
		return
	}
	for _, g := range f.Gates {
		if g.Status == Failed && (g.Rung == f.Rung && !g.IsCap || g.IsCap && g.Name != "found-afterwards" || g.Name == "reporting") {
			t.Fatalf("a claim on rung %d against gate %s", f.Rung, g.Name)
		}
	}
	if f.Low <= 0 && f.High >= 0 || !x.Exists || !x.IsApproved || !x.IsDelivered || x.Reporting < 0.8 || f.Rung < Interrupted {
		t.Fatalf("a claim that its numbers do not carry: %+v", f)
	}
	if !x.IsRegisteredBeforeLaunch && f.Rung > Interrupted {
		t.Fatal("found afterwards above rung 3")
	}
}

func anyTrial(r *rand.Rand) Trial {
	x := found([]Design{Series, Difference, Synthetic, RollOut, Experiment, NoDesign}[r.IntN(6)])
	flip := func(b *bool) {
		if r.IntN(6) == 0 {
			*b = !*b
		}
	}
	flip(&x.IsRegisteredBeforeLaunch)
	flip(&x.IsDelivered)
	flip(&x.IsLaunched)
	flip(&x.IsApproved)
	flip(&x.HasLag)
	x.Estimate = &Estimate{Value: r.NormFloat64() * 3, StdErr: r.ExpFloat64(), DF: float64(r.IntN(40)), P: r.Float64() * r.Float64()}
	if r.IntN(3) == 0 {
		x.Reporting = r.Float64()
	}
	if x.Series != nil {
		x.Series.Pre, x.Series.Post, x.Series.Larger = r.IntN(40), r.IntN(24), r.IntN(4)
	}
	if x.Groups != nil {
		x.Groups.Treated, x.Groups.Comparison, x.Groups.Drift = 1+r.IntN(12), r.IntN(40), r.Float64()/4
		x.Groups.PlaceboP = r.Float64() / 8
		x.Groups.Balance[0].SMD = r.NormFloat64() / 2
	}
	if x.Random != nil {
		x.Random.Treated.Unknown, x.Random.BalanceP = r.IntN(60), r.Float64()/10
		flip(&x.Random.IsLogged)
	}
	if x.Waves != nil {
		x.Waves.Waves = 1 + r.IntN(5)
		flip(&x.Waves.IsByRule)
	}
	if r.IntN(4) == 0 {
		x.Selection = &SelectionFacts{r.IntN(24), r.IntN(4) > 0, r.IntN(4) > 0}
	}
	if r.IntN(4) == 0 {
		x.Rivals = []Rival{{"R", r.Float64(), r.Float64(), r.IntN(2) == 0}}
	}
	return x
}

func FuzzTrial(f *testing.F) {
	for _, d := range []Design{Series, Difference, RollOut, Experiment} {
		b, err := json.Marshal(found(d))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var x Trial
		if json.Unmarshal(data, &x) != nil {
			return
		}
		got := one(x)
		if got.Rung < Unlinked || got.Rung > Top || got.Result == "" {
			t.Fatalf("%+v", got)
		}
		if got.IsClaim && (got.Rung < Interrupted || got.Result != Moved) {
			t.Fatal("a claim without its rung and result")
		}
		if _, err := json.Marshal(x); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTrialSurvivesStorage(t *testing.T) {
	x := found(RollOut)
	x.Change.Relative = math.NaN()
	b, err := json.Marshal(x)
	if err != nil {
		t.Fatal(err)
	}
	var y Trial
	if err := json.Unmarshal(b, &y); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(x, y, cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b })); diff != "" {
		t.Error(diff)
	}
}

func TestStory(t *testing.T) {
	s := Story{
		Dial: "Revenue", Tactic: "Consultative selling", Change: "6.1 %", From: "January 2025", To: "December 2025", HasRisen: true,
		Units: "24 teams", Effect: "5.4 %", Interval: "3.4 to 7.4 %", IsHigher: true, Share: "a third", Finding: one(found(RollOut)),
	}
	want := "Revenue rose 6.1 % from January 2025 to December 2025. In the 24 teams with Consultative selling it was 5.4 % (3.4 to 7.4 %) higher " +
		"than it would have been: a third of the company's change. Consultative selling probably contributed to this. " +
		"How we know: staggered roll-out (5 of 6). What would change our mind: another wave that does not show it. " +
		"Next: scale it to the units that do not have it yet."
	if diff := cmp.Diff(want, s.Sentence()); diff != "" {
		t.Error(diff)
	}
	weak := found(Experiment)
	weak.Estimate = &Estimate{Value: 1, StdErr: 2, DF: 100, P: 0.6}
	s = Story{Dial: "Turnover", Tactic: "Coaching", MDE: "15 points", Finding: one(weak)}
	if got := s.Sentence(); !strings.Contains(got, "this test was too weak to tell; it could have seen 15 points or more.") {
		t.Error(got)
	}
	joint := found(Difference)
	joint.Rivals = []Rival{{"Price change", 0.75, 0.14, true}}
	s = Story{Dial: "Handling time", Tactic: "Reorganisation", Finding: one(joint)}
	if got := s.Sentence(); !strings.Contains(got, "Reorganisation and Price change together probably contributed to this.") {
		t.Error(got)
	}
	for _, d := range []Design{Series, Difference, RollOut, Experiment} {
		s.Finding = one(found(d))
		if strings.Contains(s.Sentence(), "proved") {
			t.Error(s.Sentence())
		}
	}
}

func TestEveryGateHasWords(t *testing.T) {
	for _, d := range []Design{Series, Difference, Synthetic, RollOut, Experiment, NoDesign} {
		x := found(d)
		x.Selection, x.Rivals = &SelectionFacts{}, []Rival{{"R", 1, 0, false}}
		for _, g := range Gates(x) {
			if g.Words == "" && g.Status != Failed || lacking(g) == g.Name {
				t.Errorf("%s: %q, %q", g.Name, g.Words, lacking(g))
			}
		}
	}
}

func TestMoney(t *testing.T) {
	if got := Worth(-3, -5, 1, 100, 2, Down); got != (Money{Low: -200, Central: 600}) {
		t.Errorf("%+v", got)
	}
	if got := Worth(3, 1, 5, 100, 2, Up); got != (Money{Low: 200, Central: 600}) {
		t.Errorf("%+v", got)
	}
	// Phillips: benefits of 750 on costs of 425 are a BCR of 1.76 and an ROI of 76 %.
	r, ok := Returns(750, 425)
	if !ok || math.Abs(r.BCR-1.7647) > 1e-4 || math.Abs(r.ROI-0.7647) > 1e-4 {
		t.Errorf("%+v", r)
	}
	if _, ok := Returns(1, 0); ok {
		t.Error("a return on nothing")
	}
	if m, ok := Payback([]float64{0, 10, 20, 30}, 30); m != 3 || !ok {
		t.Errorf("payback %d", m)
	}
	if _, ok := Payback([]float64{1}, 30); ok {
		t.Error("paid back too early")
	}
	answers := []Contribution{{false, 0.6, 0.5}, {false, 0.6, 1}, {true, 0.5, 0.5}}
	if got := Estimated(answers, 4, 1); math.Abs(got-0.225) > 1e-12 { // (0.3 + 0.6) ÷ 4 asked
		t.Errorf("estimated %v", got)
	}
	if got := Estimated(answers[:2], 2, 0); got != 0 {
		t.Errorf("without managers %v", got)
	}
}

func TestShares(t *testing.T) {
	shares, others := Shares([]float64{30, 20, -5}, 100)
	if diff := cmp.Diff([]float64{0.3, 0.2, 0}, shares); diff != "" || others != 0.5 {
		t.Error(diff, others)
	}
	shares, others = Shares([]float64{90, 60}, 100)
	if math.Abs(shares[0]-0.6) > 1e-12 || math.Abs(shares[1]-0.4) > 1e-12 || others != 0 {
		t.Error(shares, others)
	}
	if shares, _ = Shares([]float64{1}, 0); shares[0] != 0 {
		t.Error("a share of no change")
	}
}

func TestRetention(t *testing.T) {
	ratio, low, high, ok := Retention(Estimate{Value: 4, StdErr: 0.5}, Estimate{Value: 5, StdErr: 0.5}, 0.95)
	if !ok || ratio != 0.8 || low >= ratio || high <= ratio {
		t.Error(ratio, low, high, ok)
	}
	if _, _, _, ok := Retention(Estimate{Value: 4, StdErr: 1}, Estimate{Value: 1, StdErr: 1}, 0.95); ok {
		t.Error("a part of nothing is kept")
	}
}
