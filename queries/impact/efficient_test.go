package impact

import (
	"math"
	"math/rand/v2"
	"testing"
)

// noise fills a panel with a level per unit and noise alone.
func noise(random *rand.Rand, p *Panel) {
	for i := range p.Y {
		level := 2 * random.NormFloat64()
		for t := range p.Y[i] {
			p.Y[i][t] = level + random.NormFloat64()
		}
	}
}

// With six units a date the interval of Small covers as it should; Neyman's, which takes
// β for known, is too narrow.
func TestEfficientSmallCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(51, 1))
	runs, covered, neyman := simulations(1500), 0, 0
	for range runs {
		p := rolloutPanel(random, 18, 10, []float64{5, 7, math.Inf(1)}, 0)
		noise(random, p)
		e, err := EfficientRollout(p, AverageSimple, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if s := e.Small(0.95); s.Lo <= 0 && 0 <= s.Hi {
			covered++
		}
		if math.Abs(e.Estimate.Value) <= 1.959964*e.Neyman {
			neyman++
		}
	}
	within(t, "coverage with six units a date", covered, runs, 0.94, 0.96)
	if float64(neyman) > 0.935*float64(runs) {
		t.Errorf("Neyman's covers %d of %d: what is Small for?", neyman, runs)
	}
}

// Scores by cohort give the permutation p-value that estimating each draw anew does.
func TestPermuteScores(t *testing.T) {
	random := rand.New(rand.NewPCG(52, 1))
	p := rolloutPanel(random, 19, 7, []float64{3, 5, 99}, 0)
	p.First[18] = 4 // a cohort of one takes no part
	noise(random, p)
	r, cells, err := efficientCells(p, p.First)
	if err != nil {
		t.Fatal(err)
	}
	w := r.weights(AverageSimple, cells)
	got := r.permuteScores(p, cells, w, 199, 7)
	statistic := func(first []float64) float64 {
		r, cells, err := efficientCells(p, first)
		if err != nil {
			t.Fatal(err)
		}
		e := r.estimate(cells, r.weights(AverageSimple, cells), 0.95)
		return math.Abs(e.Estimate.Value) / e.Neyman
	}
	data, extreme := statistic(p.First)*(1-1e-12), 1
	first := append([]float64(nil), p.First...)
	draw := rand.New(rand.NewPCG(7, 4))
	for range 199 {
		draw.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
		if statistic(first) >= data {
			extreme++
		}
	}
	if want := float64(extreme) / 200; got != want {
		t.Errorf("p = %v by scores, %v by estimating anew", got, want)
	}
}
